"""The fault schedules in their short form; `make faults` runs the long one."""

import pytest
import redis

from satnet.failpoints import ACTIONS, NAMES, parse
from satnet.store import scripts
from tests.faults import schedules, stub
from tests.faults.fleet import ROOT
from tests.faults.proxy import Proxy

pytestmark = pytest.mark.service


def clean(score):
    assert score.wrong == []
    assert (score.lost, score.doubled, score.stuck) == (0, 0, 0)
    return score


def test_lost_replies_change_nothing(valkey_url, raw):
    raw.flushall()
    score = clean(schedules.lost_replies(valkey_url, int(valkey_url.split(":")[2].split("/")[0])))
    assert score.faults == len(scripts.NAMES) - 1  # external is submit without a queue


def test_kills_in_any_order_lose_nothing(tmp_path):
    score = clean(schedules.kills(tmp_path, seed=2, experiments=24, count=8, workers=2, gap=(0.5, 1.5)))
    assert score.accepted == 24


def test_bad_experiments_fail_with_their_reason_and_harm_no_other(tmp_path):
    clean(schedules.bad_experiments(tmp_path))


def test_stopped_worker_comes_back_too_late(tmp_path):
    clean(schedules.stopped_workers(tmp_path, count=1))


def test_store_restarts_cost_no_attempt(tmp_path):
    clean(schedules.store_restarts(tmp_path, count=3, experiments=12))


def test_store_away_is_told_and_survived(tmp_path):
    clean(schedules.store_away(tmp_path, seconds=6))


def test_cancel_races_claim(valkey_url, raw):
    raw.flushall()
    clean(schedules.cancel_races_claim(valkey_url, 300))


def test_one_key_is_one_experiment(tmp_path):
    score = clean(schedules.one_key(tmp_path, clients=20))
    assert score.accepted == 1


def test_a_cut_reader_misses_nothing(tmp_path):
    clean(schedules.cut_readers(tmp_path))


@pytest.mark.parametrize(
    ("name", "action"), [("after_claim", "hang"), ("before_finish", "kill"), ("after_checkpoint_file", "kill")]
)
def test_failpoints(tmp_path, name, action):
    clean(schedules.each_failpoint(tmp_path, [name], [action]))


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
