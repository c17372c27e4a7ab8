"""Predictions: a thread of the child answers them, also while an experiment trains."""

import logging
import threading
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from satnet.errors import BadRequest, DamagedArtifact, NotFound, SatnetError, StoreUnavailable
from satnet.service.artifacts import Artifacts
from satnet.service.instances import require_numbers
from satnet.settings import Settings
from satnet.store import Store
from satnet.store.predictions import PredictionReply, PredictionRequest
from worker.models import Models

_log = logging.getLogger(__name__)
_PAUSE = 2.0
_TOGETHER = 16  # requests that are taken at once; those for one model share a batch


def answers(models: Models, requests: Sequence[PredictionRequest]) -> dict[str, PredictionReply]:
    """The replies by request id: `predictions`, or `error` and `code`; all requests are for the same model."""
    import numpy as np

    from satnet.training.export import count, outputs_of, together

    first = requests[0]
    try:
        saved = models.get(first["experiment"], first["sha256"])
        rows: dict[str, Any] = {}
        replies: dict[str, PredictionReply] = {}
        for one in requests:
            try:
                if not saved.takes_columns:
                    require_numbers(cast(list[Any], one["instances"]))
                rows[one["id"]] = saved.rows(one["instances"])
            except BadRequest as error:
                errors = [place.as_dict() for place in error.errors]
                replies[one["id"]] = {"error": str(error), "code": error.code, "errors": errors}
        if rows:
            outputs = outputs_of(saved.model, together(list(rows.values())))
            ends = np.cumsum([count(own) for own in rows.values()])[:-1]
            parts = np.split(outputs, ends)
            replies |= {name: saved.reply(part) for name, part in zip(rows, parts, strict=True)}
        return replies
    except (DamagedArtifact, NotFound) as error:
        return _refused(requests, str(error), error.code)
    except Exception as error:  # noqa: BLE001 - a model that cannot be loaded ends these replies, not the worker
        _log.exception("prediction for %s failed", first["experiment"])
        return _refused(requests, f"{type(error).__name__}: {error}"[:300], "internal_error")


def _refused(requests: Sequence[PredictionRequest], error: str, code: str) -> dict[str, PredictionReply]:
    return {one["id"]: {"error": error, "code": code} for one in requests}


def serve(settings: Settings) -> None:
    """Answer requests until the process ends."""
    store = Store(settings)
    models = Models(Artifacts(settings.artifacts), _load, settings.model_cache_bytes)
    while True:
        try:
            requests = sorted(store.next_prediction_requests(_TOGETHER), key=_model)
            for _, same in groupby(requests, key=_model):
                for name, reply in answers(models, list(same)).items():
                    store.reply_prediction(name, reply)
        except StoreUnavailable as error:
            _log.warning("predictions: %s", error)
            threading.Event().wait(_PAUSE)
        except SatnetError:
            _log.exception("predictions")


def _load(path: Path) -> Any:
    from satnet.training.export import SavedModel  # Keras comes with it

    return SavedModel.load(path)


def _model(request: PredictionRequest) -> str:
    return request["sha256"]
