"""Verdicts from hand-made documents: what counts as help, and when nobody can tell."""

import pytest

from satnet.records.comparison import compare, differences


def document(
    experiment_id, accuracy=0.5, *, seed=1, role=None, findings=(), status="succeeded", rows=360, loss=1.0, **spec
):
    parent = {"experiment": "exp_0", "role": role, "finding": "f", "patch": [{"op": "replace"}]} if role else None
    final = {
        "train": {"loss": loss, "accuracy": accuracy},
        "validation": {"loss": loss, "accuracy": accuracy},
        "epoch": 3,
    }
    return {
        "id": experiment_id,
        "name": None,
        "status": status,
        "is_terminal": status != "running",
        "status_reason": None,
        "seed": seed,
        "parent": parent,
        "findings": [{"id": one, "severity": "warning", "caused_by": None} for one in findings],
        "summary": {
            "final": final,
            "best": None,
            "test": None,
            "seconds": 1.0,
            "layers": [],
            "rows": {"validation": rows},
        },
        "spec": {"loss": "categorical_crossentropy"} | spec,
        "epochs": [],
    }


def verdict(*documents):
    return compare(documents)["verdict"]


def test_without_a_remedy_there_is_no_verdict():
    # when / then
    assert verdict(document("exp_0"), document("exp_1")) is None


@pytest.mark.parametrize(
    ("after", "findings", "word"),
    [
        (0.9, (), "helped"),
        (0.9, ("f",), "helped"),
        (0.52, (), "inconclusive"),
        (0.52, ("f",), "did not help"),
        (0.2, (), "did not help"),
    ],
)
def test_one_pair_is_judged_by_the_sampling_error_of_its_rows(after, findings, word):
    # when
    judged = verdict(document("exp_0", findings=("f",)), document("exp_1", after, role="remedy", findings=findings))

    # then 360 rows at 0.5: 1.96 standard errors of the difference are 0.073
    assert judged["verdict"] == word
    assert judged["numbers"]["gain"] == pytest.approx(after - 0.5)
    half = (judged["numbers"]["interval"][1] - judged["numbers"]["interval"][0]) / 2
    assert 0.05 < half < 0.08


def test_several_seeds_are_judged_by_the_paired_interval():
    # given gains of 0.02, 0.03 and 0.04, all far below the sampling error of one pair
    documents = [document("exp_0", 0.50, seed=1, findings=("f",))]
    documents += [document(f"exp_b{n}", 0.50 + 0.1 * n, seed=n + 1, role="baseline") for n in (1, 2)]
    documents += [document(f"exp_r{n}", 0.52 + 0.11 * n, seed=n + 1, role="remedy") for n in (0, 1, 2)]

    # when
    judged = verdict(*documents)

    # then the half width is 4.303 * 0.01 / sqrt(3)
    assert judged["verdict"] == "helped"
    assert judged["numbers"]["pairs"] == 3
    assert judged["numbers"]["interval"] == pytest.approx([0.03 - 0.02484, 0.03 + 0.02484], abs=1e-4)


def test_noise_over_seeds_is_not_help():
    # given gains of -0.1, 0 and 0.2
    documents = [document("exp_0", 0.5, seed=1), document("exp_b1", 0.5, seed=2, role="baseline")]
    documents += [document("exp_b2", 0.5, seed=3, role="baseline")]
    documents += [document(f"exp_r{n}", 0.5 + gain, seed=n + 1, role="remedy") for n, gain in enumerate((-0.1, 0, 0.2))]

    # when / then
    assert verdict(*documents)["verdict"] == "inconclusive"


def test_ending_at_all_is_help():
    # when / then
    assert verdict(document("exp_0", status="failed"), document("exp_1", role="remedy"))["verdict"] == "helped"
    assert verdict(document("exp_0"), document("exp_1", role="remedy", status="failed"))["verdict"] == "did not help"
    assert verdict(document("exp_0"), document("exp_1", role="remedy", status="running"))["verdict"] == "inconclusive"


def test_losses_of_two_kinds_are_not_compared():
    # given a regression, which has no accuracy
    before = document("exp_0", None, loss=0.5)
    after = document("exp_1", None, role="remedy")
    after["spec"]["loss"] = "huber"

    # when / then
    judged = verdict(before, after)
    assert (judged["verdict"], judged["numbers"]) == ("inconclusive", None)


def test_differences_are_pointers_with_each_value():
    # when
    rows = differences([{"a": {"b": 1, "c/d": [1, 2]}, "name": "x"}, {"a": {"b": 2, "c/d": [1]}, "name": "y"}])

    # then
    assert rows == [{"pointer": "/a/b", "values": [1, 2]}, {"pointer": "/a/c~1d/1", "values": [2, None]}]


def test_series_hold_the_metrics_that_one_of_the_experiments_asks_for():
    # given
    one, other = document("exp_0"), document("exp_1", training={"metrics": ["recall"]})
    layers = {"layers": [], "network": {"vanish_ratio": None}, "fold": None}
    rows = {"loss": 1.0, "accuracy": 0.5}
    one["epochs"] = [{"epoch": 0, "train": rows, "validation": rows, **layers}]
    other["epochs"] = [{"epoch": 0, "train": rows | {"recall": 0.1}, "validation": rows | {"recall": None}, **layers}]

    # when
    series = compare([one, other])["series"]

    # then
    assert (series["train.recall"], series["validation.recall"]) == ([[None], [0.1]], [[None], [None]])
    assert "train.f1" not in series


def test_a_remedy_of_class_imbalance_is_judged_by_the_mean_recall_of_the_classes():
    # given remedies that cost accuracy
    def weighed(name, accuracy, recall, seed, **more):
        made = document(name, accuracy, seed=seed, **more)
        if made["parent"] is not None:
            made["parent"]["finding"] = "class_imbalance:"
        return made | {"epochs": [record_with(recall)]}

    before = [weighed(f"exp_{n}", 0.97, 0.5 + n / 100, n, role=None if n == 0 else "baseline") for n in range(3)]
    after = [weighed(f"exp_r{n}", 0.90, 0.8 + n / 50, n, role="remedy") for n in range(3)]

    # when
    judged = verdict(*before, *after)

    # then
    assert (judged["verdict"], judged["numbers"]["metric"]) == ("helped", "network.mean_class_recall")
    assert judged["numbers"]["gain"] == pytest.approx(0.31)


def record_with(recall):
    rows = {"loss": 1.0, "accuracy": 0.5}
    network = {"vanish_ratio": None, "mean_class_recall": recall}
    return {"epoch": 3, "fold": None, "train": rows, "validation": rows, "layers": [], "network": network}
