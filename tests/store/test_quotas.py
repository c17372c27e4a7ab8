"""How much may be queued and running."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from satnet.errors import IdempotencyKeyReused, QuotaExceeded
from satnet.records.ids import new_id
from satnet.spec.external import parse_external
from satnet.store import Store
from tests.api.test_external import BODY as EXTERNAL
from tests.store.test_store import SPEC, submit

FAILED = {"summary": None, "environment": None}


@pytest.fixture
def limited(settings):
    """A store with room for two a owner and three in all."""
    quotas = {"max_open_experiments_per_owner": 2, "max_open_experiments": 3}
    quotas |= {"max_open_sweeps_per_owner": 1, "max_open_sweeps": 2}
    store = Store(settings.model_copy(update=quotas))
    yield store
    store.close()


def external(store):
    spec = parse_external(dict(EXTERNAL)).to_json()
    return store.submit_external(experiment_id=new_id(), spec=spec, idempotency_key=None, fingerprint="", findings=[])


def sweep(store, key=None):
    return store.create_sweep(new_id("swp_"), {"name": "s"}, key, "")[0]


def trial(store, sweep_id, place):
    return store.submit(
        experiment_id=new_id(), spec=SPEC.to_json(), spec_sha256="s", queue="default", trial=(sweep_id, place)
    )


def end(store, status="failed"):
    grant = store.claim(["default"], "w", new_id())
    store.finish(grant.id, grant.fence, status, **FAILED)


def test_an_owner_has_room_again_once_one_of_his_is_over(limited):
    # given
    anna = limited.acting_for("anna", everything=False)
    for _ in range(2):
        submit(anna)

    # when / then
    with pytest.raises(QuotaExceeded, match="SATNET_MAX_OPEN_EXPERIMENTS_PER_OWNER"):
        submit(anna)
    end(limited)
    submit(anna)


def test_one_that_runs_counts_and_one_that_is_paused_does_not(limited):
    # given
    anna = limited.acting_for("anna", everything=False)
    submit(anna)
    second, _ = submit(anna)
    limited.claim(["default"], "w", "n")

    # when / then
    with pytest.raises(QuotaExceeded):
        submit(anna)
    limited.pause(second)
    submit(anna)


def test_all_owners_together_have_a_quota_too(limited):
    # given
    for owner in ("anna", "anna", "ben"):
        submit(limited.acting_for(owner, everything=False))

    # when / then
    with pytest.raises(QuotaExceeded):
        submit(limited.acting_for("clara", everything=False))


def test_external_experiments_count(limited):
    # given
    external(limited)
    external(limited)

    # when / then
    with pytest.raises(QuotaExceeded):
        external(limited)
    with pytest.raises(QuotaExceeded):
        submit(limited)


def test_what_was_stored_before_is_replayed_beyond_the_quota(limited):
    # given
    first, _ = submit(limited, key="k", fingerprint="f")
    submit(limited)

    # when / then
    assert submit(limited, key="k", fingerprint="f") == (first, True)
    with pytest.raises(IdempotencyKeyReused):
        submit(limited, key="k", fingerprint="g")


def test_trials_take_no_room_of_their_owner_but_room_of_all(limited):
    # given
    sweep_id = sweep(limited)
    submit(limited)
    trial(limited, sweep_id, "0:0")
    trial(limited, sweep_id, "1:0")

    # when / then
    with pytest.raises(QuotaExceeded):
        trial(limited, sweep_id, "2:0")
    for _ in range(3):
        end(limited)
    for _ in range(2):
        submit(limited)


def test_sweeps_that_are_not_over_have_a_quota(limited):
    # given
    anna = limited.acting_for("anna", everything=False)
    first = sweep(anna, key="k")

    # when / then
    with pytest.raises(QuotaExceeded, match="SATNET_MAX_OPEN_SWEEPS"):
        sweep(anna)
    assert sweep(anna, key="k") == first
    sweep(limited.acting_for("ben", everything=False))
    with pytest.raises(QuotaExceeded):
        sweep(limited.acting_for("clara", everything=False))
    limited.set_sweep_status(first, "cancelled")
    sweep(anna)


def test_many_at_once_do_not_pass_the_quota(limited):
    # given
    def one(_):
        try:
            submit(limited)
        except QuotaExceeded:
            return 0
        return 1

    # when
    with ThreadPoolExecutor(8) as pool:
        accepted = sum(pool.map(one, range(40)))

    # then
    assert accepted == 2
