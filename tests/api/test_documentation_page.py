"""/docs and all that it loads come from the service itself, and a browser draws it under the content policy."""

import re
import shutil
import subprocess
import threading
import time

import pytest
import uvicorn
from fastapi.testclient import TestClient

from api.main import create_app
from satnet.service.ports import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture
def url(settings):
    """The service on a port of its own."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def test_docs_load_everything_from_the_service(http):
    # when
    page = http.get("/docs").text
    assets = re.findall(r'(?:src|href)="([^"]+)"', page)

    # then
    assert "://" not in page
    assert len([path for path in assets if path.endswith((".js", ".css"))]) == 4
    for path in assets:
        answer = http.get(f"/{path}")
        assert answer.status_code == 200, path
        assert len(answer.content) > 100, path


def test_docs_have_nothing_inline(http):
    # when
    page = http.get("/docs").text

    # then
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page) == []


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
@pytest.mark.parametrize("place", ["", "#/experiments/create_experiment"])
def test_a_browser_draws_the_docs_without_a_complaint(url, tmp_path, place):
    # when
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"]
    command += ["--enable-logging=stderr", "--virtual-time-budget=20000", f"{url}/docs{place}"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)

    # then
    said = [line for line in shown.stderr.splitlines() if ":CONSOLE:" in line]
    assert [line for line in said if "Warning: escaping deep link whitespace" not in line] == []
    assert "/v1/experiments/{experiment_id}" in re.sub(r"<[^>]*>|\u200b", "", shown.stdout)
    assert ("Example Value" in shown.stdout) == bool(place)
