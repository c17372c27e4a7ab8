"""A table's columns as the network's inputs: what scikit-learn makes of them, fitted on the training rows alone."""

import numpy as np
import pandas
import pytest

from satnet.spec.table_plan import EncodedColumn, TablePlan
from satnet.training.tables import Encoder, codes, matrix, numbers

AGE = EncodedColumn("age", "number")
CITY = EncodedColumn("city", "categories", ("Bonn", "Köln", "Ulm"))


def plan(*columns, missing="refuse"):
    return TablePlan(columns, ("target",), "classification", ("no", "yes"), missing, None, None)


FRAME = pandas.DataFrame(
    {
        "age": [20.0, np.nan, 40.0, 60.0, np.inf],
        "city": pandas.Series(["Ulm", "Bonn", None, "Bonn", "Ulm"], dtype="string"),
        "code": pandas.array([3, 1, None, 3, 7], dtype="Int64"),
        "member": pandas.array([True, False, None, True, True], dtype="boolean"),
    }
)


def test_categories_become_their_places_whatever_the_columns_type():
    # when / then
    assert codes(FRAME["city"], ("Bonn", "Köln", "Ulm")) == pytest.approx([2, 0, np.nan, 0, 2], nan_ok=True)
    assert codes(FRAME["code"], ("1", "3")) == pytest.approx([1, 0, np.nan, 1, -1], nan_ok=True)
    assert codes(FRAME["member"], ("False", "True")) == pytest.approx([1, 0, np.nan, 1, 1], nan_ok=True)
    assert codes(pandas.Series([3.0, 1.0]), ("1", "3")).tolist() == [1, 0]


def test_what_is_not_finite_is_missing_and_times_are_seconds():
    # when
    times = numbers(pandas.Series(pandas.to_datetime(["1970-01-02", None])))

    # then
    assert numbers(FRAME["age"]) == pytest.approx([20, np.nan, 40, 60, np.nan], nan_ok=True)
    assert numbers(FRAME["member"]) == pytest.approx([1, 0, np.nan, 1, 1], nan_ok=True)
    assert times == pytest.approx([86_400, np.nan], nan_ok=True)


def test_inputs_stand_in_the_columns_order_and_an_unknown_category_is_all_zeros():
    # given
    columns = plan(CITY, AGE)
    x = matrix(pandas.DataFrame({"age": [1.0, 2, 3], "city": ["Ulm", "Bonn", "Köln"]}), columns)

    # when
    encoder = Encoder.fit(columns, x)
    unknown = matrix(pandas.DataFrame({"age": [4.0], "city": ["Rom"]}), columns)

    # then
    assert encoder.encode(x).tolist() == [[0, 0, 1, 1], [1, 0, 0, 2], [0, 1, 0, 3]]
    assert encoder.encode(unknown).tolist() == [[0, 0, 0, 4]]
    assert encoder.numeric.tolist() == [False, False, False, True]


def test_a_category_that_no_training_row_has_is_all_zeros_and_the_width_stays():
    # given
    x = matrix(FRAME[["age", "city"]].dropna(), plan(AGE, CITY))

    # when
    encoder = Encoder.fit(plan(AGE, CITY), x[x[:, 1] == 0])

    # then
    assert encoder.encode(x)[:, 1:].tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("missing", "age", "city"),
    [
        ("median", 40.0, [1, 0, 0]),
        ("mean", 40.0, [1, 0, 0]),
        ("most_frequent", 20.0, [1, 0, 0]),
        ("indicator", 40.0, [0, 0, 0]),
    ],
)
def test_empty_cells_are_filled_from_the_training_rows(missing, age, city):
    # given
    marked = missing == "indicator"
    columns = plan(
        EncodedColumn("age", "number", (), marked),
        EncodedColumn("city", "categories", CITY.categories, marked),
        missing=missing,
    )
    x = matrix(FRAME, columns)

    # when
    encoder = Encoder.fit(columns, x[:4])
    encoded = encoder.encode(x)

    # then the row without an age, and the one without a city
    assert encoded.shape == (5, columns.width)
    assert encoded[1, 0] == age
    assert encoded[2, 1 + marked : 4 + marked].tolist() == city
    if marked:
        assert encoded[:, 1].tolist() == [0, 1, 0, 0, 1]
        assert encoded[:, -1].tolist() == [0, 0, 1, 0, 0]


def test_a_column_without_any_training_value_is_zero():
    # given
    x = np.array([[np.nan], [np.nan], [5.0]])

    # when
    encoder = Encoder.fit(plan(AGE, missing="median"), x[:2])

    # then
    assert encoder.encode(x).tolist() == [[0], [0], [5]]
