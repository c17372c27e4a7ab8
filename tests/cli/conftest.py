"""A service with canned answers, reached over a real socket."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from satnet.settings import get_settings


class CannedService:
    """Answers `METHOD /path` with what `answers` says, and keeps what was asked."""

    def __init__(self):
        self.answers, self.requests = {}, []

    def answer(self, method, target, body):
        """Status and text."""
        self.requests.append((method, target, body))
        status, content = self.answers.get(f"{method} {urlsplit(target).path}", (404, {"detail": "not canned"}))
        return status, "" if content is None else json.dumps(content)


def _handler(canned):
    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            size = int(self.headers.get("Content-Length") or 0)
            status, text = canned.answer(self.command, self.path, json.loads(self.rfile.read(size) or b"null"))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_DELETE = _answer

        def log_message(self, *_):
            """Keep stderr for what is tested."""

    return Handler


@pytest.fixture
def canned(monkeypatch):
    """The service that SATNET_URL names."""
    service = CannedService()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("SATNET_URL", f"http://127.0.0.1:{server.server_port}")
    get_settings.cache_clear()
    yield service
    get_settings.cache_clear()
    server.shutdown()
    thread.join()
    server.server_close()
