"""What a dry run answers."""

from satnet.service.dry_run import dry_run
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
    answer = dry_run(parse_spec(SPEC), {})

    # then
    parameters = 8 * 5 + 5 + 5 * 3 + 3
    assert answer["estimate"]["parameters"] == parameters
    assert answer["estimate"]["weights_bytes"] == 4 * parameters
    assert answer["estimate"]["memory_bytes"] == 4 * 80 * 8 + 16 * parameters
    assert [layer["output_shape"] for layer in answer["layers"]] == [[5], [3]]
    assert answer["spec"]["training"]["epochs"] > 0


def test_dry_run_of_a_limited_dataset_needs_less_memory():
    # given
    limited = SPEC | {"dataset": SPEC["dataset"] | {"train_size": 40}}

    # when
    whole, part = (dry_run(parse_spec(spec), {})["estimate"]["memory_bytes"] for spec in (SPEC, limited))

    # then
    assert whole - part == 4 * 40 * 8
