"""Datasets are read once: by a process, and, unpacked, by a machine."""

import os

import numpy as np
import pytest

from satnet.errors import DataError
from satnet.spec import parse_spec
from satnet.training import row_cache, sources

SOFTMAX = {"type": "dense", "units": 10, "activation": "softmax"}


@pytest.fixture(autouse=True)
def _empty():
    row_cache.forget()
    yield
    row_cache.forget()


@pytest.fixture
def data_dir(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "datasets").mkdir()
    write(tmp_path, rng.integers(0, 256, (400, 28, 28)))
    return tmp_path


def write(data_dir, x):
    y = np.arange(400) % 10
    parts = {"x_train": x[:300], "x_test": x[300:], "y_train": y[:300], "y_test": y[300:]}
    np.savez_compressed(data_dir / "datasets" / "mnist.npz", **{k: v.astype(np.uint8) for k, v in parts.items()})


def spec_of(seed=1, **dataset):
    body = {"dataset": {"name": "mnist"} | dataset, "layers": [{"type": "flatten"}, SOFTMAX], "seed": seed}
    return parse_spec(body)


def only(spec, data_dir):
    ((_, ready),) = row_cache.prepared(spec, data_dir)
    return ready()


def test_second_experiment_on_a_dataset_loads_nothing(data_dir, monkeypatch):
    # given
    first = only(spec_of(standardize="per_feature"), data_dir)
    monkeypatch.setattr(sources, "read_npz", lambda path: pytest.fail(f"{path} was read again"))

    # when
    second = only(spec_of(standardize="per_feature"), data_dir)
    row_cache.forget()
    third = only(spec_of(standardize="per_feature"), data_dir)

    # then by the same process not even tensors are made, by the next one the unpacked file is mapped
    assert second is first
    assert second.on_device[0] is first.on_device[0]
    assert third is not first
    assert np.array_equal(third.train.x, first.train.x)


def test_rows_that_are_ready_are_kept_where_there_is_no_room_for_those_of_the_file(tmp_path, monkeypatch):
    # given
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 50)).astype(np.float32), rng.integers(0, 3, 300)
    np.savez(tmp_path / "floats.npz", x_train=x, y_train=y, x_test=x[:30], y_test=y[:30])
    layers = [{"type": "dense", "units": 3, "activation": "softmax"}]
    spec = parse_spec({"dataset": {"path": str(tmp_path / "floats.npz")}, "layers": layers}, allow_path=True)
    monkeypatch.setattr(row_cache, "_MOST_BYTES", only(spec, tmp_path).nbytes + 5_000)
    row_cache.forget()

    # when
    first = only(spec, tmp_path)
    monkeypatch.setattr(sources, "read_npz", lambda path: pytest.fail(f"{path} was read again"))

    # then
    assert only(spec, tmp_path) is first


def test_images_stay_bytes_and_are_standardized_as_floats_are(data_dir):
    # when
    data = only(spec_of(standardize="per_feature"), data_dir)
    probed = data.probed(np.arange(300)).x

    # then
    assert data.train.x.dtype == data.test.x.dtype == np.uint8
    exact = (data.train.x - data.train.x.mean(axis=0, dtype=np.float64)) / data.train.x.std(axis=0, dtype=np.float64)
    assert probed.dtype == np.float32
    assert np.abs(probed - exact).max() < 1e-5


def test_another_file_of_the_name_is_read(data_dir):
    # given
    before = only(spec_of(), data_dir)

    # when
    write(data_dir, np.full((400, 28, 28), 7))
    os.utime(data_dir / "datasets" / "mnist.npz", (1, 1))
    after = only(spec_of(), data_dir)

    # then the unpacked copy of the first is gone too
    assert after.train.x.max() == 7 != before.train.x.max()
    assert len(list((data_dir / "cache").iterdir())) == 1


def test_another_seed_fraction_or_fold_is_another_entry(data_dir):
    # when
    kept = [only(spec_of(seed, validation_fraction=part), data_dir) for seed in (1, 2) for part in (0.1, 0.2)]

    # then
    assert len({one.validation.x.tobytes() for one in kept}) == 4


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(data_dir):
    # given a file where the directory should be
    (data_dir / "cache").write_text("")

    # when / then
    assert len(only(spec_of(), data_dir).train) == 300


def test_what_is_kept_is_bounded(data_dir, monkeypatch):
    # given
    monkeypatch.setattr(row_cache, "_MOST_BYTES", 1_200_000)

    # when
    for seed in range(5):
        only(spec_of(seed, train_size=200), data_dir)

    # then
    assert 0 < sum(size for size, _ in row_cache._kept.values()) <= 1_200_000


def test_a_broken_file_is_told(data_dir):
    (data_dir / "datasets" / "mnist.npz").write_bytes(b"no zip")
    with pytest.raises(DataError, match="not a readable"):
        only(spec_of(), data_dir)
