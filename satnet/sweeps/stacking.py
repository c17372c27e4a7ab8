"""Which trials can be stacked, trained in one program: a rule on the spec alone."""

import hashlib
import json
from collections.abc import Mapping

from satnet.spec import ExperimentSpec, expand_layers, plan_network

MOST = 32  # trials in one program
_LAYERS = ("flatten", "dense", "activation", "batch_normalization")
_OPTIMIZERS = ("sgd", "adagrad", "adadelta", "rmsprop", "adam", "adamax", "lion")  # their steps go number by number
_TOGETHER = ("clipnorm", "clipvalue", "global_clipnorm", "weight_decay", "use_ema", "centered")
_MOST_PARAMETERS = 250_000  # of one trial; wider ones fill the cores alone (docs/performance.md)
_DRAWN = ("kernel_initializer", "bias_initializer")


def group_of(spec: ExperimentSpec) -> str:
    """A name shared by the trials that can be stacked; empty for one that trains alone.

    They may differ in learning rate, sgd's momentum, initializers, the strength of regularizers, early stopping and,
    where `dataset.split_seed` and `training.shuffle_seed` fix the rows and their order, in their seed.
    """
    if not _possible(spec):
        return ""
    content = spec.to_json()
    training, optimizer = dict(content["training"]), dict(content["optimizer"])
    for key in ("early_stopping", "learning_rate_schedule"):
        training.pop(key)
    optimizer.pop("learning_rate")
    if spec.optimizer.name == "sgd":
        optimizer.pop("momentum")
    shared = [
        [_layer(layer) for layer in content["layers"]],
        content["loss"],
        optimizer,
        training,
        content["dataset"],
        content["saturation"],
        content["resources"]["device"],
        spec.rows_seed,
        spec.order_seed,
    ]
    return hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).hexdigest()[:16]


def _layer(layer: Mapping[str, object]) -> dict[str, object]:
    kept = {key: value for key, value in layer.items() if key not in _DRAWN}
    if (named := kept.get("kernel_regularizer")) is not None:
        kept["kernel_regularizer"] = named["name"] if isinstance(named, dict) else named
    return kept


def _possible(spec: ExperimentSpec) -> bool:
    schedule = spec.training.learning_rate_schedule
    parameters = spec.optimizer.parameters
    layers = expand_layers(spec)
    first = next((index for index, layer in enumerate(layers) if layer.type == "dense"), len(layers))
    return (
        all(layer.type in _LAYERS for layer in layers)
        and all(layer.type == "flatten" for layer in layers[:first])
        and not any(layer.type == "flatten" for layer in layers[first:])
        and spec.optimizer.name in _OPTIMIZERS
        and not any(parameters.get(key) for key in _TOGETHER)
        and (schedule is None or schedule.name == "reduce_on_plateau")
        and spec.cross_validation is None
        and spec.resources.precision == "float32"
        and spec.dataset.name is not None
        and plan_network(spec).parameters <= _MOST_PARAMETERS
    )
