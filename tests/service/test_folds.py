"""Folds of one experiment on two workers of a real service, one of which is killed."""

import os
import signal

import pytest

from satnet.client import Client
from tests.service.test_end_to_end import Service, until
from tests.training.test_run import digits, without_times

pytestmark = pytest.mark.service


def test_a_helper_that_is_killed_costs_nothing_but_time(tmp_path):
    # given
    service = Service(tmp_path, "--workers", "2")
    body = digits(cross_validation={"folds": 4}, training={"epochs": 25, "batch_size": 2})
    try:
        with Client(service.url) as client:
            until(lambda: len(client.request("GET", "/v1/workers").json()["data"]) == 2, 60)

            def helper(experiment_id):
                workers = client.request("GET", "/v1/workers").json()["data"]
                return next((one["pid"] for one in workers if one["helps"] == experiment_id), None)

            # when
            disturbed = client.experiments.create(body)
            os.kill(until(lambda: helper(disturbed.id), 60), signal.SIGKILL)
            disturbed = disturbed.wait(200)
            calm = client.experiments.create(body).wait(200)

            # then
            assert (disturbed["status"], disturbed["attempt"], calm["status"]) == ("succeeded", 1, "succeeded")
            one, other = ([without_times(record) for record in run.epochs] for run in (disturbed, calm))
            assert [(record["fold"], record["epoch"]) for record in one] == [
                (f, e) for f in range(4) for e in range(26)
            ]
            assert one == other
            assert sum(fold["worker"] is not None for fold in calm["summary"]["folds"]) >= 1
    finally:
        service.stop()
