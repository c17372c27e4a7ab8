"""Faults of workers: a parent alone is killed, all are started anew one by one, real training is killed."""

import random
import subprocess
import threading
import time

import httpx

from satnet import presets
from tests.faults.fleet import Fleet
from tests.faults.schedules import Score, load, lost_names

REAL = {"SATNET_LEASE": "PT6S", "SATNET_HEARTBEAT": "PT1S", "SATNET_CHECKPOINT_EVERY": "PT0.5S", "SATNET_STALL_S": "60"}


def parents_alone(folder, count=10, experiments=24, environment=None, seed=1):
    """Kill -9 of a worker's parent, whose child is left behind: it lets go of what it runs, and ends."""
    rng, score = random.Random(seed), Score("kill -9 of a worker's parent alone", count)
    with Fleet(folder, 2, environment) as fleet:
        loader = threading.Thread(target=load, args=(fleet, experiments, 0.2))
        loader.start()
        orphans = set()
        for _ in range(count):
            time.sleep(rng.uniform(1.0, 3.0))
            name = f"worker{rng.randrange(2)}"
            orphans.add(fleet.child(name))
            fleet.kill_parent(name)
        loader.join(300)
        fleet.settle(180)
        fleet.until(lambda: not orphans & _alive(), 40)
        return score.judge(fleet)


def _alive():
    listing = subprocess.run(["ps", "-eo", "pid,stat"], capture_output=True, text=True, check=True).stdout
    return {int(pid) for pid, state in map(str.split, listing.splitlines()[1:]) if state[0] not in "ZX"}


def rolling_restart(folder, rounds=3, experiments=30, workers=3, environment=None):
    """SIGTERM of each worker in turn, under load: none takes longer than its grace, and no attempt is lost."""
    score = Score(f"rolling restart of {workers} workers", rounds * workers)
    with Fleet(folder, workers, environment) as fleet:
        loader = threading.Thread(target=load, args=(fleet, experiments, 0.2))
        loader.start()
        for turn in range(rounds * workers):
            time.sleep(1)
            score.recoveries.append(fleet.stop(f"worker{turn % workers}"))
            fleet.until(fleet.warm, 60)
        loader.join(300)
        fleet.settle(180)
        ends = [
            one["ended"] for experiment_id in fleet.accepted().values() for one in fleet.get(experiment_id)["attempts"]
        ]
        if set(ends) - {"released", "succeeded"} or "released" not in ends:
            score.wrong.append(f"attempts ended as {sorted(set(ends))}")
        if max(score.recoveries) > 30:
            score.wrong.append(f"a worker took {max(score.recoveries):.0f} s to drain")
        return score.judge(fleet)


def real_training(folder, seed=1, count=20, experiments=24, gap=(8.0, 14.0), epochs=800):
    """Kill -9 while real networks train: all end with the epochs of a run that nobody disturbed, bit for bit."""
    rng, score = random.Random(seed), Score("kill -9 under real training (Keras)", count)
    spec = presets.load("digits-start") | {"training": {"epochs": epochs, "batch_size": 1}, "seed": 7}
    spec |= {"optimizer": "adam"}
    with Fleet(folder, 2, REAL, trainer="satnet.training.run:train") as fleet:
        reference = fleet.submit("reference", **spec)
        fleet.settle(300)
        wanted = _measured(fleet, reference)
        for number in range(experiments):
            fleet.submit(f"e{number}", **spec)
        for _ in range(count):
            time.sleep(rng.uniform(*gap))
            victim, worker = rng.choice(("parent", "child", "child", "api", "store")), f"worker{rng.randrange(2)}"
            if victim == "child":
                fleet.kill_child(worker)
            else:
                fleet.kill(worker if victim == "parent" else victim)
        fleet.settle(900)

        fleet.until(fleet.warm, 60)

        def results(name, experiment_id):
            return [] if _measured(fleet, experiment_id) == wanted else [f"{name} differs from the undisturbed run"]

        resumed = sum(
            bool(one.get("resumed_from"))
            for experiment_id in fleet.accepted().values()
            for one in fleet.get(experiment_id)["attempts"]
        )
        score.name += f", {resumed} times from a checkpoint"
        failed = lost_names(fleet)
        if failed:
            score.name += f", {len(failed)} ended as `worker_lost` after three kills"
        return score.judge(fleet, failed, results)


def _measured(fleet, experiment_id):
    """Every epoch's record but for the time that it took."""
    epochs = httpx.get(f"{fleet.url}/v1/experiments/{experiment_id}/epochs", timeout=10).json()["data"]
    return [{key: one[key] for key in one if key != "seconds"} for one in epochs]
