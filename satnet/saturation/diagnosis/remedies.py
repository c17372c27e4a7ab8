"""What to change, as JSON Patches of the normalised spec; one that changes nothing or does not validate is dropped."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import jsonpatch

from satnet.errors import InvalidSpec
from satnet.saturation.diagnosis.facts import Facts
from satnet.saturation.diagnosis.finding import Remedy
from satnet.spec import parse_spec
from satnet.spec.activation_traits import traits
from satnet.spec.hidden import PlannedActivation

Patch = list[dict[str, Any]]


def _replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def usable(facts: Facts, remedies: Iterable[Remedy]) -> Sequence[Remedy]:
    """Those whose patch applies, changes the spec and gives a valid one; each kept once.

    A network of the user's own has no spec to patch: its remedies say in words what to change.
    """
    if facts.spec is None:
        return tuple(Remedy((), f"{_in_words(remedy.patch)}: {remedy.why}") for remedy in remedies if remedy.patch)
    kept: list[Remedy] = []
    for remedy in remedies:
        if any(list(one.patch) == list(remedy.patch) for one in kept):
            continue
        if remedy.patch and _changes(facts.spec, remedy.patch):
            kept.append(remedy)
    return tuple(kept)


def _in_words(patch: Sequence[dict[str, Any]]) -> str:
    """`/layers/1/activation` is the activation of the model's layer 1."""
    parts = []
    for one in patch:
        value = one["value"] if isinstance(one["value"], str) else json.dumps(one["value"])
        parts.append(f"{one['path'].lstrip('/').replace('/', '.')} = {value}")
    return ", ".join(parts)


def _changes(spec: Any, patch: Sequence[dict[str, Any]]) -> bool:
    try:
        patched = jsonpatch.apply_patch(json.loads(json.dumps(spec)), list(patch))
        return parse_spec(patched, allow_path=True).sha256 != parse_spec(spec, allow_path=True).sha256
    except (InvalidSpec, jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        return False


def standardize(facts: Facts) -> list[Remedy]:
    """Zero mean and unit variance for the inputs."""
    if facts.spec is not None and facts.spec["dataset"]["standardize"] == "global":
        return []
    patch = [_replace("/dataset/standardize", "global")]
    return [Remedy(patch, "inputs of mean 0 and standard deviation 1 keep the first layer out of its tails")]


def prescribed_name(activation: str) -> str | None:
    """The initializer that theory prescribes for an activation."""
    return traits(activation).initializer


def prescribed_initializer(layers: Iterable[PlannedActivation]) -> list[Remedy]:
    """Glorot, He or LeCun for these layers, as each one's activation asks."""
    patch, names = [], set()
    for layer in layers:
        name = prescribed_name(layer.activation)
        if layer.weights is not None and name is not None:
            patch.append(_replace(f"/layers/{layer.weights}/kernel_initializer", name))
            names.add(name)
    why = f"{' and '.join(sorted(names))} keeps the variance from layer to layer"
    return [Remedy(_unique(patch), why)] if patch else []


def initializer(layer: PlannedActivation, name: Any, why: str) -> list[Remedy]:
    """Another kernel initializer for one layer."""
    if layer.weights is None:
        return []
    return [Remedy([_replace(f"/layers/{layer.weights}/kernel_initializer", name)], why)]


def zero_bias(facts: Facts, layer: PlannedActivation) -> list[Remedy]:
    """Biases that start at 0."""
    if facts.spec is None or layer.weights is None:
        return []
    if facts.spec["layers"][layer.weights]["bias_initializer"] == "zeros":
        return []
    patch = [_replace(f"/layers/{layer.weights}/bias_initializer", "zeros")]
    return [Remedy(patch, "a bias of 0 leaves about half of the rows active")]


def batch_norm_before(layers: Iterable[PlannedActivation]) -> list[Remedy]:
    """Batch normalization between the linear part and the activation."""
    patch: Patch = []
    inserted = 0
    for layer in layers:
        if layer.weights is None or layer.batch_normalization != "none":
            continue
        if layer.weights == layer.activated:
            patch.append(_replace(f"/layers/{layer.weights + inserted}/batch_normalization", "before_activation"))
        else:  # the activation is a layer of its own
            place = f"/layers/{layer.weights + 1 + inserted}"
            patch.append({"op": "add", "path": place, "value": {"type": "batch_normalization"}})
            inserted += 1
    why = "it centres and scales what the activation sees, in every batch (Ioffe and Szegedy 2015)"
    return [Remedy(_unique(patch), why)] if patch else []


def activation(layers: Iterable[PlannedActivation], name: str, kernel: str | None, why: str) -> list[Remedy]:
    """Another activation, and the initializer that goes with it."""
    patch: Patch = []
    for layer in layers:
        if layer.activation == "maxout":
            continue
        patch.append(_replace(f"/layers/{layer.activated}/activation", name))
        if kernel is not None and layer.weights is not None:
            patch.append(_replace(f"/layers/{layer.weights}/kernel_initializer", kernel))
    return [Remedy(_unique(patch), why)] if patch else []


def learning_rate(facts: Facts, factor: float) -> list[Remedy]:
    """The learning rate times `factor`."""
    value = float(f"{facts.learning_rate * factor:.6g}")
    word = "smaller" if factor < 1 else "larger"
    why = f"ten times {word} steps: {facts.learning_rate:g} becomes {value:g}"
    return [Remedy([_replace("/optimizer/learning_rate", value)], why)]


def clip() -> list[Remedy]:
    """Gradients of norm 1 at most."""
    patch = [_replace("/optimizer/clipnorm", 1.0)]
    return [Remedy(patch, "no single batch can throw the weights far (Pascanu et al. 2013)")]


def faster_optimizer(facts: Facts) -> list[Remedy]:
    """Momentum or adam for plain sgd."""
    if facts.optimizer != "sgd":
        return []
    momentum = Remedy([_replace("/optimizer/momentum", 0.9)], "momentum adds up steps of one direction")
    return [momentum, *adam(facts)]


def adam(facts: Facts) -> list[Remedy]:
    """Adam with Keras's defaults."""
    if facts.optimizer in ("adam", "adamw", "nadam", "adamax"):
        return []
    return [Remedy([_replace("/optimizer", "adam")], "adam scales each weight's step by its own gradients")]


def matching_loss(facts: Facts, output: PlannedActivation | None) -> list[Remedy]:
    """The cross-entropy whose gradient at the logits is p - y."""
    why = "with it the gradient at the output is p - y, which no saturation can remove"
    if facts.output_activation == "softmax":
        return [Remedy([_replace("/loss", "categorical_crossentropy")], why)]
    remedies = [Remedy([_replace("/loss", "binary_crossentropy")], why)]
    if output is not None:
        patch = [
            _replace(f"/layers/{output.activated}/activation", "softmax"),
            _replace("/loss", "categorical_crossentropy"),
        ]
        remedies.append(Remedy(patch, "softmax with its cross-entropy, for classes that exclude each other"))
    return remedies


def fewer_units(facts: Facts, layer: PlannedActivation) -> list[Remedy]:
    """Half as many units."""
    if facts.spec is None or layer.weights is None:
        return []
    content = facts.spec["layers"][layer.weights]
    key = "filters" if "filters" in content else "units"
    half = max(1, content[key] // 2)
    why = f"{half} of {content[key]} units would do the same work"
    return [Remedy([_replace(f"/layers/{layer.weights}/{key}", half)], why)]


def against_overfitting(facts: Facts) -> list[Remedy]:
    """Dropout behind the last hidden layer, an l2 penalty, early stopping."""
    weighted = [layer for layer in facts.hidden if layer.weights is not None]
    if facts.spec is None or not weighted:
        return []
    place = weighted[-1].activated + 1
    dropout = {"op": "add", "path": f"/layers/{place}", "value": {"type": "dropout", "rate": 0.3}}
    penalty = {"name": "l2", "l2": 1e-4}
    indices = dict.fromkeys(layer.weights for layer in weighted)
    penalties = [_replace(f"/layers/{index}/kernel_regularizer", penalty) for index in indices]
    stopping = {"monitor": "validation.loss", "patience": 3, "restore_best_weights": True}
    stop = [_replace("/training/early_stopping", stopping)]
    if facts.validates_on_test:
        stop.insert(0, _replace("/dataset/validation_fraction", 0.1))
    return [
        Remedy([dropout], "units that cannot rely on each other overfit less (Srivastava et al. 2014)"),
        Remedy(penalties, "a penalty on large weights"),
        Remedy(stop, "stop where the validation loss was best, and keep those weights"),
    ]


def hold_out(facts: Facts) -> list[Remedy]:
    """A tenth of the training rows for validation."""
    if facts.spec is None:
        return []
    patch = [_replace("/dataset/validation_fraction", 0.1)]
    return [Remedy(patch, "choices are then made without looking at the test rows")]


def _unique(patch: Patch) -> Patch:
    """Layers under `repeat` share their place in the spec."""
    kept: Patch = []
    for operation in patch:
        if operation not in kept:
            kept.append(operation)
    return kept
