"""The rules on hand-made records: on which side of its threshold each fires, and what it says."""

import copy
import json
import time

import jsonpatch
import pytest

from satnet.saturation.diagnosis import RULES, diagnose, facts_of, thresholds
from satnet.settings import Settings
from satnet.spec import parse_spec

LAYER = {
    "activation": "tanh",
    "saturated_unit_fraction": 0.0,
    "saturated_fraction": 0.1,
    "saturated_low": 0.05,
    "saturated_high": 0.05,
    "dead_unit_fraction": None,
    "died_unit_fraction": None,
    "inactive_fraction": None,
    "dormant_unit_fraction": 0.0,
    "gate": 0.5,
    "preactivation": {"mean": 0.0, "std": 1.4},
    "output": {"mean": 0.0, "std": 0.8},
    "delta_rms": 1e-3,
    "gradient_rms": 1e-2,
    "update_ratio": 1e-3,
    "movement": 0.05,
    "weight_std": 0.15,
    "weight_std_target": 0.15,
    "identical_units": False,
    "non_finite": 0,
    "units": 25,
}
NETWORK = {
    "vanish_ratio": None,
    "gate_decades": None,
    "weight_decades": None,
    "loss_over_chance": 1.0,
    "confident_wrong": None,
    "saturated_wrong": None,
}


def spec_of(activation="tanh", count=1, output="softmax", **more):
    layers = [{"type": "dense", "units": 25, "activation": activation}] * count
    body = {
        "dataset": {"name": "digits", "validation_fraction": 0.1},
        "layers": [{"type": "flatten"}, *layers, {"type": "dense", "units": 10, "activation": output}],
        "seed": 1,
    }
    return parse_spec(body | more)


def epochs(count, losses=None, layer=(), network=(), **more):
    """`count` healthy records; `layer` and `network` change all of them but epoch 0."""
    losses = losses or [2.3 * 0.7**epoch for epoch in range(count)]
    records = []
    for epoch, loss in enumerate(losses):
        changes = dict(layer) if epoch else {"update_ratio": None, "movement": None}
        records.append(
            {
                "epoch": epoch,
                "fold": None,
                "train": {"loss": loss, "accuracy": 0.5},
                "validation": {"loss": loss, "accuracy": 0.5},
                "input": {"mean": 0.0, "std": 1.0},
                "layers": [{"name": "dense_1"} | copy.deepcopy(LAYER) | changes],
                "network": NETWORK | (dict(network) if epoch else {}),
            }
            | copy.deepcopy(more)
        )
    return records


def diagnosed(spec, records, **overrides):
    return {one["id"]: one for one in diagnose(facts_of(spec), records, overrides)}


def test_a_healthy_run_has_no_finding():
    # when / then
    assert diagnosed(spec_of(), epochs(6)) == {}


@pytest.mark.parametrize(
    ("mean", "std", "severity"),
    [
        (0.0, 1.0, None),
        (0.0, 0.45, "info"),
        (0.25, 1.0, "info"),
        (0.0, 0.1, "warning"),
        (0.0, 2.5, "warning"),
        (-1.2, 1.0, "warning"),
        (33.0, 78.0, "critical"),
    ],
)
def test_input_is_judged_by_mean_and_spread(mean, std, severity):
    # when
    finding = diagnosed(spec_of(), epochs(2, input={"mean": mean, "std": std})).get("input_not_standardized")

    # then
    assert (finding and finding["severity"]) == severity
    if finding:
        assert finding["evidence"]["source"]


def test_standardized_images_beyond_one_raise_nothing():
    # given MNIST after standardization: values up to 2.8
    assert diagnosed(spec_of(), epochs(3, input={"mean": 0.0, "std": 1.0})) == {}


@pytest.mark.parametrize(("share", "severity"), [(0.24, None), (0.3, "warning"), (0.6, "critical")])
def test_saturation_at_start_is_judged_at_epoch_0_alone(share, severity):
    # given
    records = epochs(4)
    records[0]["layers"][0]["saturated_fraction"] = share

    # when
    finding = diagnosed(spec_of(), records).get("saturated_at_start:dense_1")

    # then
    assert (finding and finding["severity"]) == severity
    if finding:
        assert (finding["first_epoch"], finding["last_epoch"]) == (0, 0)
        assert finding["remedies"][-1]["patch"][0]["value"] == "before_activation"
        assert "60%" in finding["explanation"] or "30%" in finding["explanation"]


def test_a_record_without_a_gate_is_judged_by_its_saturation():
    # given a record from outside that does not know how much gradient passes
    records = epochs(4)
    records[0]["layers"][0] |= {"saturated_fraction": 0.6, "gate": None}

    # when
    finding = diagnosed(spec_of(), records)["saturated_at_start:dense_1"]

    # then
    assert finding["severity"] == "critical"
    assert "None" not in finding["explanation"]


def test_records_without_layers_are_judged_by_their_network():
    # given
    records = epochs(4, network={"vanish_ratio": 5e-4})
    for record in records:
        record["layers"] = []

    # when / then
    assert diagnosed(spec_of(), records)["vanishing_gradient"]["severity"] == "warning"


def test_a_consequence_is_info_and_points_to_its_cause():
    # given
    records = epochs(3, input={"mean": 33.0, "std": 78.0})
    records[0]["layers"][0]["saturated_fraction"] = 0.99

    # when
    finding = diagnosed(spec_of(), records)["saturated_at_start:dense_1"]

    # then
    assert (finding["severity"], finding["caused_by"]) == ("info", "input_not_standardized")


@pytest.mark.parametrize(("share", "severity"), [(0.16, None), (0.25, "warning"), (0.5, "critical")])
def test_born_dead_counts_units_before_training(share, severity):
    # given
    records = epochs(3)
    records[0]["layers"][0] |= {"saturated_fraction": None, "dead_unit_fraction": share}

    # when
    finding = diagnosed(spec_of("relu"), records).get("born_dead:dense_1")

    # then
    assert (finding and finding["severity"]) == severity


@pytest.mark.parametrize(
    ("std", "severity"),
    [(0.15, None), (0.08, None), (0.31, "warning"), (0.06, "warning"), (1.6, "critical"), (0.01, "critical")],
)
def test_weights_are_judged_against_what_their_activation_prescribes(std, severity):
    # given
    records = epochs(2)
    records[0]["layers"][0]["weight_std"] = std

    # when
    finding = diagnosed(spec_of(), records).get("initializer_mismatch:dense_1")

    # then
    assert (finding and finding["severity"]) == severity


def test_glorot_with_relu_is_worth_knowing_and_nothing_more():
    # when before anything trains
    finding = diagnosed(spec_of("relu"), [])["initializer_mismatch:dense_1"]

    # then
    assert finding["severity"] == "info"
    assert finding["remedies"][0]["patch"][0]["value"] == "he_normal"


def test_batch_normalization_before_forgives_the_scale():
    # given
    records = epochs(2)
    records[0]["layers"][0]["weight_std"] = 3.0
    layers = [
        {"type": "flatten"},
        {"type": "dense", "units": 25, "activation": "tanh", "batch_normalization": "before_activation"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ]

    # when / then
    assert diagnosed(spec_of(layers=layers), records)["initializer_mismatch:dense_1"]["severity"] == "info"


def test_identical_weights_are_critical_measured_or_planned():
    # given
    records = epochs(2)
    records[0]["layers"][0]["identical_units"] = True
    layers = [
        {"type": "flatten"},
        {"type": "dense", "units": 25, "activation": "tanh", "kernel_initializer": "zeros"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ]

    # when / then
    assert diagnosed(spec_of(), records)["symmetric_weights:dense_1"]["severity"] == "critical"
    assert diagnosed(spec_of(layers=layers), [])["symmetric_weights:dense_1"]["severity"] == "critical"


@pytest.mark.parametrize(("over", "severity"), [(1.5, None), (2.5, "warning"), (5.0, "critical")])
def test_start_is_compared_with_chance_level(over, severity):
    # given ReLU with He starts at 1.5
    records = epochs(2)
    records[0]["network"]["loss_over_chance"] = over

    # when / then
    assert (diagnosed(spec_of(), records).get("bad_start") or {}).get("severity") == severity


def test_squared_error_behind_a_sigmoid_is_reported_before_training_and_worse_when_stuck():
    # given
    spec = spec_of(output="sigmoid", loss="mean_squared_error")

    # when
    before, stuck = diagnosed(spec, []), diagnosed(spec, epochs(4, network={"saturated_wrong": 0.3}))

    # then
    assert before["loss_mismatch"]["severity"] == "warning"
    assert stuck["loss_mismatch"]["severity"] == "critical"
    assert [one["patch"][-1]["value"] for one in before["loss_mismatch"]["remedies"]] == [
        "binary_crossentropy",
        "categorical_crossentropy",
    ]


@pytest.mark.parametrize(("ratio", "severity"), [(0.02, None), (0.05, "warning"), (0.2, "critical")])
def test_large_steps_are_reported(ratio, severity):
    # when
    finding = diagnosed(spec_of(), epochs(4, layer={"update_ratio": ratio})).get("learning_rate_high:dense_1")

    # then
    assert (finding and finding["severity"]) == severity
    if finding:
        assert finding["remedies"][0]["patch"][0]["value"] == pytest.approx(1e-4)


def test_a_condition_of_one_epoch_is_no_finding_and_one_that_passed_is_info():
    # given
    once, passed = epochs(6), epochs(6)
    once[2]["layers"][0]["update_ratio"] = 0.2
    for place in (1, 2):
        passed[place]["layers"][0]["update_ratio"] = 0.2

    # when / then
    assert diagnosed(spec_of(), once) == {}
    finding = diagnosed(spec_of(), passed)["learning_rate_high:dense_1"]
    assert (finding["severity"], finding["first_epoch"], finding["last_epoch"]) == ("info", 1, 2)


def test_stalled_runs_are_told_apart_by_what_holds_them_up():
    # given four ways to stall
    flat = [2.30, 2.30, 2.30, 2.299, 2.299, 2.299]

    # when / then
    low = diagnosed(spec_of(), epochs(6, flat, layer={"movement": 1e-5}))
    assert low["learning_rate_low"]["severity"] == "warning"
    assert "not_learning" not in low
    assert set(diagnosed(spec_of(), epochs(6, flat))) == {"not_learning"}
    vanishing = diagnosed(spec_of(count=2), epochs(6, flat, network={"vanish_ratio": 5e-4}))
    assert vanishing["vanishing_gradient"]["severity"] == "critical"
    assert "not_learning" not in vanishing
    grown = diagnosed(spec_of(), epochs(6, flat, layer={"saturated_fraction": 0.5}))
    assert grown["saturation_growing:dense_1"]["severity"] == "warning"
    assert "not_learning" not in grown


def test_a_converged_run_is_not_stalled():
    # given a loss that is flat, and below half of chance level
    assert diagnosed(spec_of(), epochs(8, [2.3, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])) == {}


def test_growing_saturation_is_no_alarm_while_the_network_learns():
    # given Glorot and tanh with adam, which goes from 12 to 45 %
    finding = diagnosed(spec_of(), epochs(6, layer={"saturated_fraction": 0.45}))["saturation_growing:dense_1"]

    # then
    assert finding["severity"] == "info"


def test_batch_norm_after_a_bounded_activation_tolerates_saturation():
    # given
    layers = [
        {"type": "flatten"},
        {"type": "dense", "units": 25, "activation": "tanh", "batch_normalization": "after_activation"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ]
    records = epochs(6, layer={"saturated_fraction": 0.6}, network={"vanish_ratio": 5e-3})

    # when / then
    assert diagnosed(spec_of(layers=layers), records)["saturation_growing:dense_1"]["severity"] == "info"


def test_sigmoid_collapse_looks_at_the_last_sigmoid_layer():
    # when
    finding = diagnosed(spec_of("sigmoid"), epochs(4, layer={"saturated_low": 0.7}))["sigmoid_collapse:dense_1"]

    # then
    assert [one["patch"][0]["value"] for one in finding["remedies"]] == ["tanh", "relu"]


@pytest.mark.parametrize(("share", "severity"), [(0.16, None), (0.3, "warning"), (0.53, "critical")])
def test_dying_counts_units_that_were_alive(share, severity):
    # when
    records = epochs(4, layer={"died_unit_fraction": share, "saturated_fraction": None})
    finding = diagnosed(spec_of("relu"), records).get("dying_relu:dense_1")

    # then
    assert (finding and finding["severity"]) == severity


def test_the_remedy_of_dying_units_follows_the_size_of_the_steps():
    # given
    small = epochs(4, layer={"died_unit_fraction": 0.6, "update_ratio": 0.001})
    large = epochs(4, layer={"died_unit_fraction": 0.6, "update_ratio": 0.02})

    # when
    first = [diagnosed(spec_of("relu"), records)["dying_relu:dense_1"]["remedies"][0] for records in (small, large)]

    # then
    assert [one["patch"][0]["value"] for one in first] == ["leaky_relu", pytest.approx(1e-4)]


@pytest.mark.parametrize(("gates", "path"), [(-2.5, "activation"), (-0.2, "kernel_initializer")])
def test_vanishing_is_remedied_by_what_is_to_blame(gates, path):
    # given
    split = {"vanish_ratio": 2e-3, "gate_decades": gates, "weight_decades": -2.7 - gates}
    layers = [
        {"type": "flatten"},
        {"type": "dense", "units": 25, "activation": "tanh", "kernel_initializer": "random_uniform", "repeat": 2},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ]

    # when
    finding = diagnosed(spec_of(layers=layers), epochs(4, network=split))["vanishing_gradient"]

    # then
    assert finding["remedies"][0]["patch"][0]["path"] == f"/layers/1/{path}"


def test_exploding_and_non_finite_are_reported():
    # given
    broken = epochs(3)
    broken[2]["train"] = {"loss": None, "accuracy": None, "non_finite": 1}

    # when / then
    assert diagnosed(spec_of(count=2), epochs(4, network={"vanish_ratio": 90.0}))["exploding_gradient"]
    finding = diagnosed(spec_of(), broken)["non_finite"]
    assert (finding["severity"], finding["first_epoch"]) == ("critical", 2)


def test_what_is_not_finite_stays_critical_beside_its_cause():
    # given
    records = epochs(4, layer={"update_ratio": 0.5})
    records[-1]["train"]["loss"] = None

    # when
    finding = diagnosed(spec_of(), records)["non_finite"]

    # then
    assert (finding["severity"], finding["caused_by"]) == ("critical", "learning_rate_high:dense_1")


def test_overfitting_is_a_rise_and_not_a_ratio():
    # given
    ratio, rise = epochs(8), epochs(8)
    for place, record in enumerate(ratio):
        record["validation"]["loss"] = 3 * record["train"]["loss"]
        rise[place]["validation"]["loss"] = [2.3, 1.0, 0.8, 1.0, 1.1, 1.2, 1.3, 1.4][place]

    # when / then
    assert diagnosed(spec_of(), ratio)["overfitting"]["severity"] == "info"
    finding = diagnosed(spec_of(), rise)["overfitting"]
    assert finding["severity"] == "warning"
    assert finding["remedies"][0]["patch"][0] == {
        "op": "add",
        "path": "/layers/2",
        "value": {"type": "dropout", "rate": 0.3},
    }


def test_linear_and_idle_layers_are_worth_knowing():
    # given
    records = epochs(4, layer={"gate": 0.995, "dormant_unit_fraction": 0.7})
    for record in records:
        record["layers"].append(record["layers"][0] | {"name": "dense_2"})

    # when
    findings = diagnosed(spec_of(count=2), records)

    # then
    assert findings["nearly_linear"]["severity"] == findings["underused:dense_1"]["severity"] == "info"
    assert findings["underused:dense_1"]["remedies"][0]["patch"][0]["value"] == 12


def test_folds_are_judged_one_by_one():
    # given a fold that went well and one that did not
    well, ill = epochs(4), epochs(4, layer={"update_ratio": 0.2})
    for fold, records in enumerate((well, ill)):
        for record in records:
            record["fold"] = fold

    # when / then
    assert "learning_rate_high:dense_1" in diagnosed(spec_of(), well + ill)


def test_thresholds_can_be_set_and_are_echoed():
    # given
    records = epochs(3)
    records[0]["layers"][0]["saturated_fraction"] = 0.2

    # when
    finding = diagnosed(spec_of(), records, saturated_at_start_warning=0.15)["saturated_at_start:dense_1"]

    # then
    assert finding["evidence"]["threshold"] == 0.15
    assert finding["evidence"]["source"] == "set by the operator"
    with pytest.raises(ValueError, match="there is no threshold"):
        thresholds({"nonsense": 1})
    with pytest.raises(ValueError, match="there is no threshold"):
        Settings(thresholds={"nonsense": 1})


def test_every_remedy_applies_and_validates_and_json_takes_every_finding():
    # given as many findings as can be had at once
    records = epochs(8, [2.3] * 8, layer={"saturated_low": 0.9, "update_ratio": 0.2}, input={"mean": 9.0, "std": 30.0})
    records[0]["layers"][0] |= {"saturated_fraction": 0.9, "weight_std": 9.0, "identical_units": True}
    spec = spec_of("sigmoid", output="sigmoid", loss="mean_squared_error", dataset={"name": "digits"})

    # when
    findings = diagnose(facts_of(spec), records)

    # then
    order = list(RULES)
    assert [order.index(one["rule"]) for one in findings] == sorted(order.index(one["rule"]) for one in findings)
    assert len(findings) >= 6
    json.dumps(findings, allow_nan=False)
    for finding in findings:
        for remedy in finding["remedies"]:
            patched = jsonpatch.apply_patch(copy.deepcopy(spec.to_json()), remedy["patch"])
            assert parse_spec(patched).sha256 != spec.sha256
            assert remedy["why"]


def test_the_cost_of_a_diagnosis_grows_with_the_epochs_and_no_faster():
    # given
    spec = spec_of("tanh")

    def seconds(count):
        records, began = epochs(count), time.process_time()
        diagnose(facts_of(spec), records)
        return time.process_time() - began

    # when / then: ten times the epochs take less than the square, a hundred times as long
    seconds(50)
    assert seconds(3000) < 40 * max(seconds(300), 0.002)
