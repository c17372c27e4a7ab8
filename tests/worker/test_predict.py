"""A prediction loads the model that was stored, and no other file."""

import pytest

from satnet.service.artifacts import Artifacts, model_name
from satnet.training import export
from worker.predict import answer


@pytest.fixture
def loaded(monkeypatch):
    """The models that were loaded."""
    models = []

    def predict(path, instances):
        models.append(path.read_bytes())
        return instances

    monkeypatch.setattr(export, "predict", predict)
    return models


def test_a_model_that_was_replaced_is_not_loaded(tmp_path, loaded):
    # given
    artifacts = Artifacts(str(tmp_path))
    stored = artifacts.write(model_name("exp_1"), b"weights")
    artifacts.write(model_name("exp_1"), b"somebody else's")

    # when
    reply = answer(artifacts, "exp_1", stored["sha256"], [[1.0]])

    # then
    assert reply["code"] == "damaged_artifact"
    assert "SHA-256 does not match" in reply["error"]
    assert loaded == []


def test_a_model_that_is_as_stored_is_loaded(tmp_path, loaded):
    # given
    artifacts = Artifacts(str(tmp_path))
    stored = artifacts.write(model_name("exp_1"), b"weights")

    # when
    reply = answer(artifacts, "exp_1", stored["sha256"], [[1.0]])

    # then
    assert reply == {"predictions": [[1.0]]}
    assert loaded == [b"weights"]
