"""The names of objectives are those of the record types."""

import pytest

from satnet.records.schema import LayerRecord, Measure, NetworkRecord, measures
from satnet.spec import parse_spec
from satnet.sweeps.objective import outcome, problem, usual_mode
from tests.sweeps.bodies import BASE

MEASURED = {f"layers.max.{name}": measure for name, measure in measures(LayerRecord).items()} | {
    f"network.{name}": measure for name, measure in measures(NetworkRecord).items()
}


@pytest.mark.parametrize("name", MEASURED)
def test_every_measured_number_is_an_objective_unless_its_type_says_no(name):
    # when / then
    assert (problem(name, parse_spec(BASE)) is None) == MEASURED[name].objective
    assert usual_mode(name) == {"less": "min", "more": "max", "unclear": None}[MEASURED[name].better]


@pytest.mark.parametrize("name", ["layers.max.name", "layers.gate", "network.gate", "test.loss", "train.f2", "loss"])
def test_what_is_not_measured_is_refused_with_what_is(name):
    # when
    reason = problem(name, parse_spec(BASE))

    # then
    assert "test rows" in reason if name.startswith("test") else "expected one of" in reason


def test_a_target_is_no_objective():
    # when / then
    assert isinstance(MEASURED["layers.max.weight_std_target"], Measure)
    assert not MEASURED["layers.max.weight_std_target"].objective


def test_a_metric_is_an_objective_where_the_base_asks_for_it():
    # given
    asking = parse_spec(BASE | {"training": {"metrics": ["f1"]}})

    # when / then
    assert problem("validation.f1", asking) is None
    assert usual_mode("validation.f1") == "max"
    assert usual_mode("validation.rmse") == "min"
    assert problem("validation.recall", asking) == "recall is not measured; add it to training.metrics of the base"


def test_a_trial_brings_its_asked_metrics_and_their_mean_over_the_folds():
    # given two folds, the second without a value at its best epoch
    def record(fold, epoch, recall):
        rows = {"loss": 1.0, "accuracy": 0.5}
        network = dict.fromkeys(measures(NetworkRecord))
        validation = rows | {"recall": recall}
        place = {"epoch": epoch, "fold": fold, "seconds": 1.0, "layers": [], "network": network}
        return place | {"train": rows, "validation": validation}

    records = [record(0, 0, 0.2), record(0, 1, 0.6), record(1, 0, 0.4), record(1, 1, None)]

    # when
    found = outcome(records, "validation.recall", 1.0, "best")

    # then
    assert (found["value"], found["folds"], found["row"]["validation.recall"]) == (0.5, [0.6, 0.4], 0.5)
    assert "validation.f1" not in found["row"]
