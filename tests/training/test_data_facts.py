"""What is known of the rows: shares, ranges, order and shifts, and nothing that chance explains."""

import numpy as np
import pytest

from satnet.training.data_facts import data_record, label_runs, with_reach

ROWS = 600


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def facts_of(x, y, task="classification", others=(), **more):
    labels = y.reshape(len(y), -1)[:, 0]
    classes = int(labels.max()) + 1 if task == "classification" else None
    encoded = y.reshape(len(y), -1).astype(np.float32)
    parts = {part: (rows, encoded[:2]) for part, rows in dict(others).items()}
    return data_record(x, encoded, labels, task=task, classes=classes, others=parts, **more)


def test_classes_are_counted_and_the_rarest_is_named(rng):
    # given 30 of 600 rows in class 1
    y = (np.arange(ROWS) < 30).astype(np.int64)

    # when
    classes = facts_of(rng.standard_normal((ROWS, 3)), y, class_names=["paid", "fraud"])["classes"]

    # then
    assert (classes["count"], classes["rarest"]) == (2, "fraud")
    assert (classes["rarest_share"], classes["largest_share"]) == pytest.approx((0.05, 0.95))
    assert classes["entropy"] == pytest.approx(-0.05 * np.log(0.05) - 0.95 * np.log(0.95))


def test_targets_are_told_in_their_units_and_as_trained(rng):
    # given prices, standardized
    raw = rng.normal(250_000, 60_000, ROWS)
    mean, std = raw.mean(), raw.std()

    # when
    record = facts_of(
        rng.standard_normal((ROWS, 2)), (raw - mean) / std, "regression", target_mean=mean, target_std=std
    )

    # then
    targets = record["targets"]
    assert (targets["mean"], targets["std"]) == pytest.approx((mean, std), rel=1e-5)
    assert (targets["trained_mean"], targets["trained_std"]) == pytest.approx((0, 1), abs=1e-5)
    assert record["classes"] is None


@pytest.mark.parametrize(
    ("activation", "parameters", "share"),
    [
        ("linear", {}, 0.0),
        ("sigmoid", {}, 0.5),
        ("tanh", {}, 0.0),
        ("relu", {}, 0.5),
        ("softmax", {}, 0.5),
        ("elu", {"alpha": 0.5}, 0.25),
        ("leaky_relu", {}, 0.0),
    ],
)
def test_what_an_activation_cannot_reach_is_counted(activation, parameters, share):
    # given targets evenly between -1 and 1
    y = np.linspace(-1, 1, ROWS)
    record = facts_of(np.zeros((ROWS, 1)), y, "regression")

    # when / then
    assert with_reach(record, y, activation, parameters)["unreachable"] == pytest.approx(share, abs=0.01)


def test_labels_of_0_and_1_are_within_reach_of_a_sigmoid():
    # given
    y = np.array([0.0, 1.0] * 20, np.float32)

    # when / then
    assert with_reach(facts_of(np.zeros((40, 1)), y), y, "sigmoid", {})["unreachable"] == 0.0


def test_sorted_labels_have_few_runs_and_shuffled_ones_as_many_as_expected(rng):
    # given three classes, and targets
    classes, targets = np.repeat([0, 1, 2], 200), np.linspace(0, 1, ROWS)

    # when
    ordered = label_runs(classes, of_classes=True), label_runs(targets, of_classes=False)
    shuffled = (
        label_runs(rng.permutation(classes), of_classes=True),
        label_runs(rng.permutation(targets), of_classes=False),
    )

    # then
    assert all(share < 0.02 and z < -20 for share, z in ordered)
    assert all(0.9 < share < 1.1 and abs(z) < 4 for share, z in shuffled)


def test_runs_have_the_expectation_and_variance_of_shuffled_rows(rng):
    # given
    labels = np.repeat([0, 1, 2, 3], [10, 20, 30, 5])

    # when
    found = np.array([label_runs(rng.permutation(labels), of_classes=True) for _ in range(2000)])

    # then
    assert found[:, 0].mean() == pytest.approx(1.0, abs=0.01)
    assert (found[:, 1].mean(), found[:, 1].std()) == pytest.approx((0.0, 1.0), abs=0.1)


def test_labels_that_are_all_the_same_have_no_order():
    assert label_runs(np.zeros(50), of_classes=True) == (None, None)
    assert label_runs(np.zeros(50), of_classes=False) == (None, None)


def test_columns_of_other_units_are_told_apart_from_rare_categories(rng):
    # given meters, grams, a category of one row in fifty, and a constant
    x = np.stack(
        [rng.normal(0, 2, ROWS), rng.normal(0, 3000, ROWS), np.arange(ROWS) % 50 == 0, np.ones(ROWS)], axis=1
    ).astype(np.float64)

    # when
    columns = facts_of(x, np.arange(ROWS) % 2, column_names=["height", "mass", "city=Rome", "one"])["columns"]

    # then
    assert (columns["smallest"], columns["largest"]) == ("height", "mass")
    assert columns["largest_std"] / columns["smallest_std"] == pytest.approx(1500, rel=0.1)


def test_columns_are_told_as_they_were_before_standardization(rng):
    # given two columns that were each divided by their own spread
    x, scale = rng.standard_normal((ROWS, 2)), np.array([0.01, 500.0])

    # when
    columns = facts_of(x, np.arange(ROWS) % 2, scale=scale)["columns"]

    # then
    assert (columns["smallest_std"], columns["largest_std"]) == pytest.approx((0.01, 500), rel=0.1)


def test_rows_of_the_same_kind_are_not_shifted_even_where_they_are_few_or_heavy_tailed(rng):
    # given columns of all kinds: normal, heavy-tailed, counts, a rare category, a border pixel
    def rows(count):
        columns = [
            rng.standard_normal(count),
            rng.standard_t(1.5, count),
            rng.lognormal(0, 2, count),
            rng.poisson(0.7, count),
            rng.random(count) < 0.02,
            (rng.random(count) < 0.005) * 255,
        ]
        return np.stack(columns, axis=1).astype(np.float64)

    for size in (20, 60, 1000):
        for _ in range(20):
            # when
            shift = facts_of(rows(1500), np.arange(1500) % 2, others={"validation": rows(size)})["shift"]

            # then
            assert shift["mean"] < 1
            assert shift["std_ratio"] < 3


def test_rows_that_were_not_standardized_alike_are_shifted(rng):
    # given
    raw = rng.normal(50, 12, (ROWS, 3))
    train = (raw - 50) / 12

    # when
    shift = facts_of(train, np.arange(ROWS) % 2, others={"test": raw[:100]}, column_names=["a", "b", "c"])["shift"]

    # then
    assert shift["mean"] > 40
    assert (shift["mean_rows"], shift["std_rows"]) == ("test", "test")
    assert shift["std_ratio"] == pytest.approx(12, rel=0.25)


def test_images_of_another_range_are_shifted(rng):
    # given
    bright = rng.integers(0, 256, (60, 8, 8)).astype(np.float64)

    # when
    shift = facts_of(bright / 255, np.arange(60) % 2, others={"test": bright})["shift"]

    # then
    assert shift["std_ratio"] == pytest.approx(255, rel=0.1)


def test_what_is_not_finite_is_counted_by_column(rng):
    # given
    x = rng.standard_normal((ROWS, 4)).astype(np.float32)
    x[:, 2] = np.nan
    x[:5, 0] = np.inf
    y = rng.standard_normal(ROWS)
    y[:3] = np.nan

    # when
    record = facts_of(x, y, "regression", column_names=["a", "b", "c", "d"])

    # then
    assert (record["non_finite_inputs"], record["non_finite_columns"]) == (ROWS + 5, "c (600), a (5)")
    assert record["non_finite_targets"] == 3
    assert (record["columns"], record["shift"], record["targets"]) == (None, None, None)


def test_a_large_array_is_sampled(rng):
    # given 200,000 rows
    x = rng.standard_normal((200_000, 10)).astype(np.float32)

    # when
    record = facts_of(x, np.arange(200_000) % 2, others={"test": x[:50_000]})

    # then
    assert record["columns"]["largest_std"] == pytest.approx(1.0, abs=0.05)
    assert record["shift"]["mean"] == 0.0
