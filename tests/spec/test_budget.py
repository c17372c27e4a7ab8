"""What a spec may cost."""

from dataclasses import asdict, replace

import pytest

from satnet.spec import parse_spec, plan_network
from satnet.spec.budget import Limits, cost, exceeded

ROOMY = Limits(
    parameters=10**15,
    model_bytes=10**15,
    data_bytes=10**15,
    memory_bytes=10**15,
    record_bytes=10**15,
    operations=10**25,
)


def body(samples=100, features=8, units=5, **more):
    layers = [
        {"type": "dense", "units": units, "activation": "tanh"},
        {"type": "dense", "units": 2, "activation": "softmax"},
    ]
    rows = {"name": "gaussian", "samples": samples, "features": features, "classes": 2}
    return {"dataset": rows, "layers": layers, "seed": 1, **more}


def image_body(filters, side=300, samples=40, **more):
    layers = [
        {"type": "reshape", "target_shape": [side, side, 1]},
        {"type": "conv2d", "filters": filters, "kernel_size": 1, "activation": "relu"},
        {"type": "global_average_pooling2d"},
        {"type": "dense", "units": 2, "activation": "softmax"},
    ]
    return body(samples, side * side, **more) | {"layers": layers}


def cifar_body():
    layers = [{"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}]
    return {"dataset": {"name": "cifar10"}, "layers": layers}


def costs(content):
    spec = parse_spec(content)
    return cost(spec, plan_network(spec))


def refused(content, **limits):
    spec = parse_spec(content)
    return exceeded(spec, plan_network(spec), replace(ROOMY, **limits))


@pytest.mark.parametrize(
    ("content", "limits", "pointer"),
    [
        (body(1_000_000, 100_000), {"data_bytes": 10**10}, "#/dataset/samples"),
        (body(1_000_000, 100_000), {"memory_bytes": 10**10}, "#/dataset/samples"),
        (body(4096, 100_000), {"data_bytes": 10**9}, "#/dataset/features"),
        (image_body(8192), {"memory_bytes": 8 * 10**9}, "#/layers/1/filters"),
        (
            body(100_000, 10, 8192, saturation={"probe_size": 65_536}),
            {"memory_bytes": 10**9},
            "#/saturation/probe_size",
        ),
        (
            body(100_000, 10, 8192, training={"batch_size": 65_536}, saturation={"probe_size": 100}),
            {"memory_bytes": 10**9},
            "#/training/batch_size",
        ),
        (body(100, 5000, 8000), {"memory_bytes": 10**9}, "#/layers/0/units"),
        (body(100, 5000, 8000), {"parameters": 10**6}, "#/layers/0/units"),
        (body(100, 5000, 8000), {"model_bytes": 10**6}, "#/layers/0/units"),
        (body(training={"epochs": 10_000}), {"record_bytes": 10**7}, "#/training/epochs"),
        (body(training={"epochs": 10_000}), {"operations": 10**6}, "#/training/epochs"),
        (cifar_body(), {"data_bytes": 10**6}, "#/dataset/train_size"),
    ],
)
def test_the_field_that_costs_most_is_named(content, limits, pointer):
    # when
    (error,) = refused(content, **limits)

    # then
    assert (error.pointer, error.code) == (pointer, "limit")
    (name,) = limits
    assert error.got > limits[name]
    assert f"{limits[name]:,}" in error.detail
    assert f"SATNET_MAX_{name.upper()}" in error.detail


def test_an_affordable_spec_is_not_refused():
    # when / then
    assert refused(body()) == []


def test_rows_that_are_not_known_yet_have_no_cost():
    # given
    spec = parse_spec({**body(), "dataset": {"path": "rows.npz"}}, allow_path=True)

    # when / then
    assert cost(spec, plan_network(spec)) is None
    assert exceeded(spec, plan_network(spec), replace(ROOMY, memory_bytes=1)) == []


def test_rows_count_with_all_their_copies():
    # when
    once, twice = costs(body(100_000, 500)).memory, costs(body(200_000, 500)).memory

    # then: more than float32 alone, and in proportion to the rows
    assert once.data > 2 * 4 * 100_000 * 500
    assert twice.data == pytest.approx(2 * once.data)


@pytest.mark.parametrize(
    ("part", "more"),
    [
        ("batch", {"training": {"batch_size": 4096}}),
        ("probe", {"saturation": {"probe_size": 8192}}),
        ("parameters", {"optimizer": {"name": "adam", "amsgrad": True}}),
    ],
)
def test_each_part_grows_with_its_field(part, more):
    # when
    small, large = (asdict(costs(body(20_000, units=512, **one)).memory) for one in ({}, more))

    # then
    assert large[part] > small[part]
    assert large["peak"] >= small["peak"]


def test_fewer_measured_epochs_store_less_and_folds_more():
    # given
    epochs = {"training": {"epochs": 1000}}

    # when
    every, some = costs(body(**epochs)), costs(body(**epochs, saturation={"every": 10}))
    folds = costs(body(**epochs, cross_validation={"folds": 4}))

    # then
    assert some.record_bytes < every.record_bytes < folds.record_bytes
    assert folds.operations == pytest.approx(3 * every.operations, rel=0.05)
