"""Experiments that are trained elsewhere: their records are taken in here."""

from satnet.errors import Conflict, FieldError, InvalidSpec
from satnet.records.epoch_log import LoggedEpoch, without_units
from satnet.records.posted import PostedEpochs
from satnet.records.progress import progress_at
from satnet.records.schema import EpochRecord, ExperimentDocument, StatusReason
from satnet.records.summary import summarise
from satnet.saturation.diagnosis import Facts, diagnose, facts_of_external
from satnet.settings import Settings
from satnet.spec.external import stored_external
from satnet.store import Store

_FENCE = 1  # one writer, from the start to the end


def take_epochs(store: Store, settings: Settings, experiment_id: str, posted: PostedEpochs) -> None:
    """Store records in any order, then the end if there is one; an epoch that is known already changes nothing.

    Raises:
        NotFound: no such experiment.
        Conflict: it is not external, or not running any more.
        InvalidSpec: a record names a layer that the network does not have; nothing is stored.
    """
    document = _open_external(store, experiment_id)
    facts = facts_of_external(stored_external(document["spec"]))
    _check_layers(posted, facts)
    records = store.epochs(experiment_id)
    for measured in posted.data:
        record, units = without_units(measured)
        records = sorted([one for one in records if one["epoch"] != record["epoch"]] + [record], key=_epoch)
        findings = diagnose(facts, records, settings.thresholds)
        progress = progress_at(document["spec"], record, sum(one["seconds"] for one in records))
        store.epoch(experiment_id, _FENCE, LoggedEpoch(record, units, findings), progress, leased=False)
    if posted.end is not None:
        _finish(store, experiment_id, posted, records)


def _open_external(store: Store, experiment_id: str) -> ExperimentDocument:
    document = store.get(experiment_id)
    if document["kind"] != "external":
        raise Conflict(f"{experiment_id} is trained by this service: only its worker reports epochs")
    if document["status"] != "running":
        raise Conflict(f"{experiment_id} is {document['status']} and takes no more epochs")
    return document


def _check_layers(posted: PostedEpochs, facts: Facts) -> None:
    names = {layer.name for layer in facts.hidden}
    for record in posted.data:
        if unknown := [layer["name"] for layer in record["layers"] if layer["name"] not in names]:
            detail = f"the network has the hidden layers {', '.join(sorted(names))}"
            raise InvalidSpec([FieldError("#/data/layers", detail, "unknown_layer", unknown)])


def _finish(store: Store, experiment_id: str, posted: PostedEpochs, records: list[EpochRecord]) -> None:
    reason: StatusReason = {"code": "external", "message": posted.message or "failed", "retryable": False}
    store.finish(
        experiment_id,
        _FENCE,
        posted.end or "failed",
        summary=summarise(records, {}),
        environment=None,
        status_reason=reason if posted.end == "failed" else None,
        stop_reason="completed" if posted.end == "succeeded" else None,
    )


def _epoch(record: EpochRecord) -> int:
    return record["epoch"]
