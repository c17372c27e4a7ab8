"""Predictions: a thread of the child answers them, also while an experiment trains."""

import logging
import tempfile
import threading
from pathlib import Path

from satnet.errors import BadRequest, DamagedArtifact, NotFound, SatnetError, StoreUnavailable
from satnet.service.artifacts import Artifacts, model_name
from satnet.settings import Settings
from satnet.store import Store
from satnet.store.predictions import PredictionReply

_log = logging.getLogger(__name__)
_PAUSE = 2.0


def answer(artifacts: Artifacts, experiment: str, sha256: str, instances: object) -> PredictionReply:
    """The reply to one request: `predictions`, or `error` and `code`."""
    from satnet.training.export import predict

    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            path.write_bytes(artifacts.get_verified(model_name(experiment), sha256))
            return {"predictions": predict(path, instances)}
    except (BadRequest, DamagedArtifact, NotFound) as error:
        return {"error": str(error), "code": error.code}
    except Exception as error:  # noqa: BLE001 - a model that cannot be loaded ends this reply, not the worker
        _log.exception("prediction for %s failed", experiment)
        return {"error": f"{type(error).__name__}: {error}"[:300], "code": "internal_error"}


def serve(settings: Settings) -> None:
    """Answer requests until the process ends."""
    store, artifacts = Store(settings), Artifacts(settings.artifacts)
    while True:
        try:
            request = store.next_prediction_request()
            if request is not None:
                reply = answer(artifacts, request["experiment"], request["sha256"], request["instances"])
                store.reply_prediction(request["id"], reply)
        except StoreUnavailable as error:
            _log.warning("predictions: %s", error)
            threading.Event().wait(_PAUSE)
        except SatnetError:
            _log.exception("predictions")
