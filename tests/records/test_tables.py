"""CSV is data: nothing in it is run by a spreadsheet."""

import csv
import io

import pytest

from satnet.records.tables import epoch_rows, to_csv


def read(text):
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2+3|cmd",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "--1",
        "-",
        "+x",
        "\uff1d1+1",
    ],
)
def test_what_a_spreadsheet_would_run_is_quoted_in_cells_and_headers(text):
    # when
    header, row = read(to_csv([{text: text, "b": 1}]))

    # then
    assert header == [f"'{text}", "b"]
    assert row == [f"'{text}", "1"]


@pytest.mark.parametrize("value", [-1, -0.5, 1e-9, "-1", "+0.5", "-1e-9", "dense_1", "a=b", "'quoted'", True, ""])
def test_numbers_and_other_text_stay_as_they_are(value):
    # when / then
    assert read(to_csv([{"a": value, "b": 1}])) == [["a", "b"], [str(value), "1"]]


def test_names_come_in_order_of_appearance_and_null_is_empty():
    # when
    text = to_csv([{"a": 1, "b": None}, {"c": "x,y", "a": 2}])

    # then
    assert read(text) == [["a", "b", "c"], ["1", "", ""], ["2", "", "x,y"]]


def test_no_rows_are_an_empty_header():
    # when / then
    assert to_csv([]) == "\r\n"


def test_a_part_of_a_record_that_is_null_has_no_column():
    record = {"epoch": 0, "learning_rate": None, "data": {"targets": None, "non_finite_targets": None}, "layers": []}
    assert epoch_rows([record]) == [{"epoch": 0, "learning_rate": None, "data.non_finite_targets": None}]
