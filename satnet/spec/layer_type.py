"""What every layer type says of itself beside its fields: shape, parameters, fans, and what it does to activations."""

from math import prod
from typing import ClassVar, Literal, NamedTuple

from satnet.spec.initializers import Fans
from satnet.spec.named import Frozen
from satnet.spec.walk import AppliedActivation, Part, Placement

Shape = tuple[int, ...]
Padding = Literal["valid", "same"]


class Misfit(Exception):
    """A layer that does not fit what comes into it; `field` is the one at fault."""

    def __init__(self, field: str, detail: str, got: object = None) -> None:
        self.field, self.detail, self.got = field, detail, got
        super().__init__(detail)


class Output(NamedTuple):
    """What a layer makes of a shape, and how many parameters it has for that."""

    shape: Shape
    parameters: int


class LayerType(Frozen):
    """A layer of a spec. It is called like Keras's class, and so are its fields, from which Keras's layer is built."""

    has_kernel: ClassVar[bool] = False
    passes_activation: ClassVar[bool] = False  # a linear layer before it still waits for its activation
    hides_activation: ClassVar[bool] = False  # what an activation before it says is not the network's output any more
    normalizes_batches: ClassVar[bool] = False
    is_noise: ClassVar[bool] = False  # acts only while training
    needs_image: ClassVar[bool] = False  # as first layer, rows x height x width get a channel
    type: str

    def output(self, shape: Shape) -> Output:
        """The shape that comes out and the number of parameters. Raises Misfit."""
        return Output(shape, 0)

    def applied(self) -> AppliedActivation | None:
        """The activation that it applies, if it is of a kind that applies one."""
        return None

    def part(self) -> Part:
        """Itself, as the walk over the layers sees it."""
        return Part(
            kind=self.type,
            activation=self.applied(),
            has_kernel=self.has_kernel,
            passes_activation=self.passes_activation,
            normalizes=self.normalizes_batches,
            batch_normalization=self.built_in_normalization(),
        )

    def built_in_normalization(self) -> Placement:
        """Where it has a batch normalization of its own."""
        return "none"

    def fans(self, shape: Shape) -> Fans | None:
        """Fan-in and fan-out of its kernel, as Keras counts them; None where it has none."""
        del shape
        return None


def require_flat(layer_type: str, shape: Shape) -> int:
    """The features of flat rows. Raises Misfit."""
    if len(shape) != 1:
        raise Misfit(
            "type", f"{layer_type} needs flat rows, but gets {shape}; put a flatten layer before it", layer_type
        )
    return shape[0]


def require_image(layer_type: str, shape: Shape) -> tuple[int, int, int]:
    """Height, width and channels. Raises Misfit."""
    if len(shape) != 3:
        raise Misfit("type", f"{layer_type} needs height x width x channels, but gets {shape}", layer_type)
    return shape[0], shape[1], shape[2]


def pair(size: int | list[int]) -> tuple[int, int]:
    """Height and width of a size that may be one number for both."""
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def window_positions(
    height: int, width: int, size: int | list[int], strides: int | list[int], padding: Padding, field: str
) -> tuple[int, int]:
    """How many positions a window takes, down and across. Raises Misfit for a window that is too large."""
    window, step = pair(size), pair(strides)
    if padding == "same":
        return -(-height // step[0]), -(-width // step[1])
    if window[0] > height or window[1] > width:
        raise Misfit(field, f"{list(window)} is larger than its input of {height} x {width}", size)
    return (height - window[0]) // step[0] + 1, (width - window[1]) // step[1] + 1


def kernel_values(size: int | list[int]) -> int:
    """Values of a window."""
    return prod(pair(size))
