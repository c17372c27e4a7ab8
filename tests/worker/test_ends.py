"""What a real worker does to a training process that takes too long or too much."""

import pytest

from tests.faults.fleet import SPEC, Fleet

pytestmark = pytest.mark.service


def test_a_worker_outlives_training_that_takes_too_long_or_too_much(tmp_path):
    # given
    limits = {"SATNET_WORKER_MEMORY_BYTES": "600000000", "SATNET_DEADLINE_GRACE": "PT0.5S", "SATNET_STALL_S": "60"}
    with Fleet(tmp_path, 1, limits) as fleet:
        # when one sleeps past its deadline, one grows without end, and one behaves
        late = fleet.submit("late", labels={"do": "hang"}, resources={"max_seconds": 2})
        large = fleet.submit("large", labels={"do": "grow"})
        good = fleet.submit("good")
        fleet.settle(90)

        # then each is told why, after one attempt, and the third is as ever
        told = {name: fleet.get(one) for name, one in (("late", late), ("large", large), ("good", good))}
        reasons = {name: (one["status_reason"] or {}).get("code") for name, one in told.items()}
        assert reasons == {"late": "deadline_exceeded", "large": "out_of_memory", "good": None}
        assert "were estimated" in told["large"]["status_reason"]["message"]
        assert [len(one["attempts"]) for one in told.values()] == [1, 1, 1]
        assert told["good"]["status"] == "succeeded"
        assert SPEC["training"]["epochs"] == told["good"]["progress"]["epoch"]
