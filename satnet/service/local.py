"""One experiment in this process, without a service: the same document, its epochs and findings."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from satnet.errors import TrainingError
from satnet.records.document import ExperimentState, to_document
from satnet.records.epoch_log import EpochLog
from satnet.records.ids import new_id
from satnet.records.json_safe import json_safe
from satnet.records.progress import progress_at
from satnet.records.schema import EpochRecord, FullExperiment, MeasuredEpoch, TrainingExtra
from satnet.records.summary import summarise
from satnet.saturation.diagnosis import diagnose, facts_of
from satnet.settings import get_settings
from satnet.spec import parse_spec


def run_local(
    data: object, *, data_dir: Path, on_epoch: Callable[[EpochRecord], None] = lambda _: None
) -> FullExperiment:
    """Train the spec in `data` here; the document with `epochs`, also when it failed. Raises InvalidSpec."""
    spec = parse_spec(data, allow_path=True).with_seed()
    from satnet.training.run import train

    findings_on = partial(diagnose, facts_of(spec), overrides=get_settings().thresholds)
    epoch_log = EpochLog(findings_on, spec.training.epochs)
    records = epoch_log.records

    def collect(record: MeasuredEpoch) -> None:
        on_epoch(epoch_log.add(record).record)

    state = ExperimentState(
        id=new_id(),
        spec=spec.to_json(),
        spec_sha256=spec.sha256,
        seed=int(spec.seed or 0),
        status="running",
        created_at=time.time() * 1000,
        name=spec.name,
        labels=dict(spec.labels),
        attempt=1,
    )
    state.started_at = state.created_at
    extra: TrainingExtra = {}
    try:
        result = train(spec, data_dir=data_dir, on_epoch=collect)
        state.status, state.stop_reason = "succeeded", result.stop_reason
        state.environment, extra = result.environment, result.summary_extra
    except TrainingError as error:
        state.status = "failed"
        state.status_reason = {"code": error.code, "message": str(error), "retryable": False}
    state.finished_at = time.time() * 1000
    state.summary, state.findings = summarise(records, extra), epoch_log.findings()
    if records:
        elapsed = (state.finished_at - state.started_at) / 1000
        state.progress = progress_at(state.spec, records[-1], elapsed)
    document: FullExperiment = json_safe(to_document(state) | {"epochs": records})
    return document
