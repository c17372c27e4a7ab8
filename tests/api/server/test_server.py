"""The API as a process: what its connections may cost, and how it stops."""

import contextlib
import math
import select
import socket
import time

import httpx
import pytest

from satnet import presets
from satnet.service.intake import submit_posted

pytestmark = pytest.mark.service


@pytest.fixture
def path(store, settings):
    experiment_id = submit_posted(store, settings, presets.load("healthy-digits"), lambda _: None, None)
    return f"/v1/experiments/{experiment_id}"


@pytest.fixture
def opened():
    """Open connections that send some text; all are closed at the end."""
    with contextlib.ExitStack() as stack:

        def connect(api, text="", count=1):
            connections = []
            for _ in range(count):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", api.port), 10))
                connection.sendall(text.encode())
                connections.append(connection)
            return connections

        yield connect


def request(path, *headers):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""])


def rest(connection, seconds=10.0):
    """What comes until the other side closes."""
    connection.settimeout(seconds)
    content = b""
    with connection, contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            content += part
    return content


def until_quiet(api):
    """Until it has used hardly any CPU time for two seconds."""
    end, quiet = time.monotonic() + 60, 0
    while time.monotonic() < end and quiet < 4:
        before = api.cpu()
        time.sleep(0.5)
        quiet = quiet + 1 if api.cpu() - before < 0.03 else 0
    assert quiet == 4


def test_abandoned_polls_cost_nothing_afterwards(serve, path, opened):
    # given
    api = serve()

    # when
    for _ in range(20):
        for connection in opened(api, request(path, "Prefer: wait=60"), 100):
            connection.close()
    until_quiet(api)
    before = api.cpu()
    time.sleep(4)

    # then
    assert api.cpu() - before < 0.2
    assert httpx.get(f"{api.url}/healthz").status_code == 200


def test_a_head_that_comes_byte_by_byte_is_given_up(serve, opened):
    # given
    api = serve(SATNET_HEADER_TIMEOUT="PT1S")
    (connection,) = opened(api, "GET /healthz HTTP/1.1\r\nX-Slow: ")
    start = time.monotonic()

    # when
    while not select.select([connection], [], [], 0.2)[0] and time.monotonic() - start < 10:
        connection.sendall(b"x")

    # then
    assert time.monotonic() - start < 5
    assert rest(connection).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_does_not_come_is_given_up(serve, opened):
    # given
    api = serve(SATNET_BODY_TIMEOUT="PT1S")
    head = "POST /v1/experiments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100"

    # when
    (connection,) = opened(api, f"{head}\r\n\r\n{{")

    # then
    assert rest(connection).startswith(b"HTTP/1.1 408 ")
    assert "Traceback" not in api.log.read_text()


def test_a_connection_goes_on_after_a_quick_request(serve):
    # given
    api = serve(SATNET_HEADER_TIMEOUT="PT1S", SATNET_BODY_TIMEOUT="PT1S")

    # when
    with httpx.Client(base_url=api.url) as http:
        statuses = []
        for _ in range(3):
            statuses.append(http.get("/healthz").status_code)
            time.sleep(0.7)

    # then
    assert statuses == [200, 200, 200]


def test_answers_do_not_wait_for_acknowledgements(serve):
    # given
    api = serve()

    # when
    with httpx.Client(base_url=api.url) as http:
        seconds = sorted(http.get("/version").elapsed.total_seconds() for _ in range(30))

    # then: a delayed acknowledgement takes 40 ms each time
    assert seconds[5] < 0.03


def test_connections_beyond_the_bound_are_refused(serve, path, opened):
    # given
    api = serve(SATNET_MAX_CONNECTIONS="10")
    streams = opened(api, request(f"{path}/events", "Accept: text/event-stream"), 10)
    for stream in streams:
        stream.recv(1)

    # when
    (further,) = opened(api)

    # then
    answer = rest(further)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After" in answer
    for stream in streams:
        stream.close()


def test_a_flood_of_connections_ends_with_their_deadline_and_fills_no_log(serve, opened):
    # given few descriptors
    api = serve(limit=600, SATNET_HEADER_TIMEOUT="PT2S")

    # when
    flood = opened(api, "GET /healthz HTTP/1.1\r\nX-Slow: ", 700)
    time.sleep(3)
    until_quiet(api)

    # then
    assert httpx.get(f"{api.url}/healthz", timeout=5).status_code == 200
    assert api.log.stat().st_size < 20_000
    for connection in flood:
        connection.close()


def test_it_stops_soon_with_streams_and_polls_open(serve, path, opened):
    # given the shortest of three times: other processes take their share of the cores
    shortest = math.inf
    for _ in range(3):
        if shortest < 3:
            break
        api = serve()
        streams = opened(api, request(f"{path}/events", "Accept: text/event-stream"), 50)
        polls = opened(api, request(path, "Prefer: wait=60"), 50)
        time.sleep(2)

        # when
        status, seconds = api.stop()
        shortest = min(shortest, seconds)

        # then
        assert status == 0
        for stream in streams:
            assert b"event: shutdown" in rest(stream)
        for poll in polls:
            assert rest(poll).startswith(b"HTTP/1.1 200 ")
    assert shortest < 3
