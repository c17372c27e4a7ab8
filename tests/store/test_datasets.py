"""Uploaded datasets in the store: whose they are, who reads them, what uses them."""

import hashlib
import time
from datetime import timedelta

import pytest

from satnet.errors import BadRequest, Conflict, InvalidSpec, NotFound, QuotaExceeded
from satnet.records.ids import content_id, new_id
from satnet.store import Store
from satnet.store.datasets import NewDataset
from tests.store.test_store import submit

LEASE = timedelta(seconds=20)
FACTS = {"form": "table", "rows": 3, "columns": [{"name": "a", "kind": "number", "missing": 0, "distinct": 3}]}


def added(store, content="a", *, name=None, size=10):
    """An upload whose content is `content`."""
    digest = hashlib.sha256(content.encode())
    dataset_id = content_id("ds_", hashlib.sha256(f"{store._owner}/{content}".encode()).digest())
    file = {"bytes": size, "sha256": digest.hexdigest()}
    store.add_dataset(
        NewDataset(dataset_id, name, "data.csv", "text/csv", {"delimiter": ";"}, file, f"datasets/{dataset_id}/t")
    )
    return dataset_id


def take(store, token, lease=LEASE):
    """What a worker with this token takes, without waiting."""
    return store.take_dataset(token, lease, patience=0)


def ready(store, content="a"):
    """One that a worker has read."""
    dataset_id = added(store, content)
    task = take(store, "t" + content)
    assert task.record.id == dataset_id
    files = {"table.parquet": {"bytes": 5, "sha256": "00"}}
    assert store.dataset_ready(task, facts=FACTS, profile={"warnings": [1, 2]}, sample=[{"a": 1}], files=files)
    return dataset_id


def test_a_dataset_waits_is_read_and_is_ready(store):
    # when
    dataset_id = added(store)
    waiting = store.dataset(dataset_id)
    ready(store)
    record = store.dataset(dataset_id)

    # then
    assert (waiting.status, waiting.facts, waiting.name, waiting.options) == (
        "waiting",
        None,
        "data.csv",
        {"delimiter": ";"},
    )
    assert (record.status, record.form, record.rows, record.width, record.warnings) == ("ready", "table", 3, 1, 2)
    assert record.facts == FACTS
    assert record.files == {"table.parquet": {"bytes": 5, "sha256": "00"}}
    assert store.dataset_part(dataset_id, "sample") == [{"a": 1}]
    assert store.dataset_part(dataset_id, "profile") == {"warnings": [1, 2]}
    assert store.dataset("ds_00000000000000000000000000") is None


def test_the_same_upload_twice_is_one_dataset(store):
    # given
    dataset_id = ready(store)

    # when
    again = added(store, name="a better name")

    # then
    assert again == dataset_id
    assert store.dataset(dataset_id).status == "ready"
    assert store.dataset(dataset_id).name == "a better name"
    assert len(store.datasets(limit=10)[0]) == 1
    assert take(store, "another") is None


def test_what_belongs_to_others_is_not_found(store):
    # given
    alice, bob = (store.acting_for(one, everything=False) for one in ("alice", "bob"))
    own = added(alice)

    # when / then
    assert added(bob) != own
    assert alice.dataset(own).owner == "alice"
    assert bob.dataset(own) is None
    with pytest.raises(NotFound, match=own):
        bob.require_dataset(own)
    assert [one.id for one in alice.datasets(limit=5)[0]] == [own]
    assert bob.datasets(limit=5, owner="alice") == ([], None)
    assert len(store.datasets(limit=5)[0]) == 2


def test_pages_are_without_gap_or_repeat(store):
    # given
    names = {added(store, str(number)) for number in range(7)}

    # when
    seen, after = [], None
    while True:
        page, after = store.datasets(limit=3, after=after)
        seen += [one.id for one in page]
        if after is None:
            break

    # then
    assert len(seen) == 7
    assert set(seen) == names
    with pytest.raises(BadRequest, match="cursor"):
        store.datasets(limit=3, after="exp_1")


def test_one_dataset_is_read_by_one_worker(store):
    # given
    dataset_id = added(store)

    # when
    task = take(store, "one")

    # then
    assert task.record.id == dataset_id
    assert take(store, "two") is None
    assert take(store, "one").record.id == dataset_id
    assert store.renew_dataset(task, LEASE)


def test_a_lost_worker_s_dataset_is_read_by_another(store):
    # given
    dataset_id = added(store)
    lost = take(store, "one", timedelta(milliseconds=1))
    time.sleep(0.01)

    # when
    task = take(store, "two")

    # then
    assert task.record.id == dataset_id
    assert not store.renew_dataset(lost, LEASE)
    assert not store.dataset_refused(lost, "data_error", "late")
    assert not store.dataset_ready(lost, facts=FACTS, profile={}, sample=[], files={})
    assert store.dataset_ready(task, facts=FACTS, profile={}, sample=[], files={})
    assert store.dataset_ready(task, facts=FACTS, profile={}, sample=[], files={})  # the reply was lost


def test_three_lost_workers_refuse_a_dataset(store):
    # given
    dataset_id = added(store)

    # when
    for token in "abc":
        assert take(store, token, timedelta(milliseconds=1)) is not None
        time.sleep(0.01)

    # then
    assert take(store, "d") is None
    record = store.dataset(dataset_id)
    assert (record.status, record.code) == ("refused", "worker_lost")
    assert "3 times" in record.error
    assert store.datasets(limit=5) == ([], None)


def test_a_refused_dataset_is_listed_no_more_and_read_anew_when_it_comes_again(store, raw):
    # given
    dataset_id = added(store)
    store.dataset_refused(take(store, "one"), "data_error", "line 3 has 4 cells")

    # when
    refused = store.dataset(dataset_id)
    listed = store.datasets(limit=5)[0]
    kept = raw.pttl(f"sn:ds:{dataset_id}")
    added(store)

    # then
    assert (refused.status, refused.code, refused.error) == ("refused", "data_error", "line 3 has 4 cells")
    assert listed == []
    assert 0 < kept <= 86_400_000
    assert store.dataset(dataset_id).status == "waiting"
    assert raw.pttl(f"sn:ds:{dataset_id}") == -1
    assert raw.hget("sn:ds:bytes", "") == "10"


def test_an_owner_s_datasets_have_a_bound_in_bytes(settings):
    # given
    small = Store(settings.model_copy(update={"max_dataset_bytes_per_owner": 25}))
    alice, bob = (small.acting_for(one, everything=False) for one in ("alice", "bob"))
    first = added(alice, "1")
    added(alice, "2")

    # when / then
    with pytest.raises(QuotaExceeded, match="take 20 bytes and this one 10; at most 25"):
        added(alice, "3")
    with pytest.raises(QuotaExceeded):
        alice.require_dataset_room(6)
    alice.require_dataset_room(5)
    added(bob, "3")
    alice.delete_dataset(first)
    added(alice, "3")
    small.close()


def test_a_dataset_that_an_experiment_uses_stays(store):
    # given
    dataset_id = ready(store)
    experiment_id, _ = submit(store, dataset={"name": dataset_id})

    # when / then
    with pytest.raises(Conflict, match=f"used by {experiment_id}"):
        store.delete_dataset(dataset_id)
    store.cancel(experiment_id)
    with pytest.raises(Conflict):
        store.delete_dataset(dataset_id)
    store.delete(experiment_id)
    assert store.delete_dataset(dataset_id) == f"datasets/{dataset_id}/t"
    assert store.dataset(dataset_id) is None
    with pytest.raises(NotFound):
        store.delete_dataset(dataset_id)


def test_a_dataset_that_a_sweep_uses_stays_until_the_sweep_is_forgotten(store, raw):
    # given
    dataset_id = ready(store)
    store.create_sweep("swp_1", {"base": {}, "parameters": {"dataset.name": ["digits", dataset_id]}}, None, "")

    # when / then
    with pytest.raises(Conflict, match="used by swp_1"):
        store.delete_dataset(dataset_id)
    raw.delete("sn:sweep:swp_1")  # expired
    store.delete_dataset(dataset_id)


def test_a_dataset_that_is_not_there_is_not_used(store):
    # given
    waiting = added(store)
    unknown = "ds_00000000000000000000000000"

    # when / then
    for name in (waiting, unknown):
        with pytest.raises(InvalidSpec, match=f"there is no dataset {name}"):
            submit(store, dataset={"name": name})
        with pytest.raises(InvalidSpec, match=f"there is no dataset {name}"):
            store.create_sweep(new_id("swp_"), {"base": {"dataset": {"name": name}}}, None, "")
    assert store.counts()["queued"] == 0


def test_many_uses_are_named_in_part(store):
    # given
    dataset_id = ready(store)
    for _ in range(8):
        submit(store, dataset={"name": dataset_id})

    # when / then
    with pytest.raises(Conflict) as refusal:
        store.delete_dataset(dataset_id)
    assert str(refusal.value).count("exp_") == 5


def test_a_page_of_many_datasets_takes_under_100_ms(store, raw):
    # given
    count = 100_000
    made = [content_id("ds_", hashlib.sha256(b"%d" % number).digest()) for number in range(count)]
    for start in range(0, count, 10_000):
        with raw.pipeline(transaction=False) as pipe:
            for place, name in enumerate(made[start : start + 10_000], start):
                pipe.hset(f"sn:ds:{name}", mapping={"status": "ready", "owner": "", "name": "n", "created_at": place})
                pipe.zadd("sn:ds:all", {name: place})
            pipe.execute()

    # when
    seconds, after = [], None
    for _ in range(10):
        began = time.perf_counter()
        page, after = store.datasets(limit=200, after=after)
        seconds.append(time.perf_counter() - began)

    # then
    assert len(page) == 200
    assert sorted(seconds)[5] < 0.1
