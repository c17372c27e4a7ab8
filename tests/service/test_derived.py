"""Clones, and remedies with their baselines."""

import pytest

from satnet import presets
from satnet.errors import BadRequest, IdempotencyKeyReused, InvalidSpec, NotFound
from satnet.service import derived
from satnet.service.intake import submit_posted

FINDING = "initializer_mismatch:dense_1"


def wake(_queue):
    """No worker is needed."""


@pytest.fixture
def experiment_id(store, settings):
    return submit_posted(store, settings, presets.load("saturated-digits"), wake, None)


def test_each_remedied_run_of_a_new_seed_has_a_baseline(store, settings, experiment_id):
    # when
    submitted = derived.submit_remedy(store, settings, wake, experiment_id, FINDING, remedy=0, repeats=3)

    # then
    content = submitted.document(store)
    assert [one["seed"] - store.get(experiment_id)["seed"] for one in content["data"]] == [0, 1, 2]
    assert [one["seed"] for one in content["baselines"]] == [one["seed"] for one in content["data"][1:]]
    assert {one["parent"]["role"] for one in content["baselines"]} == {"baseline"}
    assert all(one["spec"]["layers"] == store.get(experiment_id)["spec"]["layers"] for one in content["baselines"])
    assert content["links"]["compare"].count(",") == 5


@pytest.mark.parametrize(
    ("finding", "remedy", "error"), [("dying_relu:dense_1", 0, NotFound), (FINDING, 99, InvalidSpec)]
)
def test_a_remedy_that_is_not_there_is_refused(store, settings, experiment_id, finding, remedy, error):
    # when / then
    with pytest.raises(error):
        derived.submit_remedy(store, settings, wake, experiment_id, finding, remedy=remedy, repeats=1)


def test_a_clone_with_one_key_is_made_once(store, settings, experiment_id):
    # given
    patch = [{"op": "replace", "path": "/training/epochs", "value": 2}]
    first = derived.clone(store, settings, wake, experiment_id, patch, "k")

    # when / then
    assert derived.clone(store, settings, wake, experiment_id, patch, "k") == first
    with pytest.raises(IdempotencyKeyReused):
        derived.clone(store, settings, wake, experiment_id, [], "k")


@pytest.mark.parametrize(("patch", "error"), [(5, BadRequest), ([1], BadRequest), ([{"op": "nap"}], InvalidSpec)])
def test_what_is_no_patch_is_refused(patch, error):
    # when / then
    with pytest.raises(error):
        derived.patched(presets.load("healthy-digits"), patch)
