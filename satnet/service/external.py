"""Experiments that are trained elsewhere: their records are taken in here."""

from collections.abc import Iterator

from satnet.errors import Conflict, FieldError, InvalidSpec
from satnet.records.epoch_log import without_units
from satnet.records.posted import PostedEpochs
from satnet.records.progress import progress_at
from satnet.records.schema import EpochRecord, ExperimentDocument, FindingRecord, Progress, StatusReason
from satnet.records.summary import summarise
from satnet.saturation.diagnosis import Facts, diagnose, facts_of_external
from satnet.settings import Settings
from satnet.spec.external import stored_external
from satnet.store import Store

_FENCE = 1  # one writer, from the start to the end
_ALWAYS = 25  # epochs up to which each request is followed by a diagnosis


def take_epochs(store: Store, settings: Settings, experiment_id: str, posted: PostedEpochs) -> None:
    """Store records in any order, then the end if there is one; an epoch that is known already changes nothing.

    The diagnosis is made once a request, of all records; where there are many, not after each request: at most one part
    in twenty of the time goes into it. At the end it is always made.

    Raises:
        NotFound: no such experiment.
        Conflict: it is not external, or not running any more.
        InvalidSpec: a record names a layer that the network does not have; nothing is stored.
        RecordsTooLarge: more records than are kept of one experiment; nothing is stored.
    """
    document = _open_external(store, experiment_id)
    facts = facts_of_external(stored_external(document["spec"]))
    if errors := list(_unknown_layers(posted, facts)):
        raise InvalidSpec(errors)
    measured = [without_units(one) for one in posted.data]
    taken = store.take_epochs(experiment_id, measured, _progress(store, document, posted))
    if taken is None:
        raise Conflict(f"{experiment_id} takes no more epochs")
    if posted.end is not None:
        _finish(store, settings, experiment_id, posted, facts)
        return
    with store.diagnosis_turn(experiment_id) as due:
        if taken.new and (due or taken.total <= _ALWAYS):
            findings = diagnose(facts, store.epochs(experiment_id), settings.thresholds)
            store.set_findings(experiment_id, findings)


def _open_external(store: Store, experiment_id: str) -> ExperimentDocument:
    document = store.get(experiment_id)
    if document["kind"] != "external":
        raise Conflict(f"{experiment_id} is trained by this service: only its worker reports epochs")
    if document["status"] != "running":
        raise Conflict(f"{experiment_id} is {document['status']} and takes no more epochs")
    return document


def _unknown_layers(posted: PostedEpochs, facts: Facts) -> Iterator[FieldError]:
    names = {layer.name for layer in facts.hidden}
    detail = f"the network has the hidden layers {', '.join(sorted(names)) or 'none'}"
    for place, record in enumerate(posted.data):
        for number, layer in enumerate(record["layers"]):
            if layer["name"] not in names:
                pointer = f"#/data/{place}/layers/{number}/name"
                yield FieldError(pointer, detail, "unknown_layer", layer["name"])
        for name in record.get("units") or ():
            if name not in names:
                yield FieldError(f"#/data/{place}/units", detail, "unknown_layer", name)


def _progress(store: Store, document: ExperimentDocument, posted: PostedEpochs) -> Progress | None:
    """At the latest epoch; None where none of the posted ones is it."""
    latest = max(posted.data, key=_epoch, default=None)
    if latest is None or latest["epoch"] < document["progress"]["epoch"]:
        return None
    elapsed = store.trained_seconds(document["id"]) + sum(one["seconds"] for one in posted.data)
    return progress_at(document["spec"], latest, elapsed)


def _finish(store: Store, settings: Settings, experiment_id: str, posted: PostedEpochs, facts: Facts) -> None:
    records = store.epochs(experiment_id)
    findings: list[FindingRecord] | None = diagnose(facts, records, settings.thresholds) if records else None
    reason: StatusReason = {"code": "external", "message": posted.message or "failed", "retryable": False}
    store.finish(
        experiment_id,
        _FENCE,
        posted.end or "failed",
        summary=summarise(records, {}),
        environment=None,
        status_reason=reason if posted.end == "failed" else None,
        stop_reason="completed" if posted.end == "succeeded" else None,
        findings=findings,
    )


def _epoch(record: EpochRecord) -> int:
    return record["epoch"]
