"""Experiments that are trained elsewhere: SaturationMonitor posts their records here."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.deps import BodyDep, SettingsDep, StoreDep
from api.submission import fingerprint
from satnet.errors import Conflict, FieldError, InvalidSpec
from satnet.records.epoch_log import LoggedEpoch
from satnet.records.experiment import new_id, progress_at, summarise
from satnet.saturation.diagnosis import diagnose, facts_of_external
from satnet.settings import Settings
from satnet.spec.external import parse_external, stored_external
from satnet.store import Store

router = APIRouter(prefix="/v1/experiments", tags=["external"])
_FENCE = 1  # one writer, from the start to the end
Number = float | None


class Metrics(BaseModel):
    """Loss and accuracy; null where there is none."""

    model_config = ConfigDict(extra="allow")

    loss: Number
    accuracy: Number


class Layer(BaseModel):
    """A hidden layer's record; what is null has no meaning for it."""

    model_config = ConfigDict(extra="allow")

    name: str
    activation: str
    units: Annotated[int, Field(ge=1)]
    saturated_fraction: Number
    saturated_low: Number
    saturated_high: Number
    saturated_unit_fraction: Number
    dead_unit_fraction: Number
    inactive_fraction: Number
    dormant_unit_fraction: Number
    gate: Number
    preactivation: dict[str, Number]
    delta_rms: Number
    gradient_rms: Number
    update_ratio: Number
    movement: Number
    weight_std: Number
    weight_std_target: Number
    non_finite: Annotated[int, Field(ge=0)]


class Network(BaseModel):
    """What the layers say together."""

    model_config = ConfigDict(extra="allow")

    vanish_ratio: Number
    gate_decades: Number
    weight_decades: Number
    loss_over_chance: Number
    saturated_wrong: Number


class Record(BaseModel):
    """A measured epoch, METRICS section 3; what the rules and the charts rely on is checked."""

    model_config = ConfigDict(extra="allow")

    epoch: Annotated[int, Field(ge=0)]
    fold: None = None
    seconds: Annotated[float, Field(ge=0)]
    train: Metrics
    validation: Metrics
    layers: list[Layer]
    network: Network
    units: dict[str, dict[str, Any]] | None = None


class Epochs(BaseModel):
    """Records, and how training ended where they are the last."""

    model_config = ConfigDict(extra="forbid")

    data: Annotated[list[Record], Field(max_length=1000)] = []
    end: Literal["succeeded", "failed", "cancelled"] | None = None
    message: Annotated[str, Field(max_length=500)] | None = None


def submit_external(store: Store, settings: Settings, body: dict[str, Any], key: str | None) -> str:
    """Store an experiment of kind external, running from the start; its id."""
    spec = parse_external(body)
    return store.submit_external(
        experiment_id=new_id(),
        spec=spec.to_json(),
        idempotency_key=key,
        fingerprint=fingerprint(body),
        findings=diagnose(facts_of_external(spec), overrides=settings.thresholds),
    )


@router.post("/{experiment_id}/epochs")
def post_epochs(experiment_id: str, store: StoreDep, settings: SettingsDep, body: BodyDep) -> Response:
    """Take records of an external experiment in, in any order; an epoch that is known already changes nothing."""
    posted = _parsed(body)
    document = store.get(experiment_id)
    if document["kind"] != "external":
        raise Conflict(f"{experiment_id} is trained here: only its worker reports epochs")
    if document["status"] != "running":
        raise Conflict(f"{experiment_id} is {document['status']}: it takes no more epochs")
    facts = facts_of_external(stored_external(document["spec"]))
    known = store.epochs(experiment_id)
    fresh = [one.model_dump() for one in posted.data]
    names = {layer.name for layer in facts.hidden}
    for record in fresh:
        if unknown := [layer.get("name") for layer in record["layers"] if layer.get("name") not in names]:
            detail = f"the network has the hidden layers {', '.join(sorted(names))}"
            raise InvalidSpec([FieldError("#/data/layers", detail, "unknown_layer", unknown)])
    for record in fresh:
        units = record.pop("units")
        known = sorted([one for one in known if one["epoch"] != record["epoch"]] + [record], key=_epoch)
        found = diagnose(facts, known, settings.thresholds)
        progress = progress_at(document["spec"], record, sum(one["seconds"] for one in known))
        store.epoch(experiment_id, _FENCE, LoggedEpoch(record, units, found), progress, leased=False)
    if posted.end is not None:
        reason = {"code": "external", "message": posted.message or posted.end, "retryable": False}
        store.finish(
            experiment_id,
            _FENCE,
            posted.end,
            summary=summarise(known, {}),
            environment=None,
            status_reason=reason if posted.end == "failed" else None,
            stop_reason="completed" if posted.end == "succeeded" else None,
        )
    return JSONResponse(store.get(experiment_id))


def _epoch(record: dict[str, Any]) -> int:
    return int(record["epoch"])


def _parsed(body: dict[str, Any]) -> Epochs:
    try:
        return Epochs.model_validate(body)
    except ValidationError as error:
        errors = [
            FieldError("#/" + "/".join(map(str, one["loc"])), one["msg"], one["type"])
            for one in error.errors(include_url=False)
        ]
        raise InvalidSpec(errors) from error
