"""The table of rules: causes stand before what they cause, and every threshold has one place."""

import pytest

from satnet.saturation.diagnosis import DEFAULTS, RULES
from satnet.saturation.diagnosis.rules import KINDS
from satnet.saturation.diagnosis.run import STALLED


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_cause_is_a_rule_that_stands_earlier(rule):
    # given
    order = list(RULES)

    # when / then
    assert [cause for cause in rule.caused_by if cause not in order[: order.index(rule.name)]] == []


def test_rules_stand_in_the_order_of_their_kinds():
    # given
    kinds = [kind.__name__.rpartition(".")[2] for kind in KINDS]

    # when
    places = [kinds.index(rule.kind) for rule in RULES.values()]

    # then
    assert places == sorted(places)
    assert set(places) == set(range(len(kinds)))


def test_a_threshold_is_declared_once_and_has_a_source():
    # when
    declared = [name for rule in RULES.values() for name in rule.thresholds] + list(STALLED)

    # then
    assert sorted(declared) == sorted(DEFAULTS)
    assert [name for name, threshold in DEFAULTS.items() if not threshold.source] == []
