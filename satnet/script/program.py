"""An experiment as a stand-alone Keras program: what it trains, without satnet."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from satnet.script.keras_calls import layer_calls, literal, optimizer_call
from satnet.spec import ExperimentSpec, dataset_info
from satnet.spec.datasets import DATASETS
from satnet.spec.layers import Weighted
from satnet.spec.metrics import METRICS, TOP_K, more_is_better

_templates = Environment(
    loader=PackageLoader("satnet.script"),
    autoescape=False,  # the text is Python, not HTML
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_templates.filters["literal"] = literal
_templates.filters["keras_monitor"] = lambda monitor: monitor.removeprefix("train.").replace("validation.", "val_")
_templates.filters["mode"] = lambda monitor: "max" if more_is_better(monitor) else "min"


def to_script(spec: ExperimentSpec, title: str) -> str:
    """The program's text.

    Args:
        spec: with its seed drawn; a dataset of the user's own is read from its path.
        title: what the first line says.
    """
    return _templates.get_template("program.py.j2").render(title=title, spec=spec, **_context(spec))


def _context(spec: ExperimentSpec) -> dict[str, Any]:
    """What the templates need beside the spec."""
    info = dataset_info(spec.dataset)
    return {
        "dataset": spec.dataset,
        "training": spec.training,
        "info": info,
        "traits": DATASETS.get(spec.dataset.name or ""),
        "task": "regression" if spec.dataset.is_regression else "classification" if info is None else info.task,
        "regression": spec.dataset.is_regression,
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


def _outputs(spec: ExperimentSpec) -> int:
    """Units of the last layer with a kernel."""
    *_, last = (layer for layer in spec.layers if isinstance(layer, Weighted))
    return last.width
