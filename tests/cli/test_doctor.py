"""Whether `satnet doctor` sees that others may use the service without a key."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from satnet.cli import doctor

pytestmark = pytest.mark.skipif(doctor._address() is None, reason="this machine has no address but loopback")


@contextmanager
def answering(host, status):
    """A service on `host` that answers everything with `status`; its URL on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Keep stderr for what is tested."""

    server = HTTPServer((host, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("host", "status", "verdict", "words"),
    [
        ("0.0.0.0", 200, "broken", "without a key"),
        ("0.0.0.0", 401, "ok", "asks for a key"),
        ("127.0.0.1", 200, "ok", "only this machine reaches it"),
    ],
)
def test_access_is_tried_from_this_machine_s_own_address(host, status, verdict, words):
    # when
    with answering(host, status) as url:
        check = doctor._access(url)

    # then
    assert check.verdict == verdict
    assert words in check.detail
