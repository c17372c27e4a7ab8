"""The documentation against the code: settings, routes, commands, presets, and what the README runs."""

import re
from pathlib import Path

import pytest

from api.main import create_app
from satnet import presets
from satnet.cli import COMMANDS
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
    paths = list(create_app().openapi()["paths"])

    # then
    missing = [path for path in paths if path.replace("{identity}", "{id}") not in DOCS["api.md"]]
    assert missing == []


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_documented(command):
    # when / then
    assert f"`satnet {command}" in DOCS["command-line.md"]


@pytest.mark.parametrize("preset", presets.names())
def test_every_preset_is_documented(preset):
    # when / then
    assert any(f"`{preset}`" in text for text in DOCS.values())


def test_links_between_documents_lead_somewhere():
    # when / then
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"
