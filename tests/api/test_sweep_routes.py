"""Sweeps over HTTP; trials are really trained, in this process."""

import itertools

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet import presets
from satnet.sweeps.parse import parse_sweep
from tests.sweeps.bodies import BASE, base, grid
from worker import tasks

NAMES = itertools.count()


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def work(settings, monkeypatch):
    """What a worker does until its queues are empty; how many it ran."""
    monkeypatch.setattr(tasks._tickets, "send", lambda _: None)
    return lambda: tasks.work(settings, f"w{next(NAMES)}", ["default"])


def test_a_sweep_is_trained_ranked_and_explained(http, work):
    # given
    body = grid(repeats=2, objective={"metric": "validation.accuracy", "at": "best"}, name="grid")

    # when
    answer = http.post("/v1/sweeps", json=body)
    sweep_id = answer.json()["id"]
    ran = work()
    told = http.get(answer.headers["Location"]).json()

    # then
    assert (answer.status_code, ran, told["status"]) == (202, 8, "succeeded")
    assert told["progress"] | {"eta_s": None} == told["progress"] | {"trials": 8, "succeeded": 8, "eta_s": None}
    rows = http.get(f"/v1/sweeps/{sweep_id}/trials?sort=-value").json()["data"]
    assert [row["value"] for row in rows] == sorted((row["value"] for row in rows), reverse=True)
    best = http.get(f"/v1/sweeps/{sweep_id}/best").json()
    mean = sum(row["value"] for row in rows if row["point"] == best["best"]["point"]) / 2
    assert best["best"]["value"] == pytest.approx(mean)
    assert best["verdict"] in ("winner", "no_difference_found")
    assert len(best["experiments"]) == 2
    shares = http.get(f"/v1/sweeps/{sweep_id}/importance").json()["data"]
    assert sum(one["importance"] for one in shares) == pytest.approx(1.0)
    experiment = http.get(f"/v1/experiments/{rows[0]['experiment']}").json()
    assert experiment["sweep"] == sweep_id
    assert experiment["environment"]["side_by_side"] == 4
    csv = http.get(f"/v1/sweeps/{sweep_id}/trials?format=csv").text.splitlines()
    assert len(csv) == 9
    assert "/optimizer/learning_rate" in csv[0]


def test_alone_where_it_is_switched_off(http, work):
    # when
    sweep_id = http.post("/v1/sweeps", json=grid(side_by_side=False)).json()["id"]
    work()

    # then
    found = http.get(f"/v1/experiments?sweep={sweep_id}&fields=environment").json()["data"]
    assert [one["environment"].get("side_by_side") for one in found] == 4 * [None]


def test_asha_ends_trials_and_says_so(http, work):
    # given
    rates = [0.3, 0.1, 0.03, 1e-5, 1e-6, 1e-7]
    asha = {"name": "asha", "min_epochs": 1, "reduction_factor": 2}
    body = grid(base=base(training={"epochs": 4, "batch_size": 32}, optimizer="sgd"), early_termination=asha)

    # when
    sweep_id = http.post("/v1/sweeps", json=body | {"parameters": {"/optimizer/learning_rate": rates}}).json()["id"]
    work()
    rows = http.get(f"/v1/sweeps/{sweep_id}/trials").json()["data"]

    # then
    ended = {row["parameters"]["/optimizer/learning_rate"]: row["stop_reason"] for row in rows}
    assert (ended[0.3], ended[1e-7]) == ("completed", "asha")
    assert http.get(f"/v1/sweeps/{sweep_id}").json()["progress"]["epochs"] < 24


def test_dry_run_counts_and_stores_nothing(http):
    # given
    body = grid(parameters={"/loss": ["categorical_crossentropy", "binary_crossentropy"]}, repeats=3)

    # when
    told = http.post("/v1/sweeps?dry_run=true", json=body).json()

    # then
    assert (told["points"], told["trials"], len(told["invalid"])) == (2, 3, 1)
    assert told["estimate"]["seconds"] > 0
    assert http.get("/v1/sweeps").json()["data"] == []


def test_a_point_that_needs_too_much_is_refused_alone(http):
    # given
    base = grid()["base"] | {"dataset": {"name": "gaussian", "classes": 3, "validation_fraction": 0.2}}
    base["layers"] = [{"type": "dense", "units": 3, "activation": "softmax"}]
    base["dataset"] |= {"features": 100_000, "samples": 100}
    body = grid(base=base, parameters={"/dataset/samples": [100, 1_000_000]}, repeats=1)

    # when
    dry = http.post("/v1/sweeps?dry_run=true", json=body).json()
    told = http.get(http.post("/v1/sweeps", json=body).headers["Location"]).json()
    none = http.post("/v1/sweeps", json=body | {"parameters": {"/dataset/samples": [1_000_000]}})

    # then
    assert [(one["parameters"], one["errors"][0]["code"]) for one in dry["invalid"]] == [
        ({"/dataset/samples": 1_000_000}, "limit")
    ]
    assert told["progress"]["trials"] == 1
    assert (none.status_code, none.json()["errors"][0]["pointer"]) == (422, "#/parameters/~1dataset~1samples")


def test_a_sweep_of_no_valid_point_is_refused(http):
    # when
    body = grid(parameters={"/loss": ["binary_crossentropy"]})
    answer, dry = http.post("/v1/sweeps", json=body), http.post("/v1/sweeps?dry_run=true", json=body)

    # then
    assert (answer.status_code, answer.json()["errors"]) == (dry.status_code, dry.json()["errors"])
    told = answer.json()["errors"][0]
    assert (answer.status_code, told["pointer"]) == (422, "#/parameters/~1loss")
    assert "at /loss = binary_crossentropy" in told["detail"]
    assert http.get("/v1/sweeps").json()["data"] == []


def test_a_point_without_validation_rows_is_told_and_not_chosen_by_the_test_rows(http):
    # when
    body = grid(parameters={"/dataset/validation_fraction": [0, 0.3]})
    told = http.post("/v1/sweeps", json=body).json()

    # then
    assert (told["progress"]["invalid_points"], told["progress"]["queued"]) == (1, 1)
    rows = http.get(f"/v1/sweeps/{told['id']}/trials?status=invalid").json()["data"]
    assert rows[0]["errors"][0]["code"] == "no_validation_rows"


def test_the_same_key_is_the_same_sweep(http):
    # when
    first, second = (http.post("/v1/sweeps", json=grid(), headers={"Idempotency-Key": "k"}) for _ in range(2))
    other = http.post("/v1/sweeps", json=grid(repeats=2), headers={"Idempotency-Key": "k"})

    # then
    assert first.json()["id"] == second.json()["id"]
    assert other.status_code == 422
    assert len(http.get("/v1/experiments").json()["data"]) == 4


def test_stop_and_go_on(http, work):
    # given
    sweep_id = http.post("/v1/sweeps", json=grid()).json()["id"]
    here = f"/v1/sweeps/{sweep_id}"

    # when / then
    assert http.post(f"{here}/pause").json()["progress"]["paused"] == 4
    assert work() == 0
    assert http.post(f"{here}/rerun-failed").status_code == 409
    assert http.post(f"{here}/resume").json()["progress"]["queued"] == 4
    assert http.post(f"{here}/cancel").json()["progress"]["cancelled"] == 4
    assert http.post(f"{here}/cancel").status_code == 200
    assert http.post(f"{here}/pause").status_code == 409
    assert http.post(f"{here}/resume").status_code == 202
    assert work() == 4
    assert http.get(here).json()["status"] == "succeeded"
    assert http.post(f"{here}/rerun-failed").status_code == 409
    assert http.get("/v1/sweeps?status=succeeded").json()["data"][0]["id"] == sweep_id


def test_only_what_failed_is_rerun(http, work):
    # given one trial that diverges
    layers = [{"type": "flatten"}, {"type": "dense", "units": 8, "activation": "relu"}, BASE["layers"][2]]
    body = grid(base=base(optimizer="sgd", layers=layers), parameters={"/optimizer/learning_rate": [0.01, 1e30]})
    sweep_id = http.post("/v1/sweeps", json=body).json()["id"]
    work()
    rows = http.get(f"/v1/sweeps/{sweep_id}/trials").json()["data"]
    assert [row["status"] for row in rows] == ["succeeded", "failed"]
    assert rows[1]["reason"]["code"] == "non_finite_loss"

    # when
    again = http.post(f"/v1/sweeps/{sweep_id}/rerun-failed").json()["progress"]

    # then
    assert (again["queued"], again["succeeded"]) == (1, 1)
    assert work() == 1
    assert http.get(f"/v1/sweeps/{sweep_id}").json()["status"] == "succeeded"


@pytest.mark.parametrize("path", ["", "/trials", "/best", "/importance"])
def test_unknown_sweeps_are_not_found(http, path):
    # when / then
    assert http.get(f"/v1/sweeps/swp_0{path}").status_code == 404


@pytest.mark.parametrize("name", presets.sweep_names())
def test_sweeps_that_come_with_satnet_are_valid(name):
    # when
    sweep = parse_sweep(presets.load_sweep(name))

    # then
    assert sweep.repeats > 1
    assert sweep.points > 2
