"""What to change, as JSON Patches of the normalised spec."""

from collections.abc import Iterable

from pydantic import JsonValue

from satnet.records.schema import Patch, PatchOperation
from satnet.saturation.diagnosis.facts import Facts
from satnet.saturation.diagnosis.finding import Remedy
from satnet.spec.activation_traits import traits
from satnet.spec.hidden import PlannedActivation


def _replace(path: str, value: JsonValue) -> PatchOperation:
    return {"op": "replace", "path": path, "value": value}


def _add(path: str, value: JsonValue) -> PatchOperation:
    return {"op": "add", "path": path, "value": value}


def standardize(facts: Facts) -> list[Remedy]:
    """Zero mean and unit variance for the inputs."""
    if facts.spec is not None and facts.spec["dataset"]["standardize"] == "global":
        return []
    patch = [_replace("/dataset/standardize", "global")]
    return [Remedy(patch, "inputs with mean 0 and standard deviation 1 keep the first layer out of saturation")]


def prescribed_name(activation: str) -> str | None:
    """The initializer that theory prescribes for an activation."""
    return traits(activation).initializer


def prescribed_initializer(layers: Iterable[PlannedActivation]) -> list[Remedy]:
    """Glorot, He or LeCun for these layers, as each one's activation asks."""
    patch: Patch = []
    names = set()
    for layer in layers:
        name = prescribed_name(layer.activation)
        if layer.weights is not None and name is not None:
            patch.append(_replace(f"/layers/{layer.weights}/kernel_initializer", name))
            names.add(name)
    verb = "keeps" if len(names) == 1 else "keep"
    why = f"{' and '.join(sorted(names))} {verb} the variance of the signal from layer to layer"
    return [Remedy(_unique(patch), why)] if patch else []


def initializer(layer: PlannedActivation, name: JsonValue, why: str) -> list[Remedy]:
    """Another kernel initializer for one layer."""
    if layer.weights is None:
        return []
    return [Remedy([_replace(f"/layers/{layer.weights}/kernel_initializer", name)], why)]


def output_initializer(facts: Facts) -> list[Remedy]:
    """Glorot for the last kernel."""
    if facts.spec is None:
        return []
    weighted = [index for index, one in enumerate(facts.spec["layers"]) if "kernel_initializer" in one]
    patch = [_replace(f"/layers/{weighted[-1]}/kernel_initializer", "glorot_uniform")]
    return [Remedy(patch, "small outputs start near chance level")]


def wide_initializer(layers: Iterable[PlannedActivation]) -> list[Remedy]:
    """Weights whose variance is three times Glorot's."""
    wide: JsonValue = {"name": "variance_scaling", "scale": 3.0, "mode": "fan_avg", "distribution": "uniform"}
    patch = [operation for layer in layers for one in initializer(layer, wide, "") for operation in one.patch]
    return [Remedy(patch, "larger weights reach the curved part of the activation")]


def zero_bias(facts: Facts, layer: PlannedActivation) -> list[Remedy]:
    """Biases that start at 0."""
    if facts.spec is None or layer.weights is None:
        return []
    if facts.spec["layers"][layer.weights]["bias_initializer"] == "zeros":
        return []
    patch = [_replace(f"/layers/{layer.weights}/bias_initializer", "zeros")]
    return [Remedy(patch, "with a bias of 0 each unit is active for about half of the examples")]


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
            patch.append(_add(place, {"type": "batch_normalization"}))
            inserted += 1
    why = "it centers and scales the preactivations of every batch (Ioffe and Szegedy 2015)"
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
    why = f"steps that are ten times {word}: {facts.learning_rate:g} becomes {value:g}"
    return [Remedy([_replace("/optimizer/learning_rate", value)], why)]


def clip() -> list[Remedy]:
    """Gradients of norm at most 1."""
    patch = [_replace("/optimizer/clipnorm", 1.0)]
    return [Remedy(patch, "no single batch can move the weights far (Pascanu et al. 2013)")]


def faster_optimizer(facts: Facts) -> list[Remedy]:
    """Momentum or adam for plain sgd."""
    if facts.optimizer != "sgd":
        return []
    momentum = Remedy([_replace("/optimizer/momentum", 0.9)], "momentum adds up steps in the same direction")
    return [momentum, *adam(facts)]


def adam(facts: Facts) -> list[Remedy]:
    """Adam with Keras's defaults."""
    if facts.optimizer in ("adam", "adamw", "nadam", "adamax"):
        return []
    return [Remedy([_replace("/optimizer", "adam")], "adam scales each weight's step by its own gradients")]


def matching_loss(facts: Facts, output: PlannedActivation | None) -> list[Remedy]:
    """The cross-entropy whose gradient at the logits is p - y."""
    why = "its gradient at the logits is p - y, which does not vanish where the output saturates"
    if facts.output_activation == "softmax":
        return [Remedy([_replace("/loss", "categorical_crossentropy")], why)]
    remedies = [Remedy([_replace("/loss", "binary_crossentropy")], why)]
    if output is not None:
        patch = [
            _replace(f"/layers/{output.activated}/activation", "softmax"),
            _replace("/loss", "categorical_crossentropy"),
        ]
        remedies.append(Remedy(patch, "softmax with its cross-entropy, for mutually exclusive classes"))
    return remedies


def fewer_units(facts: Facts, layer: PlannedActivation) -> list[Remedy]:
    """Half as many units."""
    if facts.spec is None or layer.weights is None:
        return []
    content = facts.spec["layers"][layer.weights]
    key = "filters" if "filters" in content else "units"
    half = max(1, content[key] // 2)
    why = f"most units contribute little: {half} instead of {content[key]} may be enough"
    return [Remedy([_replace(f"/layers/{layer.weights}/{key}", half)], why)]


def against_overfitting(facts: Facts) -> list[Remedy]:
    """Dropout behind the last hidden layer, an l2 penalty, early stopping."""
    weighted = [layer for layer in facts.hidden if layer.weights is not None]
    if facts.spec is None or not weighted:
        return []
    place = weighted[-1].activated + 1
    dropout = _add(f"/layers/{place}", {"type": "dropout", "rate": 0.3})
    penalty: JsonValue = {"name": "l2", "l2": 1e-4}
    indices = dict.fromkeys(layer.weights for layer in weighted)
    penalties = [_replace(f"/layers/{index}/kernel_regularizer", penalty) for index in indices]
    stopping: JsonValue = {"monitor": "validation.loss", "patience": 3, "restore_best_weights": True}
    stop = [_replace("/training/early_stopping", stopping)]
    if facts.validates_on_test:
        stop.insert(0, _replace("/dataset/validation_fraction", 0.1))
    return [
        Remedy([dropout], "dropout keeps units from relying on each other (Srivastava et al. 2014)"),
        Remedy(penalties, "an l2 penalty keeps the weights small"),
        Remedy(stop, "training stops soon after the validation loss was best, and restores those weights"),
    ]


def hold_out(facts: Facts) -> list[Remedy]:
    """A tenth of the training set for validation."""
    if facts.spec is None:
        return []
    patch = [_replace("/dataset/validation_fraction", 0.1)]
    return [Remedy(patch, "choices are then made without looking at the test set")]


def _unique(patch: Patch) -> Patch:
    """Layers under `repeat` share their place in the spec."""
    kept: Patch = []
    for operation in patch:
        if operation not in kept:
            kept.append(operation)
    return kept
