"""Models are kept loaded within a bound, and requests for one model share a batch; without Keras where that will do."""

from types import SimpleNamespace

import numpy as np
import pytest

from satnet.errors import NotFound
from satnet.service.artifacts import Artifacts, model_name
from satnet.training.export import SavedModel
from worker.models import Models
from worker.predict import answers


class Doubling:
    """Stands for a Keras model: two numbers in, twice as much out."""

    input_shape = (None, 2)
    layers = ()

    def __init__(self):
        self.batches = []

    def predict_on_batch(self, rows):
        self.batches.append(len(rows))
        return 2 * rows


def request(name, instances):
    return {"id": name, "experiment": "exp_a", "sha256": "a", "instances": instances}


def test_requests_for_one_model_share_a_batch_and_a_bad_one_is_refused_alone():
    # given
    model = Doubling()
    models = SimpleNamespace(get=lambda *_: SavedModel(model))
    requests = [request("one", [[1, 2], [3, 4]]), request("bad", [[1, 2, 3]]), request("two", [[5, 6]])]

    # when
    replies = answers(models, requests)

    # then
    assert replies["one"] == {"predictions": [[2, 4], [6, 8]]}
    assert replies["two"] == {"predictions": [[10, 12]]}
    assert (replies["bad"]["code"], "[2]" in replies["bad"]["error"]) == ("bad_request", True)
    assert model.batches == [3]


def test_many_rows_are_computed_in_batches_of_bounded_bytes(monkeypatch):
    # given
    monkeypatch.setattr("satnet.training.export._BATCH_BYTES", 80)  # ten rows of two numbers
    model = Doubling()
    rows = np.arange(46.0).reshape(23, 2)

    # when
    replies = answers(SimpleNamespace(get=lambda *_: SavedModel(model)), [request("one", rows.tolist())])

    # then
    assert np.array_equal(replies["one"]["predictions"], 2 * rows)
    assert model.batches == [10, 10, 3]


@pytest.fixture
def models(tmp_path):
    """Files of ten bytes each, room for two, what was loaded, and their hashes."""
    artifacts, loaded, hashes = Artifacts(str(tmp_path)), [], {}
    for name in "abc":
        hashes[name] = artifacts.write(model_name(name), name.encode() * 10)["sha256"]

    def load(path):
        loaded.append(path.read_text()[0])
        return loaded[-1]

    return Models(artifacts, load, 25), loaded, hashes


def test_the_models_used_last_stay_loaded(models):
    # given
    kept, loaded, hashes = models

    # when
    for name in "abacab":
        assert kept.get(name, hashes[name]) == name

    # then b had to go for c, and c for b
    assert loaded == ["a", "b", "c", "b"]


def test_a_model_larger_than_the_bound_is_loaded_each_time(tmp_path):
    # given
    artifacts, loaded = Artifacts(str(tmp_path)), []
    sha256 = artifacts.write(model_name("a"), b"x" * 30)["sha256"]
    kept = Models(artifacts, loaded.append, 25)

    # when
    for _ in range(2):
        kept.get("a", sha256)

    # then
    assert len(loaded) == 2


def test_a_model_without_a_file_is_not_found():
    # given
    class Empty:
        def get(self, *_):
            raise NotFound("there is no artifact")

    # when / then
    assert answers(Empty(), [request("one", [[1, 2]])])["one"]["code"] == "not_found"


def test_a_model_that_was_replaced_is_not_loaded(tmp_path):
    # given
    artifacts, loaded = Artifacts(str(tmp_path)), []
    stored = artifacts.write(model_name("exp_a"), b"weights")
    artifacts.write(model_name("exp_a"), b"somebody else's")
    models = Models(artifacts, loaded.append, 1000)

    # when
    replies = answers(models, [request("one", [[1, 2]]) | {"sha256": stored["sha256"]}])

    # then
    assert replies["one"]["code"] == "damaged_artifact"
    assert "SHA-256 does not match" in replies["one"]["error"]
    assert loaded == []
