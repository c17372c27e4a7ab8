"""An experiment as a stand-alone Keras program: what it trains, without satnet."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from satnet.script.keras_calls import layer_calls, literal, optimizer_call
from satnet.script.own_file import OwnFile, pretty, table_context
from satnet.spec import ExperimentSpec, dataset_info
from satnet.spec.datasets import DATASETS
from satnet.spec.layers import Weighted
from satnet.spec.metrics import METRICS, TOP_K, more_is_better
from satnet.spec.output_names import output_names

_templates = Environment(
    loader=PackageLoader("satnet.script"),
    autoescape=False,  # the text is Python, not HTML
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_templates.filters["literal"] = literal
_templates.filters["pretty"] = pretty
_templates.filters["keras_monitor"] = lambda monitor: monitor.removeprefix("train.").replace("validation.", "val_")
_templates.filters["mode"] = lambda monitor: "max" if more_is_better(monitor) else "min"


def to_script(spec: ExperimentSpec, title: str, own: OwnFile | None = None) -> str:
    """The program's text.

    Args:
        spec: with its seed drawn.
        title: what the first line says.
        own: the table that the program reads, of an uploaded dataset; a local `.npz` is read from its path.
    """
    return _templates.get_template("program.py.j2").render(title=title, spec=spec, **_context(spec, own))


def _context(spec: ExperimentSpec, own: OwnFile | None) -> dict[str, Any]:
    """What the templates need beside the spec."""
    info = dataset_info(spec.dataset)
    resolved, plan = spec.dataset.resolved, None if own is None else own.plan
    task = resolved.task if resolved is not None else "classification" if info is None else info.task
    table = {} if own is None or resolved is None or plan is None else table_context(own, plan, resolved)
    return table | {
        "own": own,
        "plan": plan,
        "task": task,
        "class_weights": _class_weights(spec, info.classes if info else None),
        "dataset": spec.dataset,
        "training": spec.training,
        "info": info,
        "traits": DATASETS.get(spec.dataset.name or ""),
        "regression": task == "regression",
        "rows_seed": "SEED" if spec.dataset.split_seed is None else "ROWS_SEED",
        "outputs": _outputs(spec),
        "has_maxout": any(layer.type == "maxout" for layer in spec.layers),
        "adds_channel": spec.layers[0].needs_image and (info is None or len(info.input_shape) == 2),
        "layers": [
            call for layer in spec.layers for _ in range(getattr(layer, "repeat", 1)) for call in layer_calls(layer)
        ],
        "optimizer": optimizer_call(spec),
        "top_k": TOP_K,
        "watches_training": any(watched in (f"train.{metric}" for metric in METRICS) for watched in _watched(spec)),
    }


def _watched(spec: ExperimentSpec) -> list[str]:
    """What early stopping and the schedule monitor."""
    parts = (spec.training.early_stopping, spec.training.learning_rate_schedule)
    return [str(getattr(part, "monitor", "")) for part in parts]


def _class_weights(spec: ExperimentSpec, classes: int | None) -> str | list[float] | None:
    """The weight of each class, in their order; or balanced."""
    given = spec.training.class_weight
    if given is None or isinstance(given, str):
        return given
    labels = output_names(spec.dataset, spec.dataset.resolved, "classification", classes or len(given))
    return [float(given.get(label, 1.0)) for label in labels]


def _outputs(spec: ExperimentSpec) -> int:
    """Units of the last layer with a kernel."""
    *_, last = (layer for layer in spec.layers if isinstance(layer, Weighted))
    return last.width
