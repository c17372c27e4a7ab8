"""Which points come next, and which trials end early."""

import math

import pytest

from satnet.errors import InvalidSpec
from satnet.sweeps.early import falls_behind, is_hopeless, is_rung
from satnet.sweeps.objective import outcome, value_of
from satnet.sweeps.parse import parse_sweep
from satnet.sweeps.search import TriedPoint, next_points
from satnet.sweeps.spec import Asha
from tests.sweeps.bodies import grid

RATE = "/optimizer/learning_rate"
SPACE = {
    RATE: {"log_uniform": [1e-5, 1.0]},
    "/layers/1/activation": ["tanh", "relu"],
    "/layers/1/units": {"int": [2, 9]},
}


def test_grid_gives_every_combination_once():
    # when
    drawn = next_points(parse_sweep(grid()), [])

    # then
    assert len({tuple(one.values()) for one in drawn}) == len(drawn) == 4


def test_random_points_are_in_range_and_follow_from_the_seed():
    # given
    sweep = parse_sweep(grid(parameters=SPACE, search="random", trials=50, seed=3))

    # when
    drawn = next_points(sweep, [])

    # then
    assert drawn == next_points(sweep, []) != next_points(sweep.model_copy(update={"seed": 4}), [])
    assert all(1e-5 <= one[RATE] <= 1 and 2 <= one["/layers/1/units"] <= 9 for one in drawn)
    assert 10 < sum(one[RATE] < math.sqrt(1e-5) for one in drawn) < 40  # log-uniform: half below the middle
    assert next_points(sweep, [TriedPoint(one, over=False, value=None) for one in drawn[:45]]) == drawn[45:]


def test_tpe_closes_in_and_keeps_few_open():
    # given a loss with its least at a rate of 0.01
    sweep = parse_sweep(grid(parameters=SPACE, search="tpe", trials=60, parallel=2))
    tried = []

    # when
    while fresh := next_points(sweep, tried):
        tried += [TriedPoint(one, True, abs(math.log10(one[RATE]) + 2)) for one in fresh]
    waiting = [TriedPoint(tried[0].parameters, False, None)] * 2

    # then
    assert len(tried) == 60
    late = sorted(one.value for one in tried[40:])[10]
    early = sorted(one.value for one in tried[:10])[5]
    assert late < early / 2
    assert next_points(sweep, waiting) == []
    assert len(next_points(sweep, waiting[:1])) == 1


def test_rungs():
    # when / then
    assert [epoch for epoch in range(30) if is_rung(Asha(name="asha", min_epochs=2), epoch)] == [2, 6, 18]


def test_of_many_at_a_rung_one_in_three_goes_on():
    # given
    asha, rungs, went_on = Asha(name="asha"), {}, []

    # when they come in an order that says nothing
    for number in range(60):
        value = (number * 37) % 60
        ends, rungs[f"e{number}"] = falls_behind(asha, rungs, f"e{number}", 1, float(value), -1.0)
        went_on += [] if ends else [value]

    # then
    assert 10 <= len(went_on) <= 30
    assert min(went_on) == 0
    assert falls_behind(asha, rungs, "late", 1, None, -1.0)[0]


def test_a_trial_that_went_on_is_judged_at_its_next_rung():
    # given
    asha = Asha(name="asha")
    rungs = {f"e{number}": {"completed_rung_0": 1.0, "completed_rung_1": 0.5} for number in range(5)}

    # when
    first, own = falls_behind(asha, rungs, "me", 1, 0.1, -1.0)
    second, after = falls_behind(asha, rungs | {"me": own}, "me", 3, 0.9, -1.0)

    # then
    assert (first, second) == (False, True)
    assert (len(own), len(after)) == (1, 2)


def record(epoch, *, fold=None, saturated=0.0, over=0.5, loss=1.0):
    layers = [{"name": "dense_1", "saturated_fraction": saturated, "dead_unit_fraction": None}]
    network = {"loss_over_chance": over, "vanish_ratio": 0.1}
    sets = {"train": {"loss": loss, "accuracy": 0.5}, "validation": {"loss": 2 * loss, "accuracy": 0.4}}
    return {"epoch": epoch, "fold": fold, "layers": layers, "network": network, "seconds": 0.1, **sets}


@pytest.mark.parametrize(
    ("saturated", "over", "epochs", "hopeless"),
    [(0.95, 1.0, 4, True), (0.95, 1.0, 2, False), (0.95, 0.5, 4, False), (0.5, 1.0, 4, False), (0.95, None, 4, False)],
)
def test_hopeless_is_shut_and_at_chance_for_three_epochs(saturated, over, epochs, hopeless):
    # when / then
    assert is_hopeless([record(epoch, saturated=saturated, over=over) for epoch in range(epochs)]) is hopeless


def test_objective_of_the_last_and_of_the_best_epoch():
    # given
    records = [record(0, loss=3.0), record(1, loss=1.0), record(2, loss=2.0)]

    # when
    last, best = (outcome(records, "validation.loss", -1.0, at) for at in ("last", "best"))

    # then
    assert (last["value"], last["epoch"], best["value"], best["epoch"]) == (4.0, 2, 2.0, 1)
    assert best["row"]["train.loss"] == 1.0
    assert last["epochs"] == 2


def test_objective_over_folds_is_their_mean_and_none_where_one_has_no_value():
    # given
    records = [record(1, fold=0, loss=1.0), record(1, fold=1, loss=2.0)]

    # when / then
    assert outcome(records, "train.loss", -1.0, "last")["folds"] == [1.0, 2.0]
    assert outcome(records, "train.loss", -1.0, "last")["value"] == 1.5
    assert outcome([*records[:1], record(1, fold=1, loss=math.nan)], "train.loss", -1.0, "last")["value"] is None


def test_saturation_is_an_objective():
    # when / then
    epoch = record(1, saturated=0.25)
    names = ("layers.dense_1.saturated_fraction", "layers.max.saturated_fraction", "network.vanish_ratio")
    assert [value_of(epoch, name) for name in names] == [0.25, 0.25, 0.1]
    assert value_of(epoch, "layers.dense_9.gate") is None


@pytest.mark.parametrize("search", ["random", "tpe"])
def test_a_range_of_integers_is_never_a_list(search):
    # given
    sweep = parse_sweep(grid(search=search, trials=14, parameters={"/training/epochs": {"int": [1, 10**18]}}))
    tried = [TriedPoint({"/training/epochs": 10**17 + number}, True, 0.1 * number) for number in range(12)]
    # when
    points = next_points(sweep, tried)
    # then
    assert all(1 <= point["/training/epochs"] <= 10**18 for point in points)
    assert len(points) == 2


@pytest.mark.parametrize("bounds", [[1, 10**18], [-(2**61), 2**61]])
def test_a_grid_over_a_huge_range_is_refused_by_its_count(bounds):
    with pytest.raises(InvalidSpec, match=r"#/parameters: .* points x 1 repeats are more than 5000 trials"):
        parse_sweep(grid(parameters={"/training/epochs": {"int": bounds}}))


@pytest.mark.parametrize("search", ["random", "tpe"])
@pytest.mark.parametrize(
    ("axis", "place"),
    [
        ({"uniform": [-1.7e308, 1.7e308]}, "#/parameters/~1optimizer~1learning_rate"),
        ({"int": [1, 10**30]}, "#/parameters/~1optimizer~1learning_rate/int/1"),
    ],
)
def test_a_range_that_no_sampler_can_draw_from_is_refused(search, axis, place):
    with pytest.raises(InvalidSpec) as refused:
        parse_sweep(grid(search=search, trials=3, parameters={"/optimizer/learning_rate": axis}))
    assert [error.pointer for error in refused.value.errors] == [place]
