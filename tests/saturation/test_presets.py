"""Each preset trained for real: the phenomenon is named by its finding, and a healthy network by none."""

from pathlib import Path

import pytest

from satnet import presets
from satnet.saturation.diagnosis import RULES
from satnet.service.local import run_local

OFFLINE = [one for one in presets.describe() if one["spec"]["dataset"]["name"] not in ("mnist", "fashion_mnist")]
SICK = [one for one in OFFLINE if one["shows"]]
HEALTHY = [one for one in OFFLINE if one["name"] in ("batch-norm-before", "digits-best") or "healthy" in one["name"]]


def findings_of(preset):
    return run_local(preset["spec"], data_dir=Path("nowhere"))["findings"]


@pytest.mark.parametrize("preset", SICK, ids=lambda one: one["name"])
def test_preset_shows_the_finding_that_it_is_named_for(preset):
    # when
    found = {finding["rule"]: finding for finding in findings_of(preset)}

    # then it is named itself, not as a consequence of something else
    if preset["shows"] == "nearly_linear":
        assert found["nearly_linear"]["caused_by"].startswith("initializer_mismatch")
    else:
        assert found[preset["shows"]]["caused_by"] is None
    if preset["shows"] not in ("nearly_linear", "saturation_growing"):  # reported as info, as they should be
        assert found[preset["shows"]]["severity"] != "info"


@pytest.mark.parametrize("preset", HEALTHY, ids=lambda one: one["name"])
def test_healthy_preset_raises_no_alarm(preset):
    # when
    found = findings_of(preset)

    # then
    assert [one["id"] for one in found if one["severity"] != "info"] == []


def test_every_rule_has_a_preset_that_shows_it():
    # given two rules whose findings come with others: all units dead, and the test set as validation set
    beside = {"underused", "validates_on_test"}

    # when / then
    assert {one["shows"] for one in SICK} | beside == set(RULES)
