"""The spec's network in Keras, with a tap at the input and output of every activation."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from satnet.errors import BuildError
from satnet.spec import ExperimentSpec, expand_layers
from satnet.spec.hidden import PASSES_PENDING

_IMAGE_LAYERS = ("conv2d", "max_pooling2d", "average_pooling2d", "global_average_pooling2d")


@dataclass(frozen=True)
class Tap:
    """One activation: its input z, its output a, and the kernel that feeds it."""

    name: str
    activation: str
    parameters: dict[str, Any]
    z: Any  # (rows, ..., units), symbolic
    a: Any  # (rows, ..., units), symbolic
    kernel: Any  # (..., fan in, units)
    pieces: Any = None  # maxout: (rows, units, pieces), symbolic


@dataclass(frozen=True)
class Network:
    """The trainable model, and the same graph with every tap as an output."""

    model: keras.Model
    probe: keras.Model  # outputs: z of each tap, a of each tap, the prediction, pieces of each maxout tap
    taps: tuple[Tap, ...]
    weighted: tuple[tuple[int, Any], ...] = ()  # place in the expanded spec, layer with a kernel

    @property
    def hidden(self) -> tuple[Tap, ...]:
        """All taps but the output layer's."""
        return self.taps[:-1]

    @property
    def output(self) -> Tap:
        """The output layer's tap."""
        return self.taps[-1]

    def strengthen(self, spec: ExperimentSpec) -> None:
        """Give the regularizers the spec's strengths."""
        layers = expand_layers(spec)
        for index, built in self.weighted:
            if built.kernel_regularizer is not None:
                built.kernel_regularizer.take(_build_regularizer(layers[index].kernel_regularizer))

    def dropouts(self) -> list[Any]:
        """The layers that draw random numbers while training."""
        return [layer for layer in self.model.layers if isinstance(layer, keras.layers.Dropout) and layer.rate > 0]

    def batch_normalizations(self) -> list[Any]:
        """The layers with moving statistics."""
        return [layer for layer in self.model.layers if isinstance(layer, keras.layers.BatchNormalization)]


def initialize(network: Network, spec: ExperimentSpec, fold: int | None) -> None:
    """Give a built network the weights that building it anew from `spec` would give it."""
    seed, layers = _network_seed(spec, fold), expand_layers(spec)
    for index, built in network.weighted:
        layer = layers[index]
        kernel = build_initializer(layer.kernel_initializer, seed_of(seed, 1, index))
        built.kernel.assign(kernel(built.kernel.shape, built.kernel.dtype))
        if built.use_bias:
            bias = build_initializer(layer.bias_initializer, seed_of(seed, 2, index))
            built.bias.assign(bias(built.bias.shape, built.bias.dtype))
    network.strengthen(spec)
    for layer in network.model.layers:
        if isinstance(layer, keras.layers.BatchNormalization | keras.layers.LayerNormalization):
            for variable in layer.weights:
                ones = variable.name in ("gamma", "moving_variance")
                variable.assign((np.ones if ones else np.zeros)(variable.shape, dtype="float32"))


def _network_seed(spec: ExperimentSpec, fold: int | None) -> int:
    return seed_of(int(spec.seed or 0), 0 if fold is None else fold + 1)


def seed_of(*parts: int) -> int:
    """A 31-bit seed that depends on all of `parts`."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0] >> 1)


_INITIALIZERS = {  # keras.initializers.get("constant") wants a value, so names are resolved here
    "zeros": keras.initializers.Zeros,
    "ones": keras.initializers.Ones,
    "constant": keras.initializers.Constant,
    "random_uniform": keras.initializers.RandomUniform,
    "random_normal": keras.initializers.RandomNormal,
    "truncated_normal": keras.initializers.TruncatedNormal,
    "variance_scaling": keras.initializers.VarianceScaling,
    "glorot_uniform": keras.initializers.GlorotUniform,
    "glorot_normal": keras.initializers.GlorotNormal,
    "he_uniform": keras.initializers.HeUniform,
    "he_normal": keras.initializers.HeNormal,
    "lecun_uniform": keras.initializers.LecunUniform,
    "lecun_normal": keras.initializers.LecunNormal,
    "orthogonal": keras.initializers.Orthogonal,
    "identity": keras.initializers.Identity,
}


def build_initializer(named: Any, seed: int) -> Any:
    """Keras's initializer by name, with the spec's parameters and, where it draws, this seed."""
    cls = _INITIALIZERS[named.name]
    drawing = {"seed": seed} if "seed" in inspect.signature(cls.__init__).parameters else {}
    return cls(**named.parameters, **drawing)


@keras.saving.register_keras_serializable("satnet")
def gelu_approximate(x: Any) -> Any:
    """Gelu by tanh; registered, so that a saved model finds it where satnet is imported."""
    return keras.activations.gelu(x, approximate=True)


def activation_layer(named: Any, name: str) -> Any:
    """A layer that Keras can save: parameters in its configuration, not in a closure."""
    layers, parameters = keras.layers, named.parameters
    if named.name == "leaky_relu" and parameters:
        return layers.LeakyReLU(negative_slope=parameters["negative_slope"], name=name)
    if named.name == "elu" and parameters:
        return layers.ELU(alpha=parameters["alpha"], name=name)
    if named.name == "gelu" and parameters.get("approximate"):
        return layers.Activation(gelu_approximate, name=name)
    return layers.Activation(named.name, name=name)


def build_activation(named: Any) -> Any:
    """Keras's activation function by name; parameters bound."""
    function = keras.activations.get(named.name)
    if not named.parameters:
        return function
    return lambda x: function(x, **named.parameters)


class Penalty(keras.regularizers.Regularizer):
    """Keras's L1, L2 and L1L2 with strengths that are variables, so that other ones need no other program.

    Attributes:
        l1, l2: scalar variables; None for a part that this kind does not have.
    """

    def __init__(self, kind: type, parameters: dict[str, float]) -> None:
        plain = vars(kind(**parameters))
        self.l1, self.l2 = (
            None if plain.get(part) is None else tf.Variable(plain[part], trainable=False, dtype=tf.float32)
            for part in ("l1", "l2")
        )
        self._kind = kind

    def __call__(self, x: Any) -> Any:
        total = tf.zeros((), x.dtype)
        if self.l1 is not None:
            total += tf.cast(self.l1, x.dtype) * tf.reduce_sum(tf.abs(x))
        if self.l2 is not None:
            total += tf.cast(self.l2, x.dtype) * tf.reduce_sum(tf.square(x))
        return total

    def strengths(self) -> tuple[float, float]:
        """(l1, l2), 0 for a part that there is not."""
        return tuple(0.0 if part is None else float(part) for part in (self.l1, self.l2))  # type: ignore[return-value]  # two

    def take(self, other: "Penalty") -> None:
        """Have the strengths of another one of this kind."""
        for mine, theirs in ((self.l1, other.l1), (self.l2, other.l2)):
            if mine is not None:
                mine.assign(theirs)

    def plain(self) -> Any:
        """Keras's own with the same strengths, which a saved model can hold."""
        told = {"l1": self.l1, "l2": self.l2}
        return self._kind(**{part: float(value) for part, value in told.items() if value is not None})


def _build_regularizer(named: Any) -> Penalty | None:
    if named is None:
        return None
    kinds = {"l1": keras.regularizers.L1, "l2": keras.regularizers.L2, "l1_l2": keras.regularizers.L1L2}
    return Penalty(kinds[named.name], named.parameters)


def strengths(layer: Any) -> tuple[float, float] | None:
    """(l1, l2) of a layer's kernel; None where it has no regularizer."""
    penalty = layer.kernel_regularizer
    return None if penalty is None else penalty.strengths()


@dataclass
class _Builder:
    seed: int
    tensor: Any
    taps: list[Tap] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    weighted: list[tuple[int, Any]] = field(default_factory=list)
    pending: tuple[str, Any, Any] | None = None  # name, kernel, output of a linear layer without activation yet

    def name(self, kind: str) -> str:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}_{self.counts[kind]}"

    def flush(self) -> None:
        """A linear layer that no activation followed is a hidden layer of its own, with activation linear."""
        if self.pending is not None:
            name, kernel, output = self.pending
            self.taps.append(Tap(name, "linear", {}, output, output, kernel))
            self.pending = None

    def activate(self, name: str, kernel: Any, activation: Any) -> None:
        z = self.tensor
        self.tensor = activation_layer(activation, f"{name}_activation")(z)
        self.taps.append(Tap(name, activation.name, dict(activation.parameters), z, self.tensor, kernel))

    def linear(self, layer: Any, index: int) -> None:
        self.flush()
        name = self.name(layer.type)
        seed = seed_of(self.seed, 1, index)
        common = {
            "use_bias": layer.use_bias,
            "kernel_initializer": build_initializer(layer.kernel_initializer, seed),
            "bias_initializer": build_initializer(layer.bias_initializer, seed_of(self.seed, 2, index)),
            "kernel_regularizer": _build_regularizer(layer.kernel_regularizer),
            "name": name,
        }
        if layer.type == "conv2d":
            built = keras.layers.Conv2D(
                layer.filters, layer.kernel_size, strides=layer.strides, padding=layer.padding, **common
            )
        else:
            units = layer.units * (layer.pieces if layer.type == "maxout" else 1)
            built = keras.layers.Dense(units, **common)
        self.weighted.append((index, built))
        self.tensor = built(self.tensor)
        if layer.batch_normalization == "before_activation":
            self.tensor = keras.layers.BatchNormalization(name=f"{name}_batch_normalization")(self.tensor)
        if layer.type == "maxout":
            self.maxout(layer, name, built.kernel)
        elif layer.activation.name == "linear" and layer.batch_normalization != "after_activation":
            self.pending = (name, built.kernel, self.tensor)
        else:
            self.activate(name, built.kernel, layer.activation)
        if layer.batch_normalization == "after_activation":
            self.tensor = keras.layers.BatchNormalization(name=f"{name}_batch_normalization")(self.tensor)

    def maxout(self, layer: Any, name: str, kernel: Any) -> None:
        """The largest of `pieces` linear functions (Goodfellow et al. 2013)."""
        pieces = keras.layers.Reshape((layer.units, layer.pieces), name=f"{name}_pieces")(self.tensor)
        self.tensor = keras.ops.max(pieces, axis=-1)
        self.taps.append(Tap(name, "maxout", {}, self.tensor, self.tensor, kernel, pieces))

    def add(self, layer: Any, index: int) -> None:
        if layer.type in ("dense", "maxout", "conv2d"):
            self.linear(layer, index)
        elif layer.type == "activation":
            name, kernel, _ = self.pending or (self.name("activation"), None, None)
            self.pending = None
            self.activate(name, kernel, layer.activation)
        else:
            if layer.type not in PASSES_PENDING:
                self.flush()
            self.tensor = _plain(layer, self.name(layer.type), seed_of(self.seed, 3, index))(self.tensor)


def _plain(layer: Any, name: str, seed: int) -> Any:
    """A layer without activation and without kernel."""
    layers = keras.layers
    match layer.type:
        case "flatten":
            return layers.Flatten(name=name)
        case "reshape":
            return layers.Reshape(layer.target_shape, name=name)
        case "dropout":
            return layers.Dropout(layer.rate, seed=seed, name=name)
        case "batch_normalization":
            return layers.BatchNormalization(
                momentum=layer.momentum,
                epsilon=layer.epsilon,
                center=layer.center,
                scale=layer.scale,
                name=name,
            )
        case "layer_normalization":
            return layers.LayerNormalization(epsilon=layer.epsilon, name=name)
        case "max_pooling2d":
            return layers.MaxPooling2D(layer.pool_size, layer.strides, layer.padding, name=name)
        case "average_pooling2d":
            return layers.AveragePooling2D(layer.pool_size, layer.strides, layer.padding, name=name)
        case "global_average_pooling2d":
            return layers.GlobalAveragePooling2D(name=name)
    raise BuildError(f"no builder for layer type {layer.type!r}")


def build_network(spec: ExperimentSpec, input_shape: tuple[int, ...], fold: int | None) -> Network:
    """Build the spec's network for rows of `input_shape`. Raises BuildError with Keras's own words."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(spec.resources.precision)
    try:
        return _build(spec, input_shape, fold)
    finally:
        keras.config.set_dtype_policy(before)


def _build(spec: ExperimentSpec, input_shape: tuple[int, ...], fold: int | None) -> Network:
    inputs = keras.Input(input_shape)
    layers = expand_layers(spec)
    tensor = inputs
    if len(input_shape) == 2 and layers[0].type in _IMAGE_LAYERS:  # rows x height x width: one channel
        tensor = keras.layers.Reshape((*input_shape, 1), name="channel")(inputs)
    builder = _Builder(_network_seed(spec, fold), tensor)
    try:
        for index, layer in enumerate(layers):
            builder.add(layer, index)
    except ValueError as error:
        raise BuildError(f"Keras refused layer {index} ({layer.type}): {error}") from error
    builder.flush()
    model = keras.Model(inputs, builder.tensor)
    taps = tuple(builder.taps)
    return Network(model, tapped_model(inputs, taps, builder.tensor), taps, tuple(builder.weighted))


def tapped_model(inputs: Any, taps: Sequence[Tap], prediction: Any) -> Any:
    """The same graph with everything that the probe reads as an output."""
    pieces = [tap.pieces for tap in taps if tap.pieces is not None]
    outputs = [tap.z for tap in taps] + [tap.a for tap in taps] + [prediction, *pieces]
    return keras.Model(inputs, outputs)
