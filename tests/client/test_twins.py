"""Both clients offer the same methods, send the same requests, and leave out no route of the API."""

import asyncio
import inspect
import re

import httpx
import pytest
import stamina

from api.main import create_app
from satnet import AsyncClient, Client
from satnet.client.aio.datasets import AsyncDatasets
from satnet.client.aio.experiments import AsyncExperiment, AsyncExperiments
from satnet.client.aio.keys import AsyncKeys
from satnet.client.aio.sweeps import AsyncSweep, AsyncSweeps
from satnet.client.datasets import Datasets
from satnet.client.experiments import Experiment, Experiments
from satnet.client.keys import Keys
from satnet.client.sweeps import Sweep, Sweeps

TWINS = [
    (Client, AsyncClient),
    (Datasets, AsyncDatasets),
    (Experiment, AsyncExperiment),
    (Experiments, AsyncExperiments),
    (Keys, AsyncKeys),
    (Sweep, AsyncSweep),
    (Sweeps, AsyncSweeps),
]
WITHOUT_METHOD = {
    ("get", "/"),  # for browsers
    ("get", "/healthz"),  # the rest is for load balancers and monitoring: they ask once, and a client repeats
    ("get", "/readyz"),
    ("get", "/version"),
}
ARGUMENTS = {  # by the name of the parameter
    "changes": {"name": "renamed"},
    "experiment_id": "exp_1",
    "experiment_ids": ("exp_1", "exp_2"),
    "finding": "dead_units:dense_1",
    "instances": [[1.0, 2.0]],
    "key_id": "key_1",
    "kind": "sweep",
    "name": "healthy-digits",
    "patch": [{"op": "remove", "path": "/name"}],
    "query": {"limit": 5},
    "records": [{"epoch": 0}],
    "spec": {"layers": []},
    "sweep_id": "swp_1",
}
ANSWER = {
    "id": "exp_1",
    "status": "succeeded",
    "is_terminal": True,
    "data": [{"id": "exp_1"}],
    "baselines": [],
    "has_more": False,
    "next": None,
    "predictions": [1.0],
}


def public(kind):
    """Methods and properties of a class and of what it inherits from satnet."""
    own = [one for one in kind.__mro__ if one.__module__.startswith("satnet.")]
    return {name: value for one in reversed(own) for name, value in vars(one).items() if not name.startswith("_")}


def parameters(value):
    """Name, kind, default and annotation of each; none of a property."""
    if isinstance(value, property):
        return []
    listed = inspect.signature(value).parameters.values()
    return [(one.name, one.kind, one.default, plain(one.annotation)) for one in listed if one.name != "self"]


def plain(annotation):
    """An annotation's text, of either client."""
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    text = text.replace("Async", "").replace(".aio", "")
    return re.sub(r"(typing|collections\.abc)\.Awaitable\[(\w+)\] \| None", r"\2", text)


def calls(client):
    """Name -> method, of the client and of its resources."""
    owners = {
        "": client,
        "experiments.": client.experiments,
        "sweeps.": client.sweeps,
        "datasets.": client.datasets,
        "keys.": client.keys,
    }
    methods = {prefix + name: getattr(owner, name) for prefix, owner in owners.items() for name in public(type(owner))}
    return {name: method for name, method in methods.items() if name not in ("close", "request")}


def called(method, folder):
    """The method's result with an argument for each parameter that needs one."""
    positional, named = [], {}
    for one in inspect.signature(method).parameters.values():
        if one.kind is one.VAR_POSITIONAL:
            positional += ARGUMENTS[one.name]
        elif one.kind is one.VAR_KEYWORD:
            named |= ARGUMENTS[one.name]
        elif one.name == "path":
            named["path"] = folder / "model.keras"
        elif one.default is one.empty:
            named[one.name] = ARGUMENTS[one.name]
    return method(*positional, **named)


class Recorder:
    """Answers everything alike and notes what was asked."""

    def __init__(self):
        self.requests = []

    def __call__(self, request):
        headers = {name: request.headers.get(name) for name in ("Prefer", "If-None-Match")}
        keyed = "Idempotency-Key" in request.headers
        self.requests.append((request.method.lower(), str(request.url), request.content, headers, keyed))
        return httpx.Response(200, json=ANSWER)


def sync_requests(folder):
    """Name -> what the method asks."""
    recorder, asked = Recorder(), {}
    with Client("http://satnet.test", transport=httpx.MockTransport(recorder)) as client:
        for name, method in calls(client).items():
            result = called(method, folder)
            if inspect.isgenerator(result):
                list(result)
            asked[name], recorder.requests = recorder.requests, []
    return asked


async def async_requests(folder):
    """Name -> what the method asks."""
    recorder, asked = Recorder(), {}
    async with AsyncClient("http://satnet.test", transport=httpx.MockTransport(recorder)) as client:
        for name, method in calls(client).items():
            result = called(method, folder)
            if inspect.isasyncgen(result):
                [one async for one in result]
            else:
                await result
            asked[name], recorder.requests = recorder.requests, []
    return asked


@pytest.mark.parametrize(("one", "other"), TWINS, ids=lambda kind: kind.__name__)
def test_twins_have_the_same_methods_with_the_same_parameters(one, other):
    # when
    mine, theirs = public(one), public(other)

    # then
    assert mine.keys() == theirs.keys()
    for name, method in mine.items():
        assert parameters(method) == parameters(theirs[name]), name


def test_twins_send_the_same_requests(tmp_path):
    # when
    with stamina.set_testing(True, attempts=1):
        mine, theirs = sync_requests(tmp_path), asyncio.run(async_requests(tmp_path))

    # then
    assert mine == theirs
    assert all(mine.values())


def test_every_route_has_a_method(tmp_path):
    # given the routes of the API
    routes = {(verb, path) for path, item in create_app().openapi()["paths"].items() for verb in item}
    patterns = {(verb, path): re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$") for verb, path in routes}

    # when
    asked = [one for requests in sync_requests(tmp_path).values() for one in requests]
    paths = {(verb, httpx.URL(url).path) for verb, url, *_ in asked}

    # then
    reached = {
        route for route, pattern in patterns.items() if any(v == route[0] and pattern.match(p) for v, p in paths)
    }
    assert routes - reached == WITHOUT_METHOD
