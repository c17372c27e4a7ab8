"""What a report says of classes and targets."""

import io

import pytest
from rich.console import Console

from satnet.terminal.epochs import metrics_words
from satnet.terminal.quality import print_quality

ASKED = {"training": {"metrics": ["recall"]}}
TEST = {"loss": 0.25, "accuracy": 0.9, "recall": 0.5, "pr_auc": None}


def class_row(label, recall, support=10):
    return {"label": label, "precision": None, "recall": recall, "f1": 0.25, "support": support}


def report(quality, spec=ASKED):
    console = Console(file=io.StringIO(), width=120, markup=False)
    print_quality(spec, {"quality": {"test": quality}, "test": TEST}, console)
    return console.file.getvalue()


def cells(text):
    lines = [line for line in text.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


def test_a_report_shows_test_metrics_and_each_class():
    # when
    text = report({"classes": [class_row("no [b]", 0.75, 97), class_row("fraud", None, 0)]})

    # then
    assert text.startswith("test loss 0.2500, accuracy 0.900, recall 0.5, pr_auc -\n")
    assert cells(text) == [["no [b]", "0.750", "-", "0.250", "97"], ["fraud", "-", "-", "0.250", "0"]]


def test_of_very_many_classes_those_with_the_lowest_recall_are_shown():
    # when
    text = report({"classes": [class_row(f"c{number}", number / 50) for number in range(50, 0, -1)]})

    # then
    assert [row[0] for row in cells(text)] == [f"c{number}" for number in range(1, 21)]
    assert "the 20 of 50 classes with the lowest recall" in text


def test_a_report_shows_each_target_in_its_own_units():
    # given
    quantiles = {"min": -9.0, "p5": -3.0, "p25": -1.0, "p50": 0.5, "p75": 1.0, "p95": 4.0, "max": 12.0}
    broken = {"target": "b", "r2": None, "mae": None, "rmse": None, "residuals": None}

    # when
    text = report(
        {"targets": [{"target": "a", "r2": 0.5, "mae": 1200.0, "rmse": 1500.0, "residuals": quantiles}, broken]}
    )

    # then
    assert cells(text) == [["a", "0.500", "1200", "1500", "0.5", "-3 to 4"], ["b", *5 * "-"]]


@pytest.mark.parametrize(
    "spec", [{}, {"training": {"metrics": [], "class_weight": None}, "dataset": {"name": "digits"}}]
)
def test_a_report_of_a_usual_experiment_stays_as_short_as_it_was(spec):
    assert report({"classes": [class_row("a", 0.5)]}, spec) == ""


def test_metrics_that_were_not_asked_for_are_not_shown():
    assert metrics_words("train", {"loss": None, "accuracy": None}) == "train loss not finite"
