"""The device a worker chooses, with made-up device files and a real store for the leases."""

import pytest

from satnet.service.queues import queue_for, queues_of
from satnet.settings import Settings
from worker import device


@pytest.fixture
def four_gpus(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name in ("nvidia0", "nvidia1", "nvidia10", "nvidia2", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    return device.visible_gpus(tmp_path)


def test_gpus_are_the_numbered_device_files_in_order(four_gpus):
    # when / then
    assert four_gpus == ["0", "1", "2", "10"]


@pytest.mark.parametrize(("value", "gpus"), [("", []), ("-1", []), ("3", ["3"]), ("1, 2", ["1", "2"])])
def test_visible_devices_wins_over_device_files(tmp_path, monkeypatch, value, gpus):
    # given
    (tmp_path / "nvidia0").touch()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)

    # when / then
    assert device.visible_gpus(tmp_path) == gpus


def test_each_worker_of_a_host_gets_a_gpu_of_its_own(store, four_gpus):
    # when five workers start on four GPUs
    chosen = [
        device.choose(four_gpus, lambda gpu, worker=worker: store.lease_gpu("node", gpu, worker))
        for worker in ("a", "b", "c", "d", "e")
    ]

    # then the fifth has none, an owner renews, and another host is another matter
    assert chosen == ["0", "1", "2", "10", None]
    assert store.lease_gpu("node", "0", "a")
    assert not store.lease_gpu("node", "0", "e")
    assert store.lease_gpu("other", "0", "e")


def test_a_dead_workers_gpu_is_free_again_after_its_lease(store):
    # given a lease of half a second that nobody renews
    import time

    assert store.lease_gpu("node", "0", "dead")

    # when
    end = time.monotonic() + 5
    while not store.lease_gpu("node", "0", "new") and time.monotonic() < end:
        time.sleep(0.05)

    # then
    assert store.lease_gpu("node", "0", "new")


def test_environment_shows_tensorflow_one_gpu_or_none():
    # when / then
    assert device.environment("2")["CUDA_VISIBLE_DEVICES"] == "2"
    assert device.environment("2")["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert device.environment(None)["CUDA_VISIBLE_DEVICES"] == "-1"


def test_worker_tells_its_kind_and_takes_from_its_queues(monkeypatch):
    # given
    for key, value in device.environment("1").items():
        monkeypatch.setenv(key, value)

    # when / then
    assert device.describe("node") == {"kind": "gpu", "gpu": "1", "host": "node"}
    assert queues_of("default", device.kind()) == ["default", "default-gpu"]
    assert queue_for("default", "any") == "default"
    assert queue_for("default", "cpu") in queues_of("default", "cpu")


@pytest.mark.parametrize(
    ("quota", "expected"), [("max 100000", 8), ("150000 100000", 1), ("400000 100000", 4), ("50000 100000", 1), ("", 8)]
)
def test_cores_are_those_that_the_container_may_use(tmp_path, monkeypatch, quota, expected):
    # given
    monkeypatch.setattr(device.os, "sched_getaffinity", lambda _: set(range(8)))
    (tmp_path / "cpu.max").write_text(quota)

    # when / then
    assert device.cores(tmp_path) == expected


@pytest.mark.parametrize(("workers", "threads", "expected"), [(1, 0, 8), (3, 0, 2), (16, 0, 1), (2, 5, 5)])
def test_workers_of_a_machine_share_its_cores(monkeypatch, workers, threads, expected):
    # given
    monkeypatch.setattr(device, "cores", lambda: 8)

    # when / then
    assert device.threads(Settings(workers=workers, threads=threads)) == expected
