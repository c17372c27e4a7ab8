"""One call for every status with which each operation can succeed, against real training in this process."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi.testclient import TestClient

from satnet import presets
from satnet.store import Store
from tests.api.test_external import BODY as EXTERNAL

WORKER = "wrk_trainer-1_0"
SEEN = {"kind": "cpu", "gpu": None, "host": "trainer-1", "queues": ["default"], "pid": 4711, "threads": 2, "warm": True}
SPEC = presets.load("saturated-digits") | {
    "name": "saturated tanh",
    "labels": {"course": "deep-learning"},
    "training": {"epochs": 3, "batch_size": 16},
}
SWEEP = {
    "name": "which learning rate?",
    "base": presets.load("healthy-digits")
    | {"dataset": {"name": "digits", "validation_fraction": 0.2}, "training": {"epochs": 2, "batch_size": 32}}
    | {"optimizer": {"name": "sgd", "learning_rate": 0.01}}
    | {
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 8, "activation": "relu"},
            {"type": "dense", "units": 10, "activation": "softmax"},
        ]
    },
    "parameters": {"/optimizer/learning_rate": [0.1, 0.01, 1e30]},
    "repeats": 2,
    "objective": {"metric": "validation.accuracy", "mode": "max"},
}


@dataclass
class Step:
    """A call and what came of it."""

    operation_id: str
    body: Any
    response: httpx.Response


class Walk:
    """Calls operations by their ids; `steps` is what was called."""

    def __init__(self, http: TestClient, store: Store, work: Callable[[], object]) -> None:
        self._http, self._store, self._work = http, store, work
        self._routes = {
            operation["operationId"]: (method, path)
            for path, item in http.get("/openapi.json").json()["paths"].items()
            for method, operation in item.items()
        }
        self.steps: list[Step] = []
        self._records: list[dict[str, Any]] = []

    def call(self, operation_id: str, *, json: Any = None, headers: Any = None, query: str = "", **path: str) -> Any:
        method, template = self._routes[operation_id]
        address = template.format(**path) + query
        response = self._http.request(method, address, json=json, headers=headers, follow_redirects=False)
        self.steps.append(Step(operation_id, json, response))
        return response.json() if "json" in response.headers.get("content-type", "") else response

    def everything(self) -> list[Step]:
        self._store.worker_seen(WORKER, SEEN)
        self._catalogue()
        self._experiment()
        self._stopped()
        self._external()
        self._sweep()
        self._keys()
        return self.steps

    def _keys(self) -> None:
        """The last: once there is a key, every call needs one."""
        created = self.call("create_api_key", json={"name": "operator", "scopes": ["admin"]})
        headers = {"Authorization": f"Bearer {created['key']}"}
        self.call("list_api_keys", headers=headers)
        self.call("revoke_api_key", headers=headers, key_id=created["id"])

    def _catalogue(self) -> None:
        self.call("get_home", headers={"Accept": "application/json"})
        self.call("get_home", headers={"Accept": "text/html"})
        for operation_id in ("get_liveness", "get_readiness", "get_version", "list_datasets", "list_presets"):
            self.call(operation_id)
        self.call("get_preset", name="digits-best")
        self.call("get_schema", kind="experiment")
        self.call("list_workers")

    def _experiment(self) -> None:
        self.call("create_experiment", json=SPEC, query="?dry_run=true")
        headers = {"Idempotency-Key": "saturated-tanh-1", "Prefer": "wait=0.2"}
        mine = {"experiment_id": self.call("create_experiment", json=SPEC, headers=headers)["id"]}
        self.call("get_queue")
        queued = self.steps[-2].response.headers["ETag"]
        self.call("get_experiment", headers={"If-None-Match": queued}, **mine)
        self._work()
        self.call("get_experiment", **mine)
        etag = self.steps[-1].response.headers["ETag"]
        self.call("get_experiment", headers={"If-None-Match": etag}, **mine)
        self.call("list_experiments", query="?status=succeeded&limit=2")
        self.call("update_experiment", json={"name": "saturated", "labels": {"course": "dl"}}, **mine)
        self._results(mine)
        finding = "saturated_at_start:dense_1"
        answer = self.call("submit_remedy", json={"remedy": 0, "repeats": 2}, finding=finding, **mine)
        patch = [{"op": "replace", "path": "/layers/1/kernel_initializer", "value": "glorot_uniform"}]
        self.call("clone_experiment", json={"patch": patch}, **mine)
        self._work()
        self.call("compare_experiments", query="?" + answer["links"]["compare"].partition("?")[2])

    def _results(self, mine: dict[str, str]) -> None:
        self._records = self.call("list_epochs", **mine)["data"][:2]
        self.call("list_epochs", query="?format=csv", **mine)
        self.call("get_units", query="?layer=dense_1", **mine)
        self.call("list_events", **mine)
        self.call("list_events", headers={"Accept": "text/event-stream"}, **mine)
        self.call("list_findings", **mine)
        self.call("get_script", **mine)
        self.call("get_model", **mine)
        etag = self.steps[-1].response.headers["ETag"]
        self.call("get_model", headers={"If-None-Match": etag}, **mine)
        self.call("get_model", headers={"Range": "bytes=0-99", "If-Range": etag}, **mine)
        self.call("predict_rows", json={"instances": [[[0.0] * 8] * 8]}, **mine)

    def _stopped(self) -> None:
        mine = {"experiment_id": self.call("create_experiment", json=SPEC)["id"]}
        self.call("get_experiment", **mine)
        self.call("update_experiment", json={"priority": 1}, **mine)
        for verb in ("pause", "resume", "cancel", "cancel", "retry"):
            self.call(f"{verb}_experiment", **mine)
        self._store.claim(["default"], WORKER, "walk")
        self.call("pause_experiment", **mine)
        self.call("cancel_experiment", **mine)
        other = {"experiment_id": self.call("create_experiment", json=SPEC)["id"]}
        self.call("cancel_experiment", **other)
        self.call("delete_experiment", **other)

    def _external(self) -> None:
        mine = {"experiment_id": self.call("create_experiment", json=EXTERNAL)["id"]}
        self.call("add_epochs", json={"data": self._records, "end": "succeeded"}, **mine)

    def _sweep(self) -> None:
        self.call("create_sweep", json=SWEEP, query="?dry_run=true")
        mine = {"sweep_id": self.call("create_sweep", json=SWEEP)["id"]}
        for verb in ("pause", "resume", "cancel", "resume"):
            self.call(f"{verb}_sweep", **mine)
        self._work()
        self.call("get_sweep", **mine)
        self.call("list_sweeps")
        self.call("list_trials", **mine)
        self.call("list_trials", query="?format=csv", **mine)
        self.call("get_best", **mine)
        self.call("get_importance", **mine)
        self.call("rerun_failed_trials", **mine)
        self._work()
        self.call("cancel_sweep", **mine)


def refusals(http: TestClient) -> Iterator[tuple[str, httpx.Response]]:
    """One answer for each error status that needs no fault, with the operation that gave it."""
    json_type = {"content-type": "application/json"}
    running = http.post("/v1/experiments", json=SPEC).json()["id"]
    yield "list_experiments", http.get("/v1/experiments?colour=red")
    yield "list_experiments", http.get("/v1/experiments?limit=0")
    yield "get_experiment", http.get("/v1/experiments/exp_none")
    yield "delete_experiment", http.delete(f"/v1/experiments/{running}")
    yield "create_experiment", http.post("/v1/experiments", content=" " * 300_000, headers=json_type)
    yield "create_experiment", http.post("/v1/experiments", content="a=1", headers={"content-type": "text/plain"})
    yield "create_experiment", http.post("/v1/experiments", json=SPEC | {"loss": "mse"})
    yield "predict_rows", http.post(f"/v1/experiments/{running}/predict", json={})
    admin = {"Authorization": f"Bearer {http.post('/v1/keys', json={'name': 'a', 'scopes': ['admin']}).json()['key']}"}
    reader = http.post("/v1/keys", json={"name": "b", "scopes": ["read"]}, headers=admin).json()["key"]
    yield "get_queue", http.get("/v1/queue")
    yield "list_api_keys", http.get("/v1/keys", headers={"Authorization": f"Bearer {reader}"})


def names() -> Callable[[], str]:
    """Worker names, each once."""
    numbers = itertools.count()
    return lambda: f"wrk_trainer-1_{next(numbers)}"
