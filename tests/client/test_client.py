"""The clients over a fake transport: what is repeated, what is kept, what is raised."""

import asyncio
import json

import httpx
import pytest
import stamina

from satnet import AsyncClient, Client
from satnet.client import APIConnectionError, APIStatusError, WaitTimeout
from satnet.spec import parse_spec

SPEC = {
    "dataset": {"name": "digits"},
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}],
}
RECORD = {
    "epoch": 0,
    "train": {"loss": 1.5},
    "layers": [{"name": "dense_1", "gate": 0.5}, {"name": "dense_2"}],
}


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=4):
        yield


def document(status="succeeded", **more):
    over = status in ("succeeded", "failed", "cancelled")
    return {"id": "exp_1", "status": status, "is_terminal": over, "findings": [], **more}


class Script:
    """Answers in turn; an exception is raised. Keeps every request."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(script):
    return Client("http://satnet.test", transport=httpx.MockTransport(script))


def test_create_keeps_one_key_over_cut_connections_and_busy_answers():
    # given
    script = Script(httpx.ConnectError("cut"), httpx.Response(503), httpx.Response(202, json=document("queued")))

    # when
    with client(script) as satnet:
        experiment = satnet.experiments.create(SPEC)

    # then
    assert experiment.status == "queued"
    assert len(script.requests) == 3
    assert len({request.headers["Idempotency-Key"] for request in script.requests}) == 1
    assert {request.content for request in script.requests} == {json.dumps(SPEC, separators=(",", ":")).encode()}


def test_create_takes_a_spec_object_and_a_file(tmp_path):
    # given
    script = Script(*[httpx.Response(202, json=document("queued")) for _ in range(2)])
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))

    # when
    with client(script) as satnet:
        satnet.experiments.create(parse_spec(SPEC))
        satnet.experiments.create(tmp_path / "spec.json")
        with pytest.raises(TypeError, match="got int"):
            satnet.experiments.create(5)

    # then
    assert json.loads(script.requests[0].content)["training"]["batch_size"] == 32
    assert json.loads(script.requests[1].content) == SPEC


def test_a_service_that_stays_away_is_a_connection_error():
    # given
    script = Script(*[httpx.ConnectError("refused")] * 4)

    # when / then
    with client(script) as satnet, pytest.raises(APIConnectionError, match="cannot be reached"):
        satnet.experiments.get("exp_1")
    assert script.answers == []


def test_a_problem_names_its_fields_and_is_not_repeated():
    # given
    problem = {
        "detail": "no",
        "code": "invalid_spec",
        "errors": [{"pointer": "#/layers/0/units", "detail": "too few"}],
    }
    script = Script(
        httpx.Response(422, json=problem, headers={"content-type": "application/problem+json"}),
    )

    # when
    with client(script) as satnet, pytest.raises(APIStatusError) as caught:
        satnet.experiments.create(SPEC)

    # then
    assert (caught.value.status, caught.value.code) == (422, "invalid_spec")
    assert "#/layers/0/units: too few" in str(caught.value)


def test_wait_polls_with_the_version_it_knows_until_the_end():
    # given
    script = Script(
        httpx.Response(200, json=document("running"), headers={"ETag": '"1"'}),
        httpx.Response(304),
        httpx.Response(200, json=document(), headers={"ETag": '"2"'}),
    )
    seen = []

    # when
    with client(script) as satnet:
        ended = satnet.experiments.wait("exp_1", on_update=lambda one: seen.append(one["status"]))

    # then
    assert ended["status"] == "succeeded"
    assert seen == ["running", "running", "succeeded"]
    assert script.requests[1].headers["If-None-Match"] == '"1"'
    assert script.requests[1].headers["Prefer"] == "wait=20"


def test_wait_gives_up_in_time():
    # given
    script = Script(httpx.Response(200, json=document("running")))

    # when / then
    with client(script) as satnet, pytest.raises(WaitTimeout, match="exp_1 is running"):
        satnet.experiments.wait("exp_1", timeout=0)


def test_list_follows_the_cursor():
    # given
    script = Script(
        httpx.Response(200, json={"data": [document()], "has_more": True, "next": "c1"}),
        httpx.Response(200, json={"data": [document()], "has_more": False, "next": None}),
    )

    # when
    with client(script) as satnet:
        found = list(satnet.experiments.list(status="succeeded"))

    # then
    assert len(found) == 2
    assert script.requests[1].url.params["after"] == "c1"


def test_epochs_come_as_a_data_frame_and_as_csv():
    # given
    script = Script(httpx.Response(200, json={"data": [RECORD]}))

    # when
    with client(script) as satnet:
        epochs = satnet.experiments.epochs("exp_1")

    # then
    frame = epochs.to_pandas()
    assert list(frame["layer.name"]) == ["dense_1", "dense_2"]
    assert frame["train.loss"].tolist() == [1.5, 1.5]
    assert epochs.to_csv().splitlines()[0] == "epoch,train.loss,layer.name,layer.gate"


def test_predictions_of_a_data_frames_rows_name_the_classes():
    # given
    pandas = pytest.importorskip("pandas")
    answer = {"predictions": [[0.9, 0.1], [0.2, 0.8]], "classes": ["no", "yes"], "labels": ["no", "yes"]}
    script = Script(httpx.Response(200, json=answer))

    # when
    with client(script) as satnet:
        frame = pandas.DataFrame({"age": [3, 4], "city": ["Ulm", None], "size": [0.5, float("nan")]})
        predictions = satnet.experiments.predict("exp_1", frame)

    # then
    sent = [{"age": 3, "city": "Ulm", "size": 0.5}, {"age": 4, "city": None, "size": None}]
    assert json.loads(script.requests[0].content) == {"instances": sent}
    assert predictions == answer["predictions"]
    assert (predictions.classes, predictions.labels) == (["no", "yes"], ["no", "yes"])


def test_asyncio_client_creates_waits_and_lists():
    # given
    script = Script(
        httpx.ConnectError("cut"),
        httpx.Response(202, json=document("queued"), headers={"ETag": '"1"'}),
        httpx.Response(200, json=document("running"), headers={"ETag": '"2"'}),
        httpx.Response(200, json=document(), headers={"ETag": '"3"'}),
        httpx.Response(200, json={"data": [RECORD]}),
        httpx.Response(200, json={"data": [document()], "has_more": False, "next": None}),
    )

    async def session():
        async with AsyncClient("http://satnet.test", transport=httpx.MockTransport(script)) as satnet:
            experiment = await satnet.experiments.create(SPEC)
            ended = await experiment.wait()
            return ended, await ended.epochs(), [one async for one in satnet.experiments.list()]

    # when
    ended, epochs, found = asyncio.run(session())

    # then
    assert ended.status == "succeeded"
    assert epochs == [RECORD]
    assert len(found) == 1
    assert script.requests[0].headers["Idempotency-Key"] == script.requests[1].headers["Idempotency-Key"]


def test_asyncio_sweep_waits_ranks_and_lists_trials():
    # given
    running = {"id": "swp_1", "status": "running", "is_terminal": False}
    script = Script(
        httpx.Response(202, json=running),
        httpx.Response(200, json=running),
        httpx.Response(200, json=running | {"status": "succeeded", "is_terminal": True}),
        httpx.Response(200, json={"verdict": "winner"}),
        httpx.Response(200, json={"data": [{"point": 0}]}),
    )
    seen = []

    async def noted(sweep):
        seen.append(sweep.status)

    async def session():
        async with AsyncClient("http://satnet.test", transport=httpx.MockTransport(script)) as satnet:
            sweep = await (await satnet.sweeps.create({"base": SPEC})).wait(on_update=noted)
            return sweep, await sweep.ranking(), await sweep.trials(sort="-value")

    # when
    sweep, ranking, trials = asyncio.run(session())

    # then
    assert (sweep.status, sweep.document["id"]) == ("succeeded", "swp_1")
    assert seen == ["running", "succeeded"]
    assert ranking["verdict"] == "winner"
    assert trials == [{"point": 0}]
    assert script.requests[-1].url.params["sort"] == "-value"


def test_asyncio_finding_submits_its_remedy_and_epochs_ask_for_units():
    # given
    finding = {"id": "bad_start", "rule": "bad_start", "remedies": []}
    healed = document("queued", parent={"role": "remedy"})
    script = Script(
        httpx.Response(200, json={**document(), "findings": [finding]}),
        httpx.Response(202, json={"data": [healed], "baselines": []}),
        httpx.Response(200, json={"data": [RECORD]}),
        httpx.Response(200, json={"epoch": 0, "fold": None, "layers": {}}),
    )

    async def session():
        async with AsyncClient("http://satnet.test", transport=httpx.MockTransport(script)) as satnet:
            experiment = await satnet.experiments.get("exp_1")
            submitted = await experiment.findings[0].remedy()
            epochs = await experiment.epochs()
            return submitted, await epochs.units("dense_1")

    # when
    submitted, units = asyncio.run(session())

    # then
    assert submitted.status == "queued"
    assert json.loads(script.requests[1].content) == {"remedy": 0, "repeats": 1}
    assert units["layers"] == {}
    assert script.requests[3].url.params["layer"] == "dense_1"


def test_events_are_read_on_from_the_last_one():
    # given
    script = Script(
        httpx.Response(200, json={"data": [{"id": "1-0"}, {"id": "2-0"}], "has_more": True}),
        httpx.Response(200, json={"data": [], "has_more": False}),
    )

    # when
    with client(script) as satnet:
        events = list(satnet.experiments.events("exp_1"))

    # then
    assert [one["id"] for one in events] == ["1-0", "2-0"]
    assert script.requests[1].url.params["after"] == "2-0"


def test_a_query_in_the_path_is_kept():
    # given
    script = Script(httpx.Response(200, json={}))

    # when
    with client(script) as satnet:
        satnet.request("GET", "/v1/experiments?limit=1")

    # then
    assert script.requests[0].url.query == b"limit=1"
