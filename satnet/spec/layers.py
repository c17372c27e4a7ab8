"""The layers a spec may name; each is Keras's layer of that name."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from satnet.spec.named import Activation, Frozen, Initializer, Regularizer

MOST_UNITS = 8192
Units = Annotated[int, Field(ge=1, le=MOST_UNITS)]
Side = Annotated[int, Field(ge=1, le=1024)]
Size = Side | Annotated[list[Side], Field(min_length=2, max_length=2)]
Padding = Literal["valid", "same"]
Repeat = Annotated[int, Field(ge=1, le=64)]


class _Weighted(Frozen):
    kernel_initializer: Initializer = Initializer("glorot_uniform")
    bias_initializer: Initializer = Initializer("zeros")
    use_bias: bool = True
    kernel_regularizer: Regularizer | None = None
    batch_normalization: Literal["none", "before_activation", "after_activation"] = "none"
    repeat: Repeat = 1

    @field_validator("kernel_regularizer", mode="before")
    @classmethod
    def _regularizer(cls, value: object) -> object:
        return None if value is None else Regularizer.parse(value)


class Dense(_Weighted):
    """activation(x W + b) over flat rows."""

    type: Literal["dense"]
    units: Units
    activation: Activation = Activation("linear")


class Maxout(_Weighted):
    """The largest of `pieces` linear functions a unit (Goodfellow et al. 2013)."""

    type: Literal["maxout"]
    units: Units
    pieces: Annotated[int, Field(ge=2, le=64)] = 2


class Conv2D(_Weighted):
    """A two-dimensional convolution over rows x height x width x channels."""

    type: Literal["conv2d"]
    filters: Units
    kernel_size: Size
    strides: Size = 1
    padding: Padding = "valid"
    activation: Activation = Activation("linear")


class _Pooling(Frozen):
    pool_size: Size = 2
    strides: Size | None = None
    padding: Padding = "valid"


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


class Dropout(Frozen):
    """Zeroes a share of the inputs while training."""

    type: Literal["dropout"]
    rate: Annotated[float, Field(ge=0, lt=1)]


class BatchNormalization(Frozen):
    """Normalizes each feature over the batch (Ioffe and Szegedy 2015)."""

    type: Literal["batch_normalization"]
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    epsilon: Annotated[float, Field(gt=0)] = 0.001
    center: bool = True
    scale: bool = True


class LayerNormalization(Frozen):
    """Normalizes each row over its features."""

    type: Literal["layer_normalization"]
    epsilon: Annotated[float, Field(gt=0)] = 0.001


class ActivationLayer(Frozen):
    """An activation as a layer of its own."""

    type: Literal["activation"]
    activation: Activation


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
