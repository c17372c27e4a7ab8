"""What the commands print of an experiment's results."""

import csv
import json

import pytest
from typer.testing import CliRunner

from satnet.cli import app

UNITS = {
    "epoch": 2,
    "fold": None,
    "layers": {
        "dense_1": {"active": None, "gate": [0.5, 0.25], "piece_share": None},
        "maxout_1": {"active": None, "gate": [1.0], "piece_share": [[0.75, 0.25]]},
    },
}


def satnet(*arguments, stdin=None):
    return CliRunner().invoke(app, list(arguments), input=stdin)


def test_units_are_one_row_a_unit(canned):
    # given
    canned.answers["GET /v1/experiments/exp_1/units"] = (200, UNITS)

    # when
    table = satnet("units", "exp_1", "--layer", "dense_1", "--epoch", "2")
    rows = list(csv.DictReader(satnet("units", "exp_1", "-o", "csv").stdout.splitlines()))

    # then
    assert canned.requests[0][1] == "/v1/experiments/exp_1/units?layer=dense_1&epoch=2"
    assert "epoch 2" in table.stdout
    assert "0.750 0.250" in table.stdout
    assert [(row["layer"], row["unit"], row["gate"]) for row in rows] == [
        ("dense_1", "0", "0.5"),
        ("dense_1", "1", "0.25"),
        ("maxout_1", "0", "1.0"),
    ]
    assert json.loads(satnet("units", "exp_1", "-o", "json").stdout) == UNITS


@pytest.mark.parametrize(
    ("output", "printed"),
    [
        ("table", "[0.25, 0.75]\n[1.0, 0.0]\n"),
        ("csv", "output_0,output_1\n0.25,0.75\n1.0,0.0\n"),
    ],
)
def test_predict_prints_one_line_a_row(canned, output, printed):
    # given
    canned.answers["POST /v1/experiments/exp_1/predict"] = (200, {"predictions": [[0.25, 0.75], [1.0, 0.0]]})

    # when
    done = satnet("predict", "exp_1", "-", "-o", output, stdin="[[1, 2], [3, 4]]")

    # then
    assert done.exit_code == 0
    assert canned.requests[0][2] == {"instances": [[1, 2], [3, 4]]}
    assert done.stdout == printed


@pytest.mark.parametrize(
    ("output", "printed"),
    [
        ("table", "yes  [0.25, 0.75]\nno  [1.0, 0.0]\n"),
        ("csv", "label,no,yes\nyes,0.25,0.75\nno,1.0,0.0\n"),
    ],
)
def test_predict_prints_the_class_of_each_row(canned, output, printed):
    # given
    answer = {"predictions": [[0.25, 0.75], [1.0, 0.0]], "classes": ["no", "yes"], "labels": ["yes", "no"]}
    canned.answers["POST /v1/experiments/exp_1/predict"] = (200, answer)

    # when
    done = satnet("predict", "exp_1", "-", "-o", output, stdin='[{"age": 1}, {"age": null}]')

    # then
    assert canned.requests[0][2] == {"instances": [{"age": 1}, {"age": None}]}
    assert done.stdout == printed


@pytest.mark.parametrize("rows", ['{"instances": []}', "[1, 2", ""])
def test_predict_refuses_what_is_no_list_of_rows(canned, rows):
    # when
    done = satnet("predict", "exp_1", "-", stdin=rows)

    # then
    assert done.exit_code == 2
    assert done.output != ""
    assert canned.requests == []
