"""The layers a spec may name; each is Keras's layer of that class, with the same fields.

To add a layer type, describe it here and add it to `Layer`; one that is not made of Keras's class and its fields alone
also needs an entry in `satnet.training.layers.BUILDERS`.
"""

from math import prod
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field, field_validator

from satnet.spec.activations import Activation
from satnet.spec.initializers import Fans, Initializer
from satnet.spec.layer_type import (
    LayerType,
    Misfit,
    Output,
    Padding,
    Shape,
    kernel_values,
    require_flat,
    require_image,
    window_positions,
)
from satnet.spec.regularizers import Regularizer
from satnet.spec.walk import AppliedActivation, Placement

MOST_UNITS = 8192
Units = Annotated[int, Field(ge=1, le=MOST_UNITS)]
Side = Annotated[int, Field(ge=1, le=1024)]
Size = Side | Annotated[list[Side], Field(min_length=2, max_length=2)]
Repeat = Annotated[int, Field(ge=1, le=64)]


class Weighted(LayerType):
    """A layer with a kernel, which feeds an activation."""

    has_kernel: ClassVar[bool] = True
    width_field: ClassVar[str] = "units"

    kernel_initializer: Initializer = Initializer("glorot_uniform")
    """Initial weights."""
    bias_initializer: Initializer = Initializer("zeros")
    """Initial biases."""
    use_bias: bool = True
    """Whether there is a bias."""
    kernel_regularizer: Regularizer | None = None
    """Penalty on the weights, added to the loss."""
    batch_normalization: Placement = "none"
    """Where batch normalization is applied."""
    repeat: Repeat = 1
    """How many such layers follow each other."""

    @field_validator("kernel_regularizer", mode="before")
    @classmethod
    def _regularizer(cls, value: object) -> object:
        return None if value is None else Regularizer.parse(value)

    @property
    def width(self) -> int:
        """How many units or channels come out."""
        return int(getattr(self, self.width_field))

    def built_in_normalization(self) -> Placement:
        """Where it has a batch normalization of its own."""
        return self.batch_normalization

    def _parameters(self, inputs: int, kernels: int, normalized: int) -> int:
        """Parameters of `kernels` linear functions of `inputs` values, and those of the batch normalization."""
        normalization = 0 if self.batch_normalization == "none" else 4 * normalized
        return (inputs + self.use_bias) * kernels + normalization


class Dense(Weighted):
    """activation(x W + b) over flat rows."""

    type: Literal["dense"]
    units: Units
    """Width of the output."""
    activation: Activation = Activation("linear")
    """Applied to the output."""

    def output(self, shape: Shape) -> Output:
        """Rows x features to rows x units."""
        features = require_flat(self.type, shape)
        return Output((self.units,), self._parameters(features, self.units, self.units))

    def fans(self, shape: Shape) -> Fans:
        """Features and units."""
        return Fans(shape[-1], self.units)

    def applied(self) -> AppliedActivation:
        """Its field of that name."""
        return AppliedActivation(self.activation.name, self.activation.parameters)


class Maxout(Weighted):
    """The largest of `pieces` linear functions a unit (Goodfellow et al. 2013)."""

    hides_activation: ClassVar[bool] = True
    type: Literal["maxout"]
    units: Units
    """Width of the output."""
    pieces: Annotated[int, Field(ge=2, le=64)] = 2
    """Linear functions per unit."""

    def output(self, shape: Shape) -> Output:
        """Rows x features to rows x units."""
        features, kernels = require_flat(self.type, shape), self.units * self.pieces
        normalized = kernels if self.batch_normalization == "before_activation" else self.units
        return Output((self.units,), self._parameters(features, kernels, normalized))

    def fans(self, shape: Shape) -> Fans:
        """Features, and all pieces of all units."""
        return Fans(shape[-1], self.units * self.pieces)

    def applied(self) -> AppliedActivation:
        """The maximum over the pieces, which is its activation."""
        return AppliedActivation("maxout")


class Conv2D(Weighted):
    """A two-dimensional convolution over rows x height x width x channels."""

    needs_image: ClassVar[bool] = True
    width_field: ClassVar[str] = "filters"
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

    def output(self, shape: Shape) -> Output:
        """One value for each position of the window and each filter."""
        height, width, channels = require_image(self.type, shape)
        positions = window_positions(height, width, self.kernel_size, self.strides, self.padding, "kernel_size")
        inputs = kernel_values(self.kernel_size) * channels
        return Output((*positions, self.filters), self._parameters(inputs, self.filters, self.filters))

    def fans(self, shape: Shape) -> Fans:
        """Receptive field times channels, before and after."""
        field = kernel_values(self.kernel_size)
        return Fans(field * shape[-1], field * self.filters)

    def applied(self) -> AppliedActivation:
        """Its field of that name."""
        return AppliedActivation(self.activation.name, self.activation.parameters)


class _Pooling(LayerType):
    needs_image: ClassVar[bool] = True
    passes_activation: ClassVar[bool] = True
    pool_size: Size = 2
    """Height and width of the window."""
    strides: Size | None = None
    """Step of the window; null: `pool_size`."""
    padding: Padding = "valid"
    """`same` pads so that no position is lost."""

    def output(self, shape: Shape) -> Output:
        """One value for each position of the window and each channel."""
        height, width, channels = require_image(self.type, shape)
        strides = self.strides or self.pool_size
        positions = window_positions(height, width, self.pool_size, strides, self.padding, "pool_size")
        return Output((*positions, channels), 0)


class MaxPooling2D(_Pooling):
    """The largest value of each window."""

    type: Literal["max_pooling2d"]


class AveragePooling2D(_Pooling):
    """The mean of each window."""

    type: Literal["average_pooling2d"]


class GlobalAveragePooling2D(LayerType):
    """The mean of each channel."""

    needs_image: ClassVar[bool] = True
    hides_activation: ClassVar[bool] = True
    type: Literal["global_average_pooling2d"]

    def output(self, shape: Shape) -> Output:
        """Height x width x channels to channels."""
        return Output(require_image(self.type, shape)[2:], 0)


class Flatten(LayerType):
    """Rows x anything to rows x features; allowed on flat data too."""

    hides_activation: ClassVar[bool] = True
    type: Literal["flatten"]

    def output(self, shape: Shape) -> Output:
        """All values in a row."""
        return Output((prod(shape),), 0)


class Reshape(LayerType):
    """Rows x anything to rows x target_shape."""

    type: Literal["reshape"]
    target_shape: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=4)]
    """Shape of a row, without the batch."""

    def output(self, shape: Shape) -> Output:
        """The same values in another shape."""
        target = tuple(self.target_shape)
        if prod(target) != prod(shape):
            detail = f"the shape has {prod(target)} values, but the input {shape} has {prod(shape)}"
            raise Misfit("target_shape", detail, list(target))
        return Output(target, 0)


class Dropout(LayerType):
    """Zeroes a share of the inputs while training."""

    passes_activation: ClassVar[bool] = True
    is_noise: ClassVar[bool] = True
    type: Literal["dropout"]
    rate: Annotated[float, Field(ge=0, lt=1)]
    """Share of the inputs that is zeroed."""


class BatchNormalization(LayerType):
    """Normalizes each feature over the batch (Ioffe and Szegedy 2015)."""

    passes_activation: ClassVar[bool] = True
    normalizes_batches: ClassVar[bool] = True
    type: Literal["batch_normalization"]
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Of the moving mean and variance."""
    epsilon: Annotated[float, Field(gt=0)] = 0.001
    """Added to the variance."""
    center: bool = True
    """Add a learned offset."""
    scale: bool = True
    """Multiply by a learned factor."""

    def output(self, shape: Shape) -> Output:
        """Moving mean and variance of each feature, and what is learned."""
        return Output(shape, shape[-1] * (2 + self.center + self.scale))


class LayerNormalization(LayerType):
    """Normalizes each row over its features."""

    passes_activation: ClassVar[bool] = True
    type: Literal["layer_normalization"]
    epsilon: Annotated[float, Field(gt=0)] = 0.001
    """Added to the variance."""

    def output(self, shape: Shape) -> Output:
        """A learned offset and factor of each feature."""
        return Output(shape, 2 * shape[-1])


class ActivationLayer(LayerType):
    """An activation as a layer of its own."""

    type: Literal["activation"]
    activation: Activation
    """Applied to the input."""

    def applied(self) -> AppliedActivation:
        """Its field of that name."""
        return AppliedActivation(self.activation.name, self.activation.parameters)


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
LAYERS: dict[str, type[LayerType]] = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(get_args(Layer)[0])
}
