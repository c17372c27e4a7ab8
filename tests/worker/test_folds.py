"""An owner and its helpers in one process, over a real store and with real training."""

import hashlib
from datetime import timedelta

import pytest

from satnet.errors import NotFound, OutOfMemory
from satnet.records.ids import new_id
from satnet.service.artifacts import Artifacts, model_name
from satnet.spec import parse_spec
from satnet.training import run
from tests.training.test_run import digits, without_times
from worker.folds import help_with_fold
from worker.single import run_attempt

QUEUES = ["default"]


def submitted(store, settings, helpers):
    """A grant, and what wakes helpers: each call trains one fold at once. `settings`: those of the helpers."""
    spec = parse_spec(digits(cross_validation={"folds": 4}))
    experiment_id = new_id()
    store.submit(experiment_id=experiment_id, spec=spec.to_json(), spec_sha256=spec.sha256, queue="default")
    for number in range(1 + helpers):
        store.worker_seen(f"w{number}", {"queues": QUEUES})
    woken = []

    def wake(queue):
        woken.append(queue)
        assert help_with_fold(store, settings, "helper", [queue], lambda _: None)

    return store.claim(QUEUES, "owner", experiment_id), wake, woken


def trained(store, settings, helpers):
    grant, wake, _ = submitted(store, settings, helpers)
    assert run_attempt(store, settings, grant, run.train, wake) == "succeeded"
    document = store.get(grant.id)
    return document, [without_times(record) for record in store.epochs(grant.id)]


def timeless(summary):
    """Without what takes time, and who did it."""
    folds = [{key: value for key, value in one.items() if key not in ("seconds", "worker")} for one in summary["folds"]]
    return summary | {"seconds": 0, "folds": folds, "model": None}


def test_folds_of_three_workers_are_those_of_one(store, settings):
    # when
    alone, mine = trained(store, settings, helpers=0)
    shared, ours = trained(store, settings, helpers=2)

    # then bit for bit, in the same order, and each one's worker is told
    assert ours == mine
    assert [fold["worker"] for fold in alone["summary"]["folds"]] == [None] * 4
    assert [fold["worker"] for fold in shared["summary"]["folds"]] == [None, None, "helper", "helper"]
    assert timeless(shared["summary"]) == timeless(alone["summary"])
    kept = Artifacts(settings.artifacts).get(model_name(shared["id"]))
    assert hashlib.sha256(kept).hexdigest() == shared["summary"]["model"]["sha256"]
    assert shared["findings"] == alone["findings"]
    assert shared["progress"]["fraction"] == 1


def test_the_summary_has_means_intervals_and_each_folds_saturation(store, settings):
    # when
    document, records = trained(store, settings, helpers=0)

    # then
    summary = document["summary"]
    lasts = [one for one in records if one["epoch"] == 2]
    losses = [one["validation"]["loss"] for one in lasts]
    mean = sum(losses) / 4
    std = (sum((loss - mean) ** 2 for loss in losses) / 3) ** 0.5
    told = summary["cross_validation"]["validation"]["loss"]
    assert (told["mean"], told["std"]) == pytest.approx((mean, std))
    half = 3.182446 * std * (1 / 4 + 1 / 3) ** 0.5  # Student's t, 3 degrees of freedom; Nadeau and Bengio's variance
    assert told["interval"] == pytest.approx([mean - half, mean + half], rel=1e-6)
    for fold, last in zip(summary["folds"], lasts, strict=True):
        assert fold["final"]["validation"] == last["validation"]
        ends = {layer["name"]: layer["saturated_fraction"] for layer in last["layers"]}
        assert {layer["name"]: layer["final"]["saturated_fraction"] for layer in fold["layers"]} == ends
    tests = [fold["test"]["accuracy"] for fold in summary["folds"]]
    assert summary["cross_validation"]["test"]["accuracy"]["mean"] == pytest.approx(sum(tests) / 4)
    spread = summary["cross_validation"]["layers"][0]["saturated_fraction"]
    assert spread["mean"] == pytest.approx(sum(one["layers"][0]["saturated_fraction"] for one in lasts) / 4)


@pytest.mark.parametrize("error", [OutOfMemory("too large"), RuntimeError("of that machine")])
def test_a_fold_that_fails_at_a_helper_is_trained_by_the_owner(store, settings, monkeypatch, error):
    # given
    grant, wake, woken = submitted(store, settings, helpers=2)

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(run, "train_fold", fail)

    # when
    assert run_attempt(store, settings, grant, run.train, wake) == "succeeded"

    # then
    assert woken == ["default", "default"]
    assert [fold["worker"] for fold in store.get(grant.id)["summary"]["folds"]] == [None] * 4


def test_a_helper_that_has_lost_its_fold_keeps_no_model(store, settings, raw):
    # given a last fold that the owner takes back, of which a silent helper hears nothing while it trains
    silent = settings.model_copy(update={"heartbeat": timedelta(seconds=60)})
    grant, _, _ = submitted(store, settings, helpers=1)
    kept = Artifacts(settings.artifacts)

    def wake(queue):
        taken_back = lambda _: raw.hset(f"sn:folds:{grant.id}", "3", "owner")  # noqa: E731 - a callback
        assert help_with_fold(store, silent, "helper", [queue], taken_back)
        with pytest.raises(NotFound):
            kept.get(model_name(grant.id))

    # when
    assert run_attempt(store, settings, grant, run.train, wake) == "succeeded"

    # then
    summary = store.get(grant.id)["summary"]
    assert [fold["worker"] for fold in summary["folds"]] == [None] * 4
    assert hashlib.sha256(kept.get(model_name(grant.id))).hexdigest() == summary["model"]["sha256"]


def test_a_trial_of_a_sweep_and_one_without_folds_offer_nothing(store, settings):
    # given
    spec = parse_spec(digits())
    store.submit(experiment_id=new_id(), spec=spec.to_json(), spec_sha256=spec.sha256, queue="default")
    grant = store.claim(QUEUES, "owner", "n")

    # when
    def trainer(*_, **options):
        assert "elsewhere" not in options
        return run.train(*_, **options)

    # then
    assert run_attempt(store, settings, grant, trainer, lambda _: None) == "succeeded"
