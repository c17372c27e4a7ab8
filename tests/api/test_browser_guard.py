"""What a web page in somebody's browser could send is refused; what programs and the own page send is not."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet import presets

SPEC = presets.load("healthy-digits")
UNKNOWN = "exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD"
OWN = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
WRITES = [
    ("POST", "/v1/experiments"),
    ("POST", f"/v1/experiments/{UNKNOWN}/cancel"),
    ("POST", "/v1/sweeps"),
    ("PATCH", f"/v1/experiments/{UNKNOWN}"),
    ("DELETE", f"/v1/experiments/{UNKNOWN}"),
]
FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "null"},
    {"Origin": "http://testserver:3000"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://testserver@evil.example"},
    {"Origin": "ftp://testserver"},
    {"Origin": ""},
    OWN | {"Host": "rebind.evil.example"},
]


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def is_forbidden(answer, code):
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    return (answer.status_code, problem["code"]) == (403, code)


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/openapi.json", "/v1/experiments", "/nowhere"])
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.2", "localhost:8000@evil.example", "testserver:", ""]
)
def test_a_request_for_another_host_is_refused(http, path, host):
    # when / then
    assert is_forbidden(http.get(path, headers={"Host": host}), "unknown_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]", "[::1]:8000", "testserver:9"])
def test_own_names_are_served_with_any_port(http, host):
    # when / then
    assert http.get("/healthz", headers={"Host": host}).status_code == 200


def test_the_configured_host_and_further_names_are_served(settings):
    # given
    changes = {"host": "192.0.2.7", "allowed_hosts": ("satnet.example.org", "lab.example:8080")}
    http = TestClient(create_app(settings.model_copy(update=changes)))

    # when
    hosts = ["192.0.2.7:8000", "satnet.example.org", "satnet.example.org:444", "lab.example:8080", "lab.example"]
    statuses = {host: http.get("/healthz", headers={"Host": host}).status_code for host in [*hosts, "testserver"]}

    # then
    assert statuses == dict.fromkeys(hosts[:4], 200) | {"lab.example": 403, "testserver": 403}


def test_the_address_that_a_connection_came_in_on_is_a_name(settings):
    # given a service that listens on every address
    app = create_app(settings.model_copy(update={"host": "0.0.0.0"}))

    # when / then
    with TestClient(app, base_url="http://192.0.2.9:8000") as http:
        assert http.get("/healthz").status_code == 200
        assert is_forbidden(http.get("/healthz", headers={"Host": "192.0.2.10:8000"}), "unknown_host")


def test_two_hosts_in_one_request_are_refused(http):
    # when
    answer = http.get("/healthz", headers=[("Host", "localhost"), ("Host", "evil.example")])

    # then
    assert is_forbidden(answer, "unknown_host")


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_write_from_another_site_is_refused(http, method, path, headers):
    # when
    answer = http.request(method, path, json=SPEC, headers=headers)

    # then
    assert is_forbidden(answer, "unknown_host" if "Host" in headers else "cross_site_request")
    assert http.get("/v1/experiments").json()["data"] == []


@pytest.mark.parametrize("headers", [OWN, {"Sec-Fetch-Site": "none"}, {"Origin": "https://testserver"}, {}], ids=str)
def test_the_own_page_and_programs_may_write(http, headers):
    # when
    created = http.post("/v1/experiments", json=SPEC, headers=headers)
    cancelled = http.post(f"/v1/experiments/{created.json()['id']}/cancel", headers=headers)

    # then
    assert (created.status_code, cancelled.status_code) == (202, 202)


def test_behind_a_proxy_that_ends_tls_only_pages_of_the_public_name_may_write(settings):
    # given a proxy that sends its own address of the service as Host
    app = create_app(settings.model_copy(update={"allowed_hosts": ("satnet.example.org",)}))
    http = TestClient(app, base_url="http://127.0.0.1:8000")

    # when
    origins = ["https://satnet.example.org", "https://satnet.example.org:8443", "https://other.example.org"]
    statuses = [http.post("/v1/sweeps", json={}, headers={"Origin": origin}).status_code for origin in origins]

    # then
    assert statuses == [422, 403, 403]


def test_a_page_that_came_unencrypted_may_not_write_to_a_service_under_tls(settings):
    # given
    app = create_app(settings)

    # when / then
    with TestClient(app, base_url="https://testserver") as http:
        assert http.post("/v1/sweeps", json={}, headers={"Origin": "http://testserver"}).status_code == 403
        assert http.post("/v1/sweeps", json={}, headers={"Origin": "https://testserver"}).status_code == 422


def test_other_sites_may_link_to_pages(http):
    # when
    answer = http.get("/docs", headers={"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"})

    # then
    assert answer.status_code == 200


TYPES = [
    "text/plain;json=1",
    "text/plain",
    "application/x-www-form-urlencoded;x=json",
    "multipart/form-data; boundary=json",
    "application/jsonp",
    "application/notjson",
    "text/json",
    "text/plain, application/json",
    "",
    None,
]


@pytest.mark.parametrize("path", ["/v1/experiments", f"/v1/experiments/{UNKNOWN}/cancel"])
@pytest.mark.parametrize("media_type", TYPES, ids=repr)
def test_a_body_that_is_not_declared_as_json_is_refused(http, path, media_type):
    # when
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = http.post(path, content='{"layers": []}', headers=headers)

    # then
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert http.get("/v1/experiments").json()["data"] == []


def test_a_chunked_body_needs_its_type_too(http):
    # when
    answer = http.post(f"/v1/experiments/{UNKNOWN}/cancel", content=iter([b"{}"]))

    # then
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON; charset=utf-8", "application/vnd.satnet+json"]
)
def test_a_body_that_is_declared_as_json_is_read(http, media_type):
    # when
    answer = http.post("/v1/experiments", content="{}", headers={"Content-Type": media_type})

    # then
    assert answer.status_code == 422


def test_no_answer_lets_other_origins_read_it(http):
    # when
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answers = [http.options("/v1/experiments", headers=headers), http.get("/v1/experiments", headers=headers)]

    # then
    assert [name for answer in answers for name in answer.headers if name.startswith("access-control")] == []
