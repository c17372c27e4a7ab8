"""The application in this process, and what each of its answers has to be."""

import json
from typing import Any

import redis
from fastapi.testclient import TestClient

from api.main import create_app
from satnet import presets
from satnet.settings import Settings
from tests.api.test_external import BODY as EXTERNAL

ADDRESSES = {
    "experiment": ("POST", "/v1/experiments"),
    "external": ("POST", "/v1/experiments"),
    "sweep": ("POST", "/v1/sweeps"),
    "change": ("PATCH", "/v1/experiments/{experiment}"),
    "clone": ("POST", "/v1/experiments/{experiment}/clone"),
    "epochs": ("POST", "/v1/experiments/{external}/epochs"),
    "predict": ("POST", "/v1/experiments/{experiment}/predict"),
    "remedy": ("POST", "/v1/experiments/{experiment}/findings/{finding}/remedy"),
    "key": ("POST", "/v1/keys"),
}
_HEADERS = {"content-type": "application/json"}
_EVERY = 200  # requests after which the store is emptied


class Service:
    """Sends bodies; `accepted` are specs that a dry run found valid."""

    def __init__(self, settings: Settings) -> None:
        settings = settings.model_copy(update={"auth": "off", "allowed_hosts": ("testserver",)})
        self._app = create_app(settings)
        self._redis = redis.Redis.from_url(settings.redis_url)
        self._document = self._app.openapi()
        self.http = TestClient(self._app)
        self.accepted: list[dict[str, Any]] = []
        self.sent = 0
        self._ids: dict[str, str] = {}

    def send(self, kind: str, body: bytes) -> int:
        """The status. Raises what the application raises, and AssertionError for an answer that no client expects."""
        if self.sent % _EVERY == 0:
            self._prepare()
        self.sent += 1
        method, template = ADDRESSES[kind]
        dry = kind in ("experiment", "sweep") and self.sent % 2 == 0
        answer = self.http.request(
            method,
            template.format(**self._ids),
            params={"dry_run": "true"} if dry else None,
            content=body,
            headers=_HEADERS,
        )
        self._check(answer, method, template, body)
        if dry and kind == "experiment" and answer.status_code == 200:
            self.accepted.append(answer.json()["spec"])
        return answer.status_code

    def _prepare(self) -> None:
        self._redis.flushdb()
        spec = presets.load("saturated-digits")
        document = self.http.post("/v1/experiments", json=spec).json()
        self._ids = {
            "experiment": document["id"],
            "finding": document["findings"][0]["id"],
            "external": self.http.post("/v1/experiments", json=EXTERNAL).json()["id"],
        }

    def _check(self, answer: Any, method: str, template: str, body: bytes) -> None:
        known = self._document["paths"][_documented(template)][method.lower()]["responses"]
        about = f"{method} {template} answered {answer.status_code} to {body[:2000]!r}: {answer.text[:500]}"
        if answer.status_code >= 500 or str(answer.status_code) not in known:
            raise AssertionError(about)
        content = json.loads(answer.content, parse_constant=_refuse) if answer.content else None
        problem = answer.headers["content-type"] == "application/problem+json"
        if problem != (answer.status_code >= 400) or (problem and content["status"] != answer.status_code):
            raise AssertionError(about)
        if len(answer.content) > 20 * len(body) + 200_000:
            raise AssertionError(f"{len(answer.content)} bytes answered to {len(body)}: {body[:200]!r}")


def _documented(template: str) -> str:
    return template.replace("{experiment}", "{experiment_id}").replace("{external}", "{experiment_id}")


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} in an answer")
