"""Findings, remedies, clones, comparisons and artifacts over HTTP; experiments are really trained, in this process."""

import numpy as np
import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet import presets
from satnet.store import Store
from satnet.training.run import train
from worker.single import run_attempt

BRIEF = {"training": {"epochs": 3, "batch_size": 1}}


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def train_all(settings):
    """What a worker does, until the queue is empty."""
    store, number = Store(settings), 0
    while grant := store.claim(["default"], "w", f"n{number}-{id(store)}"):
        assert run_attempt(store, settings, grant, train) in ("succeeded", "failed")
        number += 1
    store.close()
    return number


@pytest.fixture
def trained(http, settings):
    """A saturated experiment that has run."""
    spec = presets.load("saturated-digits") | BRIEF
    experiment_id = http.post("/v1/experiments", json=spec).json()["id"]
    assert train_all(settings) == 1
    return experiment_id


def test_static_findings_stand_in_the_dry_run_and_while_queued(http):
    # given
    spec = presets.load("saturated-digits")

    # when
    dry = http.post("/v1/experiments?dry_run=true", json=spec).json()["findings"]
    queued = http.post("/v1/experiments", json=spec).json()["findings"]

    # then
    assert [one["id"] for one in dry] == ["initializer_mismatch:dense_1", "validates_on_test"]
    assert queued == dry


def test_findings_and_units_of_a_trained_experiment(http, trained):
    # when
    findings = http.get(f"/v1/experiments/{trained}/findings").json()["data"]
    last = http.get(f"/v1/experiments/{trained}/units").json()
    first = http.get(f"/v1/experiments/{trained}/units?layer=dense_1&epoch=0").json()
    record = http.get(f"/v1/experiments/{trained}/epochs").json()["data"][0]["layers"][0]

    # then
    assert "saturated_at_start:dense_1" in [one["id"] for one in findings]
    assert findings == http.get(f"/v1/experiments/{trained}").json()["findings"]
    assert last["epoch"] == 3
    units = first["layers"]["dense_1"]
    assert len(units["saturated_low"]) == record["units"] == 25
    both = np.array(units["saturated_low"]) + np.array(units["saturated_high"])
    assert both.mean() == pytest.approx(record["saturated_fraction"], abs=1e-5)
    assert (both >= 0.99).mean() == pytest.approx(record["saturated_unit_fraction"])
    assert units["active"] is None
    assert http.get(f"/v1/experiments/{trained}/units?epoch=9").status_code == 404
    assert http.get(f"/v1/experiments/{trained}/units?layer=dense_7").json()["detail"].endswith("it has dense_1")


def test_a_remedy_is_posted_back_trained_and_judged(http, settings):
    # given
    trained = http.post("/v1/experiments", json=presets.load("saturated-digits")).json()["id"]
    assert train_all(settings) == 1

    # when
    path = f"/v1/experiments/{trained}/findings/saturated_at_start:dense_1/remedy"
    answer = http.post(path, json={"remedy": 0, "repeats": 4})
    assert train_all(settings) == 7
    content = answer.json()
    compared = http.get(content["links"]["compare"]).json()

    # then four patched runs, and three more of the original with the new seeds
    assert answer.status_code == 202
    assert answer.headers["Location"].endswith(content["data"][0]["id"])
    assert [len(content["data"]), len(content["baselines"])] == [4, 3]
    child = content["data"][0]
    assert child["parent"]["experiment"] == trained
    assert child["spec"]["layers"][1]["kernel_initializer"] == "glorot_uniform"
    assert child["seed"] == compared["experiments"][0]["seed"]
    assert [row["pointer"] for row in compared["differences"]][0] == "/layers/1/kernel_initializer"
    verdict = compared["verdict"]
    assert verdict["verdict"] == "helped"
    assert (verdict["finding_gone"], verdict["numbers"]["pairs"]) == (4, 4)
    assert verdict["numbers"]["interval"][0] > 0
    assert compared["series"]["epochs"] == list(range(16))
    assert compared["series"]["saturated_fraction"][0][0] > 0.5 > compared["series"]["saturated_fraction"][1][0]


def test_remedies_that_are_not_there_are_refused(http, trained):
    # given
    base = f"/v1/experiments/{trained}/findings"

    # when / then
    assert http.post(f"{base}/nonsense/remedy", json={}).status_code == 404
    far = http.post(f"{base}/validates_on_test/remedy", json={"remedy": 9})
    assert (far.status_code, far.json()["errors"][0]["pointer"]) == (422, "#/remedy")
    many = http.post(f"{base}/validates_on_test/remedy", json={"repeats": 99})
    assert many.json()["errors"][0]["pointer"] == "#/repeats"
    assert http.post(f"{base}/validates_on_test/remedy", json={"colour": 1}).status_code == 422


def test_a_remedy_with_a_key_is_submitted_once(http, trained):
    # given
    path, headers = f"/v1/experiments/{trained}/findings/validates_on_test/remedy", {"Idempotency-Key": "k"}

    # when
    first, second = (http.post(path, json={"repeats": 2}, headers=headers).json() for _ in range(2))

    # then
    assert [one["id"] for one in first["data"]] == [one["id"] for one in second["data"]]


def test_clone_applies_a_patch_and_refuses_a_bad_one(http, trained):
    # given
    path = f"/v1/experiments/{trained}/clone"

    # when
    good = http.post(path, json={"patch": [{"op": "replace", "path": "/training/epochs", "value": 7}]})
    lost = http.post(path, json={"patch": [{"op": "replace", "path": "/nowhere/x", "value": 7}]})
    wrong = http.post(path, json={"patch": [{"op": "replace", "path": "/training/epochs", "value": 0}]})

    # then
    assert (good.status_code, good.json()["spec"]["training"]["epochs"]) == (202, 7)
    assert good.json()["parent"] | {"patch": 0} == {"experiment": trained, "role": "clone", "patch": 0}
    assert lost.json()["errors"][0]["pointer"] == "#/patch/0"
    assert wrong.json()["errors"][0]["pointer"] == "#/training/epochs"
    assert http.post(path, json={"patch": 5}).status_code == 400
    assert http.post(path, json={}).status_code == 202


@pytest.mark.parametrize("ids", ["{0}", "{0},{0}", "{0},exp_none", ""])
def test_compare_needs_two_different_experiments(http, trained, ids):
    # when / then
    assert http.get(f"/v1/compare?ids={ids.format(trained)}").status_code in (400, 404)


@pytest.mark.usefixtures("prediction_worker")
def test_the_model_takes_raw_rows_and_predicts_them(http, settings, trained, tmp_path):
    # given
    import keras
    from sklearn.datasets import load_digits

    Store(settings).worker_seen("w", {"queues": ["default"], "kind": "cpu"})
    rows = load_digits().images[:4]

    # when
    answer = http.post(f"/v1/experiments/{trained}/predict", json={"instances": rows.tolist()})
    (tmp_path / "m.keras").write_bytes(http.get(f"/v1/experiments/{trained}/model").content)

    # then
    assert answer.status_code == 200
    expected = keras.models.load_model(tmp_path / "m.keras").predict(rows.astype("float32"), verbose=0)
    assert np.array(answer.json()["predictions"]) == pytest.approx(expected, rel=1e-5)
    short = http.post(f"/v1/experiments/{trained}/predict", json={"instances": [[1, 2]]})
    assert short.status_code == 400
    assert "[8, 8]" in short.json()["detail"]


def test_predictions_need_a_worker_and_a_finished_experiment(http, trained):
    # given
    waiting = http.post("/v1/experiments", json=presets.load("healthy-digits")).json()["id"]

    # when / then
    body = {"instances": [[0.0] * 8] * 8}
    assert http.post(f"/v1/experiments/{waiting}/predict", json=body).status_code == 409
    answer = http.post(f"/v1/experiments/{trained}/predict", json=body)
    assert (answer.status_code, answer.json()["code"]) == (503, "worker_unavailable")
    assert answer.headers["Retry-After"]
    assert http.post(f"/v1/experiments/{trained}/predict", json={}).status_code == 400


def test_deleting_takes_the_model_along(http, trained, tmp_path):
    # given
    model = tmp_path / "artifacts" / "models" / f"{trained}.keras"
    assert model.exists()

    # when
    assert http.delete(f"/v1/experiments/{trained}").status_code == 204

    # then
    assert not model.exists()
    assert http.get(f"/v1/experiments/{trained}/model").status_code == 404


def test_the_script_is_served_as_a_program(http, trained):
    # when
    answer = http.get(f"/v1/experiments/{trained}/script")

    # then
    assert answer.headers["content-type"].startswith("text/x-python")
    compile(answer.text, "script.py", "exec")
