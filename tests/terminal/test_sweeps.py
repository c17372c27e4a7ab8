"""The report of a sweep: the table's order, the heat map, the verdict."""

import io

from rich.console import Console

from satnet.terminal.sweep_points import short, trained_points
from satnet.terminal.sweeps import print_sweep

PARAMETERS = {"/optimizer/learning_rate": [0.1, 0.01], "/layers/1/activation": ["tanh", "relu"]}
OBJECTIVE = {"metric": "validation.accuracy", "mode": "max", "at": "last"}
PROGRESS = {
    "points": 4,
    "trials": 6,
    "queued": 0,
    "running": 0,
    "paused": 0,
    "succeeded": 5,
    "failed": 1,
    "cancelled": 0,
    "reused": 0,
    "invalid_points": 1,
}


def trial(point, rate, activation, value, status="succeeded"):
    metrics = None if value is None else {"train.loss": 1 - value}
    parameters = {"/optimizer/learning_rate": rate, "/layers/1/activation": activation}
    row = {"point": point, "parameters": parameters, "status": status, "value": value, "metrics": metrics}
    return row | {"stop_reason": "completed" if status == "succeeded" else None}


TRIALS = [
    trial(0, 0.1, "tanh", 0.5),
    trial(0, 0.1, "tanh", 0.7),
    trial(1, 0.1, "relu", None, "failed"),
    trial(2, 0.01, "tanh", 0.9),
    trial(2, 0.01, "tanh", 0.92),
    trial(3, 0.01, "relu", 0.8),
    {
        "point": 4,
        "parameters": {"/optimizer/learning_rate": -1, "/layers/1/activation": "relu"},
        "status": "invalid",
        "errors": [{"pointer": "#/optimizer/learning_rate", "detail": "must be positive"}],
    },
]


def report(best):
    ranking = {"objective": OBJECTIVE, "best": best, "verdict": "no_difference_found", "message": "too noisy"}
    sweep = {"id": "swp_1", "name": None, "status": "failed", "progress": PROGRESS, "spec": {"parameters": PARAMETERS}}
    importance = {"data": [{"parameter": "/layers/1/activation", "importance": 0.75}], "warning": "few points"}
    console = Console(file=io.StringIO(), width=160, markup=False)
    print_sweep(sweep, TRIALS, ranking, importance, console)
    return console.file.getvalue()


def test_points_put_their_repeats_together():
    # when
    points = trained_points(TRIALS)

    # then
    assert [(len(one.values), one.value) for one in points] == [(2, 0.6), (0, None), (2, 0.91), (1, 0.8)]
    assert points[0].metrics["train.loss"] == 0.4
    assert [one.ended for one in points[:2]] == [["completed"], ["failed"]]


def test_report_orders_points_and_says_how_sure_the_best_is():
    # when
    best = {"parameters": TRIALS[3]["parameters"], "value": 0.91, "interval": [0.8, 1.0]}
    text = report(best)

    # then
    assert text.startswith("swp_1: failed; 4 points, 6 trials, 5 succeeded, 1 failed, 1 invalid points\n")
    rows = [line for line in text.splitlines() if "completed" in line or "│ failed" in line]
    assert [line.split()[5] for line in rows] == ["0.91", "0.8", "0.6", "-"]
    assert "not trained: optimizer learning_rate = -1" in text
    assert "#/optimizer/learning_rate: must be positive" in text
    assert "importance of layers 1 activation: 75%\n  few points\n" in text
    assert "0.91, 95 % interval 0.8 to 1\nno difference found: too noisy\n" in text


def test_report_shows_two_parameters_as_a_heat_map():
    # when
    text = report(None)
    heat = text[text.index("(down)") :].splitlines()

    # then one row a learning rate, one column an activation, in the order of the spec
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in heat if line.startswith("│")]
    assert cells == [["0.1", "0.6", "-"], ["0.01", "0.91", "0.8"]]
    assert text.endswith("too noisy\n")


def test_a_parameter_is_named_by_where_it_is():
    assert short("/layers/1/activation,/layers/2/activation") == "layers 1, 2: activation"
    assert short("/optimizer/learning_rate") == "optimizer learning_rate"


def test_report_shows_asked_metrics_beside_the_objective():
    # given trials of which one has no such metric
    trials = [trial(0, 0.1, "tanh", 0.5), trial(1, 0.1, "relu", 0.7)]
    trials[0]["metrics"]["validation.pr_auc"] = 0.625

    # when
    ranking = {"objective": OBJECTIVE, "best": None, "verdict": "unknown", "message": "too few"}
    sweep = {
        "id": "swp_1",
        "name": None,
        "status": "succeeded",
        "progress": PROGRESS,
        "spec": {"parameters": PARAMETERS},
    }
    console = Console(file=io.StringIO(), width=160, markup=False)
    print_sweep(sweep, trials, ranking, {"data": [], "warning": None}, console)

    # then
    text = console.file.getvalue()
    assert "validation pr" in text
    assert "0.625" in text
