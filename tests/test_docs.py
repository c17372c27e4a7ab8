"""The documentation against the code: settings, routes, commands, presets, and what the README runs."""

import re
from pathlib import Path

import pytest

from api.main import create_app
from satnet import presets
from satnet.cli import COMMANDS
from satnet.cli.keys import KEY_COMMANDS
from satnet.saturation.diagnosis import RULES
from satnet.service.local import run_local
from satnet.settings import Settings

ROOT = Path(__file__).parent.parent
DOCS = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}


def test_every_setting_is_documented_and_none_else():
    # when
    named = set(re.findall(r"^\| `SATNET_(\w+)`", DOCS["settings.md"], re.M))

    # then
    assert named == {name.upper() for name in Settings.model_fields}


def test_every_route_is_documented():
    # given
    paths = [re.sub(r"\{\w+_id\}", "{id}", path) for path in create_app().openapi()["paths"]]

    # then
    missing = [path for path in paths if path not in DOCS["api.md"]]
    assert missing == []


@pytest.mark.parametrize("command", sorted([*COMMANDS, *(f"keys {name}" for name in KEY_COMMANDS)]))
def test_every_command_is_documented(command):
    # when / then
    assert f"`satnet {command}" in DOCS["command-line.md"]


@pytest.mark.parametrize("preset", presets.names())
def test_every_preset_is_documented(preset):
    # when / then
    assert any(f"`{preset}`" in text for text in DOCS.values())


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_is_documented_with_a_preset(rule):
    # when
    row = next(line for line in DOCS["diagnosis.md"].splitlines() if line.startswith(f"| `{rule}`"))

    # then
    assert any(f"`{name}`" in row for name in presets.names())


def test_every_field_of_a_record_is_documented():
    # given a record of every kind of layer
    spec = {
        "dataset": {"name": "gaussian", "features": 8, "samples": 100, "classes": 3},
        "layers": [{"type": "maxout", "units": 3}, {"type": "dense", "units": 3, "activation": "softmax"}],
        "training": {"epochs": 1},
    }
    record = run_local(spec, data_dir=ROOT)["epochs"][-1]

    # when
    names = {*record["layers"][0], *record["network"], *record} - {"layers", "network", "epoch", "fold"}
    plain = {"name", "activation", "units", "learning_rate", "validation"}  # say themselves what they are

    # then
    assert [name for name in sorted(names - plain) if f"`{name}`" not in DOCS["saturation.md"]] == []


def test_the_readme_shows_what_the_demo_finds():
    # given
    spec = presets.load("saturated-digits")
    readme = " ".join((ROOT / "README.md").read_text().split())

    # when: both alarms are of epoch 0
    findings = run_local(spec | {"training": spec["training"] | {"epochs": 1}}, data_dir=ROOT)["findings"]
    alarms = [finding for finding in findings if finding["severity"] != "info"]

    # then
    assert [finding["rule"] for finding in alarms] == ["saturated_at_start", "initializer_mismatch"]
    for finding in alarms:
        assert f"{finding['severity']}: {finding['id']} {finding['explanation']}" in readme


def test_links_between_documents_lead_somewhere():
    # when / then
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"
