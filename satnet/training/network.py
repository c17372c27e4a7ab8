"""The spec's network in Keras, with a tap at the input and output of every activation."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from satnet.errors import BuildError
from satnet.spec import ExperimentSpec, expand_layers
from satnet.spec.layers import Layer, Maxout, Weighted
from satnet.spec.shapes import needs_channel
from satnet.spec.walk import AppliedActivation, WalkedActivation, walk
from satnet.training.activations import activation_layer
from satnet.training.initializers import build_initializer
from satnet.training.layers import BIAS, KERNEL, build_layer
from satnet.training.regularizers import build_regularizer
from satnet.training.seeds import seed_of


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
    weighted: tuple[tuple[int, Any], ...] = ()  # place in the unrolled layers, Keras's layer with a kernel

    @property
    def hidden(self) -> tuple[Tap, ...]:
        """All taps but the output layer's."""
        return self.taps[:-1]

    @property
    def output(self) -> Tap:
        """The output layer's tap."""
        return self.taps[-1]

    def kernels(self, spec: ExperimentSpec) -> list[tuple[int, Weighted, Any]]:
        """Place, layer of the spec and layer of Keras for each kernel."""
        layers = expand_layers(spec)
        pairs = [(place, layers[place], built) for place, built in self.weighted]
        return [(place, layer, built) for place, layer, built in pairs if isinstance(layer, Weighted)]

    def strengthen(self, spec: ExperimentSpec) -> None:
        """Give the regularizers the spec's strengths."""
        for _, layer, built in self.kernels(spec):
            if built.kernel_regularizer is not None:
                built.kernel_regularizer.take(build_regularizer(layer.kernel_regularizer))

    def noise_layers(self) -> list[Any]:
        """The layers that draw random numbers while training."""
        return [layer for layer in self.model.layers if getattr(layer, "seed_generator", None) is not None]

    @contextlib.contextmanager
    def without_noise(self) -> Iterator[None]:
        """Noise layers pass their inputs on as they are, also while training."""
        layers = self.noise_layers()
        try:
            for layer in layers:
                layer.call = _unchanged
            yield
        finally:
            for layer in layers:
                vars(layer).pop("call", None)

    def dropouts(self) -> list[Any]:
        """Those of them that drop; their masks can be drawn beforehand."""
        return [layer for layer in self.model.layers if isinstance(layer, keras.layers.Dropout) and layer.rate > 0]

    def batch_normalizations(self) -> list[Any]:
        """The layers with moving statistics."""
        return [layer for layer in self.model.layers if isinstance(layer, keras.layers.BatchNormalization)]


def _unchanged(inputs: Any, training: bool = False) -> Any:  # noqa: ARG001 - Keras's signature
    return inputs


def initialize(network: Network, spec: ExperimentSpec, fold: int | None) -> None:
    """Give a built network the weights that building it anew from `spec` would give it."""
    seed = _network_seed(spec, fold)
    for place, layer, built in network.kernels(spec):
        kernel = build_initializer(layer.kernel_initializer, seed_of(seed, KERNEL, place))
        built.kernel.assign(kernel(built.kernel.shape, built.kernel.dtype))
        if built.use_bias:
            bias = build_initializer(layer.bias_initializer, seed_of(seed, BIAS, place))
            built.bias.assign(bias(built.bias.shape, built.bias.dtype))
    network.strengthen(spec)
    for layer in network.model.layers:
        if isinstance(layer, keras.layers.BatchNormalization | keras.layers.LayerNormalization):
            for variable in layer.weights:
                ones = variable.name in ("gamma", "moving_variance")
                variable.assign((np.ones if ones else np.zeros)(variable.shape, dtype="float32"))


def _network_seed(spec: ExperimentSpec, fold: int | None) -> int:
    return seed_of(int(spec.seed or 0), 0 if fold is None else fold + 1)


def build_network(spec: ExperimentSpec, input_shape: tuple[int, ...], fold: int | None) -> Network:
    """Build the spec's network for rows of `input_shape`. Raises BuildError with Keras's own words."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(spec.resources.precision)
    try:
        return _build(spec, input_shape, fold)
    finally:
        keras.config.set_dtype_policy(before)


def _build(spec: ExperimentSpec, input_shape: tuple[int, ...], fold: int | None) -> Network:
    inputs = tensor = keras.Input(input_shape)
    layers = expand_layers(spec)
    if needs_channel(layers, input_shape):
        tensor = keras.layers.Reshape((*input_shape, 1), name="channel")(inputs)
    walked = walk([layer.part() for layer in layers])
    builder = _Builder(_network_seed(spec, fold), tensor)
    for place, (layer, name) in enumerate(zip(layers, walked.names, strict=True)):
        try:
            builder.add(layer, name, place)
        except ValueError as error:
            raise BuildError(f"Keras refused layer {place} ({layer.type}): {error}") from error
    taps = tuple(builder.tap(one) for one in walked.activations)
    model = keras.Model(inputs, builder.tensor)
    return Network(model, tapped_model(inputs, taps, builder.tensor), taps, tuple(builder.weighted.items()))


class _Builder:
    """Puts one layer behind the other, and notes by its place what an activation reads and gives."""

    def __init__(self, seed: int, tensor: Any) -> None:
        self.tensor = tensor
        self.weighted: dict[int, Any] = {}  # Keras's layers with a kernel
        self._seed = seed
        self._applied: dict[int, tuple[Any, Any]] = {}  # z and a
        self._pieces: dict[int, Any] = {}  # of maxout

    def tap(self, one: WalkedActivation) -> Tap:
        """What the probe reads of an activation."""
        z, a = self._applied[one.place]
        kernel = None if one.kernel is None else self.weighted[one.kernel].kernel
        return Tap(one.name, one.activation, dict(one.parameters), z, a, kernel, self._pieces.get(one.place))

    def add(self, layer: Layer, name: str, place: int) -> None:
        """Put a layer of the spec behind the others."""
        if isinstance(layer, Weighted):
            self._weighted(layer, name, place)
        elif (applied := layer.applied()) is not None:
            self._activate(applied, name, place)
        else:
            self.tensor = build_layer(layer, name, self._seed, place)(self.tensor)

    def _weighted(self, layer: Weighted, name: str, place: int) -> None:
        self.weighted[place] = built = build_layer(layer, name, self._seed, place)
        self.tensor = built(self.tensor)
        part = layer.part()
        if layer.batch_normalization == "before_activation":
            self._normalize(name)
        if isinstance(layer, Maxout):
            self._take_largest(layer, name, place)
        elif part.waits:
            self._applied[place] = (self.tensor, self.tensor)  # unless a later layer activates it
        elif part.activation is not None:
            self._activate(part.activation, name, place)
        if layer.batch_normalization == "after_activation":
            self._normalize(name)

    def _normalize(self, name: str) -> None:
        self.tensor = keras.layers.BatchNormalization(name=f"{name}_batch_normalization")(self.tensor)

    def _activate(self, applied: AppliedActivation, name: str, place: int) -> None:
        z = self.tensor
        self.tensor = activation_layer(str(applied.name), applied.parameters, f"{name}_activation")(z)
        self._applied[place] = (z, self.tensor)

    def _take_largest(self, layer: Maxout, name: str, place: int) -> None:
        """The largest of `pieces` linear functions (Goodfellow et al. 2013)."""
        self._pieces[place] = keras.layers.Reshape((layer.units, layer.pieces), name=f"{name}_pieces")(self.tensor)
        self.tensor = keras.ops.max(self._pieces[place], axis=-1)
        self._applied[place] = (self.tensor, self.tensor)


def tapped_model(inputs: Any, taps: Sequence[Tap], prediction: Any) -> Any:
    """The same graph with everything that the probe reads as an output."""
    pieces = [tap.pieces for tap in taps if tap.pieces is not None]
    outputs = [tap.z for tap in taps] + [tap.a for tap in taps] + [prediction, *pieces]
    return keras.Model(inputs, outputs)
