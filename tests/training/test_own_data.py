"""Somebody's own rows: what they become, which of them train, and what they are refused for."""

from types import SimpleNamespace

import numpy as np
import pandas
import pytest

from satnet.errors import DataError
from satnet.spec import parse_spec
from satnet.spec.datasets import ResolvedData, Split
from satnet.spec.table_plan import EncodedColumn, TablePlan
from satnet.training.data import prepare
from satnet.training.own_data import array_rows, table_rows
from satnet.training.source import own_source
from satnet.training.splits import folds

CITIES = ("Bonn", "Ulm")
COLUMNS = (EncodedColumn("age", "number"), EncodedColumn("city", "categories", CITIES))


def frame(rows=100):
    rng = np.random.default_rng(0)
    return pandas.DataFrame(
        {
            "age": rng.normal(40, 10, rows),
            "city": np.array(CITIES)[rng.integers(0, 2, rows)],
            "bought": np.array(["no", "yes"])[np.arange(rows) % 4 // 3],
            "price": rng.normal(3e5, 1e5, rows),
            "rent": rng.normal(1e3, 10, rows),
            "patient": np.arange(rows) // 5,
            "day": pandas.Timestamp("2020-01-01") + pandas.to_timedelta(rng.permutation(rows), "D"),
            "fold": np.where(
                np.arange(rows) % 5 == 0, "test", np.where(np.arange(rows) % 5 == 1, "Validation", "train")
            ),
            "importance": rng.uniform(0, 2, rows),
        }
    )


def resolved(task="classification", targets=1, rows=100, names=("no", "yes")):
    classes = list(names) if task == "classification" else None
    return ResolvedData(
        task=task,
        reason="",
        input_shape=[3],
        classes=classes and len(classes),
        class_names=classes,
        targets=targets,
        train_rows=rows - rows // 5,
        test_rows=rows // 5,
    )


def plan(task="classification", targets=("bought",), missing="refuse", weight=None, split=None):
    classes = ("no", "yes") if task == "classification" else None
    return TablePlan(COLUMNS, targets, task, classes, missing, weight, split)


def spec_of(split=None, **more):
    dataset = {"name": "digits", "validation_fraction": more.pop("validation_fraction", 0.0)}
    layers = [{"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}]
    spec = parse_spec({"dataset": dataset, "layers": layers, "seed": 1} | more)
    return spec.model_copy(update={"dataset": spec.dataset.model_copy(update={"split": split})})


def parts_of(split, rows=None, **more):
    """The rows by what becomes of them, as positions in the table's order of `age`."""
    rows = frame() if rows is None else rows
    spec = spec_of(split, **more)
    source = own_source(spec, table_rows(rows, resolved(), plan(split=split)))
    ((_, index, held_out),) = folds(spec, source.train.y, source.parts)
    where = {age: place for place, age in enumerate(rows["age"])}
    train = source.train.take(index)
    validation = None if held_out is None else source.train.take(held_out)
    return [None if one is None else [where[age] for age in one.x[:, 0]] for one in (train, validation, source.test)]


def test_a_tables_rows_are_split_class_by_class():
    # when
    source = own_source(spec_of(), table_rows(frame(), resolved(), plan()))

    # then
    assert np.bincount(source.train.y).tolist() == [60, 20]
    assert np.bincount(source.test.y).tolist() == [15, 5]
    assert source.input_shape == (3,)


def test_a_column_says_which_rows_train_validate_and_test():
    # when
    train, validation, test = parts_of(Split(column="fold"))

    # then
    assert {place % 5 for place in test} == {0}
    assert {place % 5 for place in validation} == {1}
    assert {place % 5 for place in train} == {2, 3, 4}


def test_rows_of_a_group_stay_together():
    # when
    train, validation, test = (
        {place // 5 for place in part} for part in parts_of(Split(group="patient"), validation_fraction=0.25)
    )

    # then
    assert len(test) == 4
    assert len(validation) == 4
    assert not train & validation
    assert not (train | validation) & test


def test_the_last_rows_by_time_test_and_those_before_validate():
    # given
    rows = frame()

    # when
    train, validation, test = (
        [rows["day"][place] for place in part] for part in parts_of(Split(time="day"), rows, validation_fraction=0.25)
    )

    # then
    assert [len(train), len(validation), len(test)] == [60, 20, 20]
    assert max(train) < min(validation)
    assert max(validation) < min(test)


@pytest.mark.parametrize("split", [Split(group="patient"), Split(time="day")])
def test_folds_keep_groups_together_and_validate_after_training(split):
    # given
    rows = frame()
    spec = spec_of(split, cross_validation={"folds": 4})
    source = own_source(spec, table_rows(rows, resolved(), plan(split=split)))
    key = {age: (patient, day) for age, patient, day in zip(rows["age"], rows["patient"], rows["day"], strict=True)}

    # when / then
    pairs = folds(spec, source.train.y, source.parts)
    assert [fold for fold, _, _ in pairs] == [0, 1, 2, 3]
    for _, train, validation in pairs:
        inside, outside = ([key[age] for age in source.train.x[part, 0]] for part in (train, validation))
        if split.group:
            assert not {patient for patient, _ in inside} & {patient for patient, _ in outside}
        else:
            assert max(day for _, day in inside) < min(day for _, day in outside)


def test_weights_follow_their_rows_and_weigh_the_training_rows_alone():
    # given
    rows = frame()
    source = own_source(spec_of(), table_rows(rows, resolved(), plan(weight="importance")))
    weight = dict(zip(rows["age"], rows["importance"], strict=True))

    # when
    data = prepare(spec_of(), source.train, None, source.test, 2, source.about)

    # then
    assert [weight[age] for age in source.train.x[:, 0]] == pytest.approx(data.train.weights.tolist())
    assert data.train.weights.dtype == np.float32
    assert data.validation.weights is None


def test_numbers_are_standardized_and_categories_stay_zeros_and_ones():
    # given
    source = own_source(spec_of(), table_rows(frame(), resolved(), plan()))
    spec = spec_of()
    spec = spec.model_copy(update={"dataset": spec.dataset.model_copy(update={"standardize": "per_feature"})})

    # when
    data = prepare(spec, source.train, None, source.test, 2, source.about)

    # then
    assert data.train.x[:, 0].mean() == pytest.approx(0, abs=1e-5)
    assert data.train.x[:, 0].std() == pytest.approx(1, abs=1e-5)
    assert set(np.unique(data.train.x[:, 1:])) == {0.0, 1.0}
    assert data.task == "classification"
    assert data.classes == 2


def test_several_targets_are_standardized_one_by_one():
    # given
    own = table_rows(frame(), resolved("regression", 2), plan("regression", ("price", "rent")))
    source = own_source(spec_of(), own)

    # when
    data = prepare(spec_of(), source.train, None, source.test, 2, source.about)

    # then
    assert data.train.y.mean(axis=0) == pytest.approx([0, 0], abs=1e-5)
    assert data.train.y.std(axis=0) == pytest.approx([1, 1], abs=1e-5)
    assert data.target_mean.shape == data.target_std.shape == (2,)
    assert data.classes is None


def test_several_labels_stay_as_they_are():
    # given
    y = np.random.default_rng(0).integers(0, 2, (50, 4))
    loaded = SimpleNamespace(x=np.zeros((50, 8, 8), np.float32), y=y, x_test=None, y_test=None)
    source = own_source(spec_of(), array_rows(loaded, resolved("multi_label", 4, rows=50)))

    # when
    data = prepare(spec_of(), source.train, None, source.test, 4, source.about)

    # then
    assert data.task == "multi_label"
    assert len(data.train), len(data.test) == (40, 10)
    assert set(np.unique(data.train.y)) == {0.0, 1.0}


def test_rows_that_came_as_test_rows_stay_test_rows_and_text_labels_become_numbers():
    # given
    x, y = np.arange(12.0).reshape(6, 2), np.array(["no", "yes", "no", "yes", "no", "yes"])
    loaded = SimpleNamespace(x=x[:4], y=y[:4], x_test=x[4:], y_test=y[4:])

    # when
    source = own_source(spec_of(), array_rows(loaded, resolved(rows=4)))

    # then
    assert source.train.y.tolist() == [0, 1, 0, 1]
    assert source.test.x.tolist() == x[4:].tolist()


@pytest.mark.parametrize("y", [np.eye(3)[[0, 2, 1]], np.array([[5], [9], [7]])])
def test_one_hot_labels_and_class_numbers_in_a_column_are_classes(y):
    # given
    loaded = SimpleNamespace(x=np.zeros((3, 2)), y=y, x_test=None, y_test=None)

    # when / then
    assert array_rows(loaded, resolved(names=("5", "7", "9"))).y.tolist() == [0, 2, 1]


def test_rows_with_empty_cells_are_dropped_or_refused_by_column():
    # given
    rows = frame()
    rows.loc[:2, "age"], rows.loc[4, "city"] = np.nan, None

    # when
    dropped = own_source(spec_of(), table_rows(rows, resolved(), plan(missing="drop")))

    # then
    assert len(dropped.train) + len(dropped.test) == 96
    with pytest.raises(DataError, match=r"empty cells or NaN in age \(3\), city \(1\); set dataset.missing"):
        table_rows(rows, resolved(), plan())


def nothing_but(column, value):
    return frame().assign(**{column: value})


@pytest.mark.parametrize(
    ("rows", "how", "message"),
    [
        (nothing_but("bought", None), {}, r"the target is empty or not finite in some rows: bought \(100\)"),
        (nothing_but("price", np.inf), {"task": "regression", "targets": ("price",)}, r"target .* price \(100\)"),
        (nothing_but("importance", -1.0), {"weight": "importance"}, "'importance' weighs the rows, but 100 of 100"),
        (nothing_but("importance", 0.0), {"weight": "importance"}, "all weights are 0"),
        (nothing_but("fold", "evaluate"), {"split": Split(column="fold")}, "must say train, validation or test"),
        (nothing_but("fold", "train"), {"split": Split(column="fold")}, "must say train in some rows and test in"),
        (nothing_but("patient", 7), {"split": Split(group="patient")}, "all rows are of one group"),
    ],
)
def test_what_only_the_rows_show_is_told_in_a_sentence(rows, how, message):
    with pytest.raises(DataError, match=message):
        own_source(
            spec_of(how.get("split")), table_rows(rows, resolved(how.get("task", "classification")), plan(**how))
        )


def test_one_class_in_the_training_rows_is_refused():
    # given
    source = own_source(spec_of(), table_rows(nothing_but("bought", "no"), resolved(), plan()))

    # when / then
    with pytest.raises(DataError, match="all 80 training rows are of class 'no'"):
        prepare(spec_of(), source.train, None, source.test, 2, source.about)


def test_inputs_that_are_not_finite_are_counted():
    # given
    x = np.zeros((5, 2))
    x[1], x[3, 0] = np.nan, np.inf
    loaded = SimpleNamespace(x=x, y=np.array([0, 1, 0, 1, 0]), x_test=None, y_test=None)

    # when / then
    with pytest.raises(DataError, match="3 values of x are NaN or infinite, in 2 of 5 rows"):
        array_rows(loaded, resolved(names=("0", "1")))
