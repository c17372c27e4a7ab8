"""Room for what is stored."""

import pytest

from satnet.errors import QuotaExceeded
from satnet.service import quota
from satnet.service.quota import require_room
from satnet.service.submission import submit
from satnet.spec import parse_spec
from tests.service.test_dry_run import SPEC


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Nothing was counted yet."""
    monkeypatch.setattr(quota, "_counted", {})


def test_nothing_is_submitted_while_models_take_all_their_room(store, settings, tmp_path):
    # given
    small = settings.model_copy(update={"max_artifact_bytes": 1000})
    models = tmp_path / "artifacts" / "models"
    models.mkdir(parents=True)
    (models / "exp_1.keras").write_bytes(b"x" * 1000)

    # when
    with pytest.raises(QuotaExceeded, match="SATNET_MAX_ARTIFACT_BYTES"):
        submit(store, small, parse_spec(SPEC), lambda _: None)

    # then
    assert store.queued_count("default") == 0


def test_files_are_counted_once_a_minute(settings, monkeypatch):
    # given
    counts = []
    monkeypatch.setattr(quota.Artifacts, "nbytes", lambda _: counts.append(1) or 5)

    # when
    for _ in range(10):
        require_room(settings)

    # then
    assert len(counts) == 1


def test_files_that_are_elsewhere_are_not_counted(settings):
    # when / then
    require_room(settings.model_copy(update={"artifacts_url": "memory://models", "max_artifact_bytes": 1}))
