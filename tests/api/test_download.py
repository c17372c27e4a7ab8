"""Models are sent from the disk: whole, in part, or not at all where the caller has them."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet.store import Store
from tests.service.finished import finished

CONTENT = bytes(range(256)) * 1000


@pytest.fixture(params=["directory", "elsewhere"])
def place(request, settings, tmp_path):
    if request.param == "directory":
        return settings
    return settings.model_copy(update={"artifacts_url": f"memory://{tmp_path}"})


@pytest.fixture
def http(place):
    with TestClient(create_app(place), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def model(place):
    store = Store(place)
    experiment_id, about = finished(store, place, CONTENT)
    store.close()
    return f"/v1/experiments/{experiment_id}/model", f'"{about["sha256"]}"'


def test_the_whole_file_comes_with_its_hash_as_etag(http, model):
    # when
    path, etag = model
    answer = http.get(path)

    # then
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["ETag"] == etag
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert http.get(path, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("place", ["directory"], indirect=True)
@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ({"Range": "bytes=1000-1003"}, 206, CONTENT[1000:1004]),
        ({"Range": "bytes=255000-"}, 206, CONTENT[255000:]),
        ({"Range": "bytes=-7"}, 206, CONTENT[-7:]),
        ({"Range": "bytes=0-9", "If-Range": '"of another file"'}, 200, CONTENT),
        ({"Range": "bytes=999999999-", "If-Range": '"of another file"'}, 200, CONTENT),
        ({"Range": "bytes=9-0"}, 200, CONTENT),
        ({"Range": "bytes=0-1,4-5"}, 200, CONTENT),
        ({"Range": "lines=1-2"}, 200, CONTENT),
        ({"Range": "x"}, 200, CONTENT),
    ],
)
def test_a_part_comes_where_one_is_asked_for(http, model, asked, status, content):
    # when
    answer = http.get(model[0], headers=asked)

    # then
    assert (answer.status_code, answer.content) == (status, content)


@pytest.mark.parametrize("place", ["directory"], indirect=True)
@pytest.mark.parametrize("asked", ["bytes=256000-", "bytes=256000-256001", "bytes=-0"])
def test_a_part_after_the_end_is_refused(http, model, asked):
    # when
    answer = http.get(model[0], headers={"Range": asked, "If-Range": model[1]})

    # then
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


def test_a_file_that_is_gone_is_not_found(http, model, place):
    # given
    from satnet.service.artifacts import Artifacts, model_name

    Artifacts(place.artifacts).delete(model_name(model[0].split("/")[3]))

    # when / then
    assert http.get(model[0]).status_code == 404
