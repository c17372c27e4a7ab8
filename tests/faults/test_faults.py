"""The fault schedules in their short form; `make faults` runs the long one."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from satnet.service.failpoints import ACTIONS, NAMES, parse
from satnet.store import scripts
from tests.faults import network, schedules, storage, stub, workers
from tests.faults.fleet import ROOT
from tests.faults.proxy import Proxy

pytestmark = pytest.mark.service


def clean(score):
    assert score.wrong == []
    assert (score.lost, score.doubled, score.stuck) == (0, 0, 0)
    return score


SHORT = {
    "bad": schedules.bad_experiments,
    "kills": lambda folder: schedules.kills(folder, 5, experiments=12, count=7, workers=2, pause=0.4, gap=(2, 4)),
    "after_claim hangs": lambda folder: schedules.each_failpoint(folder, ["after_claim"], ["hang"]),
    "before_finish kills": lambda folder: schedules.each_failpoint(folder, ["before_finish"], ["kill"]),
    "after_checkpoint_file kills": lambda folder: schedules.each_failpoint(folder, ["after_checkpoint_file"], ["kill"]),
    "parents": lambda folder: workers.parents_alone(folder, 2, 6),
    "rolling restart": lambda folder: workers.rolling_restart(folder, 1, 6, 2),
    "stopped": lambda folder: schedules.stopped_workers(folder, count=1),
    "store restarts": lambda folder: schedules.store_restarts(folder, count=3, experiments=12),
    "store away": lambda folder: schedules.store_away(folder, seconds=4),
    "store frozen": lambda folder: network.frozen_store(folder, 1, 5),
    "torn file": lambda folder: storage.torn_tail(folder, 2),
    "memory full": lambda folder: storage.memory_full(folder, 6),
    "disk full": lambda folder: storage.disk_full(folder, 1, 3),
    "partition": lambda folder: network.partitions(folder, 1, 5),
    "one key": lambda folder: schedules.one_key(folder, clients=20),
    "cut reader": schedules.cut_readers,
}


@pytest.fixture(scope="module")
def scores(request, tmp_path_factory):
    """Some at a time, as most of a schedule is waiting; only those that are asked for."""
    asked = [one.callspec.params["name"] for one in request.session.items if one.originalname == "test_a_schedule"]
    with ThreadPoolExecutor(3) as pool:
        yield {name: pool.submit(SHORT[name], tmp_path_factory.mktemp("faults")) for name in asked}


@pytest.mark.parametrize("name", SHORT)
def test_a_schedule(scores, name):
    try:
        clean(scores[name].result())
    except schedules.Impossible as reason:
        pytest.skip(str(reason))


def test_lost_replies_change_nothing(valkey_url, raw):
    raw.flushall()
    score = clean(schedules.lost_replies(valkey_url, int(valkey_url.split(":")[2].split("/")[0])))
    assert score.faults == len(scripts.NAMES) - 2  # external is submit without a queue, and seen only says the time


def test_cancel_races_claim(valkey_url, raw):
    raw.flushall()
    clean(schedules.cancel_races_claim(valkey_url, 300))


def test_a_checkpoint_cut_while_it_is_written(valkey_url, raw, tmp_path):
    raw.flushall()
    try:
        clean(storage.cut_checkpoints(tmp_path, valkey_url, most=20))
    except schedules.Impossible as reason:
        pytest.skip(str(reason))


def test_an_expected_run_is_a_chain():
    # when / then: another epoch, another name or another order is another number
    assert len(set(stub.expected("a") + stub.expected("b"))) == 2 * (stub.EPOCHS + 1)


@pytest.mark.parametrize("setting", ["nowhere=kill@f", "after_claim=explode@f", "after_claim=kill", "after_claim"])
def test_a_failpoint_that_there_is_not_is_refused(setting):
    with pytest.raises(ValueError, match="NAME=ACTION@FILE"):
        parse(setting)


def test_failpoints_are_named_in_the_documentation():
    text = (ROOT / "docs" / "reliability.md").read_text()
    assert [one for one in (*NAMES, *ACTIONS) if f"`{one}`" not in text] == []


def test_a_proxy_swallows_only_what_it_is_told(valkey_url, raw):
    # given
    raw.set("x", "1")
    proxy = Proxy(int(valkey_url.split(":")[2].split("/")[0]))

    # when / then
    with redis.Redis(port=proxy.port, socket_timeout=1, retry=None) as client:
        assert client.get("x") == b"1"
        proxy.swallow_next()
        with pytest.raises(redis.RedisError):
            client.incr("x")
    assert raw.get("x") == "2"
    proxy.close()
