"""The layers a spec may name; each is Keras's layer of that name."""

from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator

from satnet.spec.activations import Activation
from satnet.spec.initializers import Initializer
from satnet.spec.named import Frozen
from satnet.spec.regularizers import Regularizer

MOST_UNITS = 8192
Units = Annotated[int, Field(ge=1, le=MOST_UNITS)]
Side = Annotated[int, Field(ge=1, le=1024)]
Size = Side | Annotated[list[Side], Field(min_length=2, max_length=2)]
Padding = Literal["valid", "same"]
Repeat = Annotated[int, Field(ge=1, le=64)]


class _Weighted(Frozen):
    kernel_initializer: Initializer = Initializer("glorot_uniform")
    """Initial weights."""
    bias_initializer: Initializer = Initializer("zeros")
    """Initial biases."""
    use_bias: bool = True
    """Whether there is a bias."""
    kernel_regularizer: Regularizer | None = None
    """Penalty on the weights, added to the loss."""
    batch_normalization: Literal["none", "before_activation", "after_activation"] = "none"
    """Where batch normalization is applied."""
    repeat: Repeat = 1
    """How many such layers follow each other."""

    @field_validator("kernel_regularizer", mode="before")
    @classmethod
    def _regularizer(cls, value: object) -> object:
        return None if value is None else Regularizer.parse(value)


class Dense(_Weighted):
    """activation(x W + b) over flat rows."""

    type: Literal["dense"]
    units: Units
    """Width of the output."""
    activation: Activation = Activation("linear")
    """Applied to the output."""


class Maxout(_Weighted):
    """The largest of `pieces` linear functions a unit (Goodfellow et al. 2013)."""

    type: Literal["maxout"]
    units: Units
    """Width of the output."""
    pieces: Annotated[int, Field(ge=2, le=64)] = 2
    """Linear functions per unit."""


class Conv2D(_Weighted):
    """A two-dimensional convolution over rows x height x width x channels."""

    type: Literal["conv2d"]
    filters: Units
    """Output channels."""
    kernel_size: Size
    """Height and width of the window."""
    strides: Size = 1
    """Step of the window."""
    padding: Padding = "valid"
    """`same` pads with zeros so that the size is kept at stride 1."""
    activation: Activation = Activation("linear")
    """Applied to the output."""


class _Pooling(Frozen):
    pool_size: Size = 2
    """Height and width of the window."""
    strides: Size | None = None
    """Step of the window; null: `pool_size`."""
    padding: Padding = "valid"
    """`same` pads so that no position is lost."""


class MaxPooling2D(_Pooling):
    """The largest value of each window."""

    type: Literal["max_pooling2d"]


class AveragePooling2D(_Pooling):
    """The mean of each window."""

    type: Literal["average_pooling2d"]


class GlobalAveragePooling2D(Frozen):
    """The mean of each channel."""

    type: Literal["global_average_pooling2d"]


class Flatten(Frozen):
    """Rows x anything to rows x features; allowed on flat data too."""

    type: Literal["flatten"]


class Reshape(Frozen):
    """Rows x anything to rows x target_shape."""

    type: Literal["reshape"]
    target_shape: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=4)]
    """Shape of a row, without the batch."""


class Dropout(Frozen):
    """Zeroes a share of the inputs while training."""

    type: Literal["dropout"]
    rate: Annotated[float, Field(ge=0, lt=1)]
    """Share of the inputs that is zeroed."""


class BatchNormalization(Frozen):
    """Normalizes each feature over the batch (Ioffe and Szegedy 2015)."""

    type: Literal["batch_normalization"]
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Of the moving mean and variance."""
    epsilon: Annotated[float, Field(gt=0)] = 0.001
    """Added to the variance."""
    center: bool = True
    """Add a learned offset."""
    scale: bool = True
    """Multiply by a learned factor."""


class LayerNormalization(Frozen):
    """Normalizes each row over its features."""

    type: Literal["layer_normalization"]
    epsilon: Annotated[float, Field(gt=0)] = 0.001
    """Added to the variance."""


class ActivationLayer(Frozen):
    """An activation as a layer of its own."""

    type: Literal["activation"]
    activation: Activation
    """Applied to the input."""


Layer = Annotated[
    Dense
    | Maxout
    | Conv2D
    | MaxPooling2D
    | AveragePooling2D
    | GlobalAveragePooling2D
    | Flatten
    | Reshape
    | Dropout
    | BatchNormalization
    | LayerNormalization
    | ActivationLayer,
    Field(discriminator="type"),
]
# Each layer type by its name in the spec.
LAYERS: dict[str, type[Frozen]] = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(get_args(Layer)[0])
}
