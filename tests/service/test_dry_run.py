"""What a dry run answers."""

import pytest

from satnet.errors import InvalidSpec
from satnet.service.dry_run import dry_run
from satnet.settings import Settings
from satnet.spec import parse_spec

SPEC = {
    "dataset": {"name": "gaussian", "features": 8, "samples": 100, "classes": 3},
    "layers": [
        {"type": "dense", "units": 5, "activation": "sigmoid"},
        {"type": "dense", "units": 3, "activation": "softmax"},
    ],
}


def test_dry_run_counts_parameters_and_memory():
    # when
    answer = dry_run(parse_spec(SPEC), Settings())

    # then
    parameters, estimate = 8 * 5 + 5 + 5 * 3 + 3, answer["estimate"]
    assert estimate["parameters"] == parameters
    assert estimate["weights_bytes"] == 4 * parameters
    assert estimate["memory_bytes"] > estimate["data_bytes"] > 4 * 80 * 8
    assert [layer["output_shape"] for layer in answer["layers"]] == [[5], [3]]
    assert answer["spec"]["training"]["epochs"] > 0


def test_a_limit_stands_beside_each_number_that_has_one():
    # when
    answer = dry_run(parse_spec(SPEC), Settings(max_memory_bytes=10**9))

    # then
    assert answer["limits"]["memory_bytes"] == 10**9
    assert all(answer["estimate"][name] <= most for name, most in answer["limits"].items())


def test_dry_run_of_a_limited_dataset_needs_less_memory():
    # given
    large = SPEC | {"dataset": SPEC["dataset"] | {"samples": 100_000, "features": 100}}
    limited = large | {"dataset": large["dataset"] | {"train_size": 40, "test_size": 40}}

    # when
    whole, part = (dry_run(parse_spec(spec), Settings())["estimate"]["memory_bytes"] for spec in (large, limited))

    # then
    assert part < whole


def test_a_dry_run_refuses_what_a_submission_would_refuse():
    # when
    with pytest.raises(InvalidSpec) as refusal:
        dry_run(parse_spec(SPEC), Settings(max_memory_bytes=1000))

    # then
    assert [error.code for error in refusal.value.errors] == ["limit"]
