"""Class weights, metrics and monitors are refused where the task has no such thing."""

import pytest

from satnet.errors import InvalidSpec
from satnet.spec import parse_spec

DIGITS = {
    "dataset": {"name": "digits", "validation_fraction": 0.2},
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}],
}
SPIRALS = {"dataset": {"name": "spirals"}, "layers": [{"type": "dense", "units": 3, "activation": "softmax"}]}
DIABETES = {"dataset": {"name": "diabetes"}, "layers": [{"type": "dense", "units": 1}]}


@pytest.mark.parametrize(
    ("body", "training", "pointer", "detail"),
    [
        (DIGITS, {"class_weight": "even"}, "", 'expected null, "balanced", or an object that gives classes'),
        (DIGITS, {"class_weight": {}}, "", 'expected null, "balanced", or an object that gives classes'),
        (DIGITS, {"class_weight": {"3": -1}}, "", "the weight of class 3 must be a number from 0 to 1,000,000; got -1"),
        (DIGITS, {"class_weight": {"3": 10**400}}, "", "the weight of class 3 must be a number from 0 to 1,000,000"),
        (DIGITS, {"class_weight": {"3": float("nan")}}, "", "the weight of class 3 must be a number"),
        (DIGITS, {"class_weight": {"3": True}}, "", "the weight of class 3 must be a number"),
        (DIGITS, {"class_weight": {"ten": 2}}, "", "there is no class 'ten'; the classes are: 0, 1, 2, 3, 4"),
        (DIGITS, {"class_weight": {str(i): 0 for i in range(10)}}, "", "at least one class needs a weight above 0"),
        (DIABETES, {"class_weight": "balanced"}, "", "a regression has no classes to weigh"),
        (DIGITS, {"metrics": ["recall", "r2"]}, "/1", "r2 is not defined for a classification; allowed: precision"),
        (DIABETES, {"metrics": ["recall"]}, "/0", "recall is not defined for a regression; allowed: r2, mae"),
        (SPIRALS, {"metrics": ["top_k"]}, "/0", "it needs more classes than 5, but there are 3"),
        (DIGITS, {"metrics": ["recall", "recall"]}, "/1", "recall is listed twice"),
        (DIGITS, {"early_stopping": {"monitor": "validation.recall"}}, "/monitor", "add it to training.metrics"),
    ],
)
def test_what_the_rows_cannot_give_is_refused(body, training, pointer, detail):
    # when
    with pytest.raises(InvalidSpec) as refused:
        parse_spec(body | {"training": training})

    # then
    (error,) = refused.value.errors
    assert error.pointer == f"#/training/{next(iter(training))}{pointer}"
    assert detail in error.detail


def test_weights_metrics_and_their_monitors_are_echoed():
    # given
    training = {
        "class_weight": {"3": 2},
        "metrics": ["recall", "top_k"],
        "early_stopping": {"monitor": "validation.recall", "patience": 2},
    }

    # when
    echoed = parse_spec(DIGITS | {"training": training}).to_json()["training"]

    # then
    assert (echoed["class_weight"], echoed["metrics"]) == ({"3": 2.0}, ["recall", "top_k"])
    assert echoed["early_stopping"]["monitor"] == "validation.recall"
