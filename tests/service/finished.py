"""A succeeded experiment whose model is any file: what is stored, without training."""

from satnet.service.artifacts import Artifacts, model_name
from tests.store.test_store import submit


def finished(store, settings, content=b"model"):
    """Its id, and its model's size and SHA-256."""
    submit(store)
    grant = store.claim(["default"], "w", "finished")
    about = Artifacts(settings.artifacts).write(model_name(grant.id), content)
    summary = {"final": None, "best": None, "seconds": 0.0, "layers": [], "model": about}
    assert store.finish(grant.id, grant.fence, "succeeded", summary=summary, environment={}) == "ok"
    return grant.id, about
