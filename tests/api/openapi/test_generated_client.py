"""A client that openapi-python-client makes from the document talks to a running API."""

import importlib
import json
import subprocess
import sys
import threading
import time

import pytest
import uvicorn

from api.main import create_app
from satnet import presets
from tests.conftest import free_port

PACKAGE = "generated_satnet_client"


@pytest.fixture
def url(settings):
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Generated without network, without formatters, and without a single warning."""
    document, config = tmp_path / "openapi.json", tmp_path / "config.yml"
    document.write_text(json.dumps(create_app().openapi()))
    config.write_text("post_hooks: []\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    options = ["--path", document, "--config", config, "--output-path", tmp_path / PACKAGE]
    generated = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert generated.returncode == 0, generated.stdout + generated.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield PACKAGE
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_generated_client_submits_and_reads_an_experiment(url, package):
    # given
    client_class = importlib.import_module(package).Client
    models = importlib.import_module(f"{package}.models")
    create = importlib.import_module(f"{package}.api.experiments.create_experiment")
    get = importlib.import_module(f"{package}.api.experiments.get_experiment")
    spec = presets.load("healthy-digits") | {"labels": {"course": "dl"}}

    # when
    with client_class(base_url=url) as client:
        submitted = create.sync(client=client, body=models.ExperimentSpec.from_dict(spec))
        read = get.sync(experiment_id=submitted.id, client=client)
        unknown = get.sync(experiment_id="exp_none", client=client)

    # then
    assert isinstance(read, models.ExperimentDocument)
    assert (read.id, read.status, read.is_terminal) == (submitted.id, "queued", False)
    assert read.labels.to_dict() == {"course": "dl"}
    assert [one.rule for one in read.findings] == [one.rule for one in submitted.findings]
    assert isinstance(unknown, models.Problem)
    assert unknown.code == "not_found"
