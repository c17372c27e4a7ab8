"""The experiment spec: parsed, completed and checked in pure Python, before anything is stored or built."""

from typing import Any

from jsonpointer import JsonPointer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from satnet.errors import FieldError, InvalidSpec
from satnet.spec.checks import check, explain, output_activation
from satnet.spec.datasets import Dataset, DatasetInfo, dataset_info
from satnet.spec.experiment import ExperimentSpec, default_loss
from satnet.spec.shapes import NetworkPlan, PlannedLayer, expand_layers
from satnet.spec.shapes import plan as _plan

__all__ = [
    "Dataset",
    "DatasetInfo",
    "ExperimentSpec",
    "NetworkPlan",
    "PlannedLayer",
    "dataset_info",
    "expand_layers",
    "json_schema",
    "output_activation",
    "parse_spec",
    "plan_network",
]


def parse_spec(data: object, *, allow_path: bool = False) -> ExperimentSpec:
    """The spec in `data`, completed and checked.

    Args:
        data: a JSON object.
        allow_path: let `dataset.path` name a file (the command line; never the API).

    Raises:
        InvalidSpec: with one error for each wrong field.
    """
    if not isinstance(data, dict):
        raise InvalidSpec([FieldError("#", "must be an object", "type", explain(data))])
    data = _completed(data)
    try:
        spec = ExperimentSpec.model_validate(data)
    except ValidationError as error:
        raise InvalidSpec([_field_error(one) for one in error.errors(include_url=False)]) from error
    errors = check(spec)
    if spec.dataset.path is not None and not allow_path:
        errors.append(
            FieldError("#/dataset/path", "a path is allowed in `satnet run` only", "not_allowed", spec.dataset.path)
        )
    if errors:
        raise InvalidSpec(errors)
    filled = {key: value for key, value in spec.dataset.options().items() if getattr(spec.dataset, key) is None}
    return spec.model_copy(update={"dataset": spec.dataset.model_copy(update=filled)}) if filled else spec


def _completed(data: dict[str, Any]) -> dict[str, Any]:
    """The loss, where none was named, follows from the last layer's activation."""
    layers = data.get("layers")
    if "loss" in data or not isinstance(layers, list) or not layers or not isinstance(layers[-1], dict):
        return data
    return {**data, "loss": default_loss(layers[-1].get("activation"))}


def _field_error(error: ErrorDetails) -> FieldError:
    """Pydantic's error as a JSON pointer; without the tags of unions, which the body does not have."""
    path = [part for part in error["loc"] if not _is_tag(part, error["loc"])]
    pointer = "#" + JsonPointer.from_parts(path).path
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        pointer += "/name" if "learning_rate_schedule" in error["loc"] else "/type"
    return FieldError(pointer, error["msg"], error["type"], explain(error.get("input")))


def _is_tag(part: int | str, loc: tuple[int | str, ...]) -> bool:
    place = loc.index(part)
    if not isinstance(part, str) or place == 0:
        return False
    before = loc[place - 1]
    if loc[0] == "layers" and place == 2 and isinstance(before, int):
        return True
    if before == "learning_rate_schedule":
        return True
    return part in ("int", "list[constrained-int]") or part.startswith(("list[", "constrained-"))


def plan_network(spec: ExperimentSpec) -> NetworkPlan:
    """Shapes and parameter counts of a valid spec; raises InvalidSpec where the layers do not fit."""
    info = dataset_info(spec.dataset)
    network, errors = _plan(spec, info.input_shape) if info else (NetworkPlan((), 0), [])
    if errors:
        raise InvalidSpec(errors)
    return network


def json_schema() -> dict[str, Any]:
    """The spec's JSON Schema (draft 2020-12)."""
    return ExperimentSpec.model_json_schema()
