"""Fault schedules: each takes a folder and a seed, and tells what happened as a Score."""

import contextlib
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from satnet.errors import SatnetError
from satnet.records.ids import new_id
from satnet.service import failpoints
from satnet.settings import Settings
from satnet.spec import parse_spec
from satnet.spec.external import parse_external
from satnet.store import Place, Store
from satnet.store.datasets import NewDataset
from tests.faults import recovery, stub
from tests.faults.fleet import SPEC, Fleet
from tests.faults.proxy import Proxy


class Impossible(Exception):
    """This machine does not allow the fault; it says why."""


@dataclass
class Score:
    """One row of the scoreboard."""

    name: str
    faults: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    noticed: list[float] = field(default_factory=list)  # seconds, of kills
    recoveries: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def judge(self, fleet, failed=(), results=None):
        """Count what the ledger and Redis tell."""
        fleet.until(fleet.warm, 60)
        accepted = fleet.accepted()
        self.accepted = len(accepted)
        open_ones = fleet.open_ones()
        self.stuck = len(open_ones)
        self.lost = sum(not fleet.raw.exists(f"sn:exp:{experiment_id}") for experiment_id in accepted.values())
        self.doubled = len(accepted) - len(set(accepted.values()))
        every = fleet.raw.zcard("sn:ix:all")
        self.doubled += max(0, every - len(accepted))
        self.wrong += fleet.check(failed, results)
        return self


def load(fleet, count, pause, start=0):
    """Submit so many, eight at a time."""
    with ThreadPoolExecutor(8) as pool:
        labels = {"pause": str(pause)}
        list(pool.map(lambda number: fleet.submit(f"e{number}", labels=labels), range(start, start + count)))


PROCESSES = ("parent", "child", "child", "api")
_AGAIN = {False: 40, True: 60}  # seconds until 99 of 100 are taken up again, by whether the store is killed too


def kills(
    folder, seed=1, experiments=300, count=200, workers=3, environment=None, pause=0.05, gap=(0.1, 1.2), store=True
):
    """Kill -9 of worker parents, children, the API and (`store`) Valkey, in a seeded order, under load."""
    rng, score = random.Random(seed), Score(f"kill -9 of worker parent, child, API{', Valkey' if store else ''}", count)
    moments = []
    with Fleet(folder, workers, environment) as fleet:
        loader = threading.Thread(target=load, args=(fleet, experiments, pause))
        loader.start()
        for _ in range(count):
            time.sleep(rng.uniform(*gap))
            victim = rng.choice((*PROCESSES, "store") if store else PROCESSES)
            moments += _killed(fleet, victim, f"worker{rng.randrange(workers)}")
        loader.join(300)
        fleet.settle(600)
        failed = lost_names(fleet)
        if failed:
            score.name += f" ({len(failed)} ended as `worker_lost`, after three kills each)"
        score.noticed, score.recoveries = recovery.after(fleet, moments)
        if not score.recoveries:
            score.wrong.append("no kill met a process that ran something")
        elif (slow := recovery.p99(score.recoveries)) > _AGAIN[store]:
            score.wrong.append(f"p99 is {slow:.0f} s until something was taken up again")
        return score.judge(fleet, failed)


def _killed(fleet, victim, worker):
    """Kill one; the moment and the pid, where it may have run something."""
    child = fleet.child(worker) if victim in ("parent", "child") else None
    moment = time.time()
    if victim == "child":
        fleet.kill_child(worker)
    else:
        fleet.kill(worker if victim == "parent" else victim)
    return [] if child is None else [(moment, child)]


def lost_names(fleet):
    """Names that ended as worker_lost, as three kills of one experiment do: it is told, and not lost."""
    found = set()
    for name, experiment_id in fleet.accepted().items():
        if "worker_lost" in (fleet.raw.hget(f"sn:exp:{experiment_id}", "status_reason") or ""):
            found.add(name)
    return found


def _failpoint(place, name, action):
    """One service that fails there once."""
    place.mkdir()
    token = place / "token"
    with Fleet(place, 1, failpoints=f"{name}={action}@{token}") as fleet:
        time.sleep(0.2)
        token.touch()
        if (name, action) == ("after_submit", "raise"):
            fleet.tolerated.add(500)
        for number in range(3):
            fleet.submit(f"e{number}", labels={"pause": "0.25" if name in _MIDWAY else "0.05"})
        if name in _MIDWAY:
            fleet.until(lambda: fleet.raw.zcard("sn:ix:running"), 30)
        if name == "after_resume":  # which takes a loss
            time.sleep(1)
            fleet.kill_child("worker0")
        if name == "before_release":
            for experiment_id in fleet.accepted().values():
                httpx.post(f"{fleet.url}/v1/experiments/{experiment_id}/pause", timeout=5)
            time.sleep(2)
            _resume_all(fleet)
        with contextlib.suppress(AssertionError):
            fleet.settle(60)
        one = Score(f"{name} {action}").judge(fleet, _internal(fleet) if action == "raise" else ())
        if token.exists():
            one.wrong.append("the failpoint was not passed")
        return one


def each_failpoint(folder, names=failpoints.NAMES, actions=("kill", "raise", "hang")):
    """Every failpoint with every action, once each; the service gets over all of them."""
    score = Score("each failpoint x {kill, raise, hang}")
    for name in names:
        for action in actions:
            one = _failpoint(folder / f"{name}-{action}", name, action)
            score.wrong += [f"{name} {action}: {wrong}" for wrong in one.wrong]
            score.faults += 1
            score.accepted += one.accepted
            score.lost, score.doubled = score.lost + one.lost, score.doubled + one.doubled
            score.stuck += one.stuck
    return score


_MIDWAY = ("after_resume", "before_release")  # are passed when something ends a run before its time


def _resume_all(fleet):
    def resumed():
        done = True
        for experiment_id in fleet.accepted().values():
            if fleet.get(experiment_id)["status"] == "paused":
                httpx.post(f"{fleet.url}/v1/experiments/{experiment_id}/resume", timeout=5)
                done = False
        return done

    end = time.monotonic() + 10
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError):
            resumed()
        time.sleep(0.5)


def _internal(fleet):
    """Names that failed with internal_error: an exception inside of training is the experiment's own."""
    return {
        name
        for name, experiment_id in fleet.accepted().items()
        if "internal_error" in (fleet.raw.hget(f"sn:exp:{experiment_id}", "status_reason") or "")
    }


def lost_replies(url, port):
    """Each Lua script once with its reply swallowed, called again by the client itself, as if nothing had been."""
    score = Score("lost reply of each Lua script")
    proxy = Proxy(port)
    store = Store(Settings(redis_url=f"redis://127.0.0.1:{proxy.port}/0", reaper_tick=0.001))
    plain = Store(Settings(redis_url=url))
    spec = parse_spec(SPEC)

    def submit(via, key):
        return via.submit(
            experiment_id=new_id(),
            spec=spec.to_json(),
            spec_sha256="",
            queue="q",
            idempotency_key=key,
            fingerprint="f",
        )[0]

    def compare(name, call, again):
        """`call` with the reply lost, against what a second look says."""
        score.faults += 1
        proxy.swallow_next()
        before = proxy.swallowed
        try:
            told = call()
        except SatnetError as error:
            score.wrong.append(f"{name}: {error}")
            return None
        if proxy.swallowed == before:
            score.wrong.append(f"{name}: no reply was swallowed")
        if not again(told):
            score.wrong.append(f"{name}: told {told!r}")
        return told

    store.counts()
    experiment_id = compare("submit", lambda: submit(store, "k1"), lambda one: plain.counts()["queued"] == 1 and one)
    grant = compare("claim", lambda: store.claim(["q"], "w", "n1"), lambda one: one is not None and one.fence == 1)
    compare("heartbeat", lambda: store.heartbeat(experiment_id, 1), lambda one: one == "go")
    entry = _entry()
    compare(
        "epoch",
        lambda: store.epoch(experiment_id, 1, entry, {}),
        lambda one: one and len(plain.epochs(experiment_id)) == 1,
    )
    place = Place(None, 0)
    compare(
        "checkpoint",
        lambda: store.add_checkpoint(experiment_id, 1, "c", place, "s", b"x"),
        lambda one: one == [] and len(plain.checkpoints(experiment_id)) == 1,
    )
    compare("rewind", lambda: store.rewind(experiment_id, 1, place, []), lambda one: one)
    _lost_replies_of_folds(compare, store, plain, experiment_id)
    compare("pause", lambda: store.pause(experiment_id), lambda _: plain.heartbeat(experiment_id, 1) == "pause")
    compare(
        "release",
        lambda: store.release(experiment_id, 1),
        lambda one: one and plain.get(experiment_id)["status"] == "paused",
    )
    compare("resume", lambda: store.resume(experiment_id), lambda _: plain.counts()["queued"] == 1)
    compare(
        "patch", lambda: store.patch(experiment_id, {"name": "x"}), lambda _: plain.get(experiment_id)["name"] == "x"
    )
    grant = plain.claim(["q"], "w", "n2")
    compare(
        "attempt_lost",
        lambda: store.attempt_lost(experiment_id, grant.fence, "stalled", "m"),
        lambda one: one in ("queued", "lost") and plain.get(experiment_id)["status"] == "queued",
    )
    grant = plain.claim(["q"], "w", "n3")
    compare(
        "finish",
        lambda: store.finish(experiment_id, grant.fence, "succeeded", summary={}, environment={}),
        lambda one: one in ("ok", "duplicate") and plain.get(experiment_id)["status"] == "succeeded",
    )
    compare("delete", lambda: _deleted(store, experiment_id), lambda _: plain.counts()["succeeded"] == 0)
    other = submit(plain, "k2")
    compare("cancel", lambda: store.cancel(other), lambda _: plain.get(other)["status"] == "cancelled")
    compare("reap", store.reap, lambda one: one is None or one == [])
    compare("repair", store.repair, lambda one: one == [])
    _lost_replies_of_sweeps(compare, store, plain)
    _lost_replies_of_strangers(compare, store, plain)
    _lost_replies_of_datasets(compare, store, plain)
    score.accepted = 2
    store.close()
    plain.close()
    proxy.close()
    return score


def _lost_replies_of_folds(compare, store, plain, experiment_id):
    compare("offer_folds", lambda: store.offer_folds(experiment_id, 1, 1, 3), lambda one: one == "q")
    grant = compare("claim_fold", lambda: store.claim_fold(["q"], "n1"), lambda one: one is not None and one.fold == 2)
    compare("take_fold", lambda: store.take_fold(experiment_id, 1, 1), lambda one: one == ("own", None))
    compare(
        "report_fold",
        lambda: store.finish_fold(grant, {"x": 1}),
        lambda one: one and plain.take_fold(experiment_id, 1, 2) == ("done", {"x": 1}),
    )


def _lost_replies_of_sweeps(compare, store, plain):
    swept = "swp_1"
    compare(
        "sweep",
        lambda: store.create_sweep(swept, {"name": "s"}, "k3", "f"),
        lambda one: one[0] == swept and plain.open_sweeps() == [swept],
    )
    compare(
        "sweep_status",
        lambda: store.set_sweep_status(swept, "cancelled", ("running",)),
        lambda _: plain.sweep(swept).status == "cancelled" and plain.open_sweeps() == [],
    )
    compare(
        "sweep_resume",
        lambda: store.resume_sweep(swept, failed=False, allowed=("running", "cancelled")),
        lambda _: plain.sweep(swept).status == "running" and plain.sweep(swept).resume_asked is not None,
    )


def _lost_replies_of_strangers(compare, store, plain):
    """Records from outside, and keys."""
    content = parse_external(
        {
            "kind": "external",
            "loss": "mean_squared_error",
            "output_activation": "linear",
            "optimizer": "sgd",
            "learning_rate": 0.1,
            "layers": [],
            "epochs": 3,
        }
    )
    external = plain.submit_external(
        experiment_id=new_id(), spec=content.to_json(), idempotency_key=None, fingerprint="", findings=[]
    )
    compare(
        "external_epochs",
        lambda: store.take_epochs(external, [(stub.record(0, 0.5), None)], None),
        lambda one: one is not None and one.total == len(plain.epochs(external)) == 1,
    )
    compare(
        "api_key",
        lambda: store.add_api_key(
            "k", sha256="s", name="n", owner="o", scopes=["admin"], expires_at=None, only_first=True
        ),
        lambda one: one is not None and [key.id for key in plain.api_keys()] == ["k"],
    )
    plain.cancel(external)


def _lost_replies_of_datasets(compare, store, plain):
    new = NewDataset("ds_1", None, "a.csv", "text/csv", {}, {"bytes": 1, "sha256": ""}, "datasets/ds_1/t")
    lease = timedelta(seconds=20)
    facts = {"form": "table", "rows": 1, "columns": []}
    compare("dataset_add", lambda: store.add_dataset(new), lambda _: len(plain.datasets(limit=9)[0]) == 1)
    task = compare("dataset_take", lambda: store.take_dataset("t", lease, 0), lambda one: one.record.id == "ds_1")
    compare("dataset_renew", lambda: store.renew_dataset(task, lease), lambda one: one)
    compare(
        "dataset_settle",
        lambda: store.dataset_ready(task, facts=facts, profile={}, sample=[], files={}),
        lambda one: one and plain.dataset("ds_1").status == "ready",
    )
    compare("dataset_delete", lambda: _dataset_deleted(store), lambda _: plain.dataset("ds_1") is None)


def _dataset_deleted(store):
    with contextlib.suppress(SatnetError):
        store.delete_dataset("ds_1")


def _deleted(store, experiment_id):
    """A delete that finds nothing the second time has done its work the first."""
    with contextlib.suppress(SatnetError):
        store.delete(experiment_id)


def _entry():
    from satnet.records.epoch_log import LoggedEpoch

    return LoggedEpoch(stub.record(0, 0.5), None, None)


def stopped_workers(folder, seed=1, count=20, environment=None):
    """SIGSTOP of the whole worker beyond its lease, then SIGCONT: what it writes late is refused."""
    rng, score = random.Random(seed), Score("SIGSTOP beyond the lease, then SIGCONT", count)
    with Fleet(folder, 2, environment) as fleet:
        for number in range(count):
            experiment_id = fleet.submit(f"e{number}", labels={"pause": "0.3"})
            fleet.until(
                lambda experiment_id=experiment_id: fleet.raw.hget(f"sn:exp:{experiment_id}", "status") == "running", 30
            )
            time.sleep(rng.uniform(0.0, 1.0))
            owner = fleet.raw.hget(f"sn:exp:{experiment_id}", "worker")
            group = _group_of(fleet, owner)
            os.killpg(group, signal.SIGSTOP)
            try:
                fleet.until(
                    lambda experiment_id=experiment_id: int(fleet.raw.hget(f"sn:exp:{experiment_id}", "fence")) > 1, 60
                )
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGCONT)
            fleet.settle(60)
        return score.judge(fleet)


def _group_of(fleet, owner):
    """The process group of the worker with that name: its child says its pid, and the parent leads the group."""
    fleet.until(fleet.warm, 30)
    workers = httpx.get(f"{fleet.url}/v1/workers", timeout=5).json()["data"]
    return os.getpgid(next(one["pid"] for one in workers if one["id"] == owner))


def bad_experiments(folder, environment=None):
    """Out of memory, abort, segfault and a hang each time: failed with the reason after three, others unharmed."""
    score = Score("out of memory, abort, segfault, hang", 4)
    reasons = {"memory": "out_of_memory", "abort": "worker_lost", "segfault": "worker_lost", "hang": "stalled"}
    with Fleet(folder, 2, environment) as fleet:
        for how in reasons:
            fleet.submit(how, labels={"do": how})
        for how in ("abort", "hang", "memory"):
            fleet.submit(f"{how} once", labels={"do": how, "until": "1"})
        for number in range(6):
            fleet.submit(f"e{number}")
        fleet.settle(240)
        for how, code in reasons.items():
            told = fleet.get(fleet.accepted()[how])
            reason = (told["status_reason"] or {}).get("code")
            if (told["status"], reason, len(told["attempts"])) != ("failed", code, 3):
                score.wrong.append(f"{how}: {told['status']}, {reason}, {len(told['attempts'])} attempts")
        return score.judge(fleet, failed=set(reasons))


def store_restarts(folder, count=50, experiments=60, environment=None, gap=(0.5, 2.0), seed=1):
    """Kill -9 of Valkey and its restart, under load: nothing acknowledged is lost, and no attempt is taken away."""
    rng, score = random.Random(seed), Score("Valkey kill -9 and restart", count)
    with Fleet(folder, 2, environment) as fleet:
        loader = threading.Thread(target=load, args=(fleet, experiments, 0.1))
        loader.start()
        moments = []
        for _ in range(count):
            time.sleep(rng.uniform(*gap))
            fleet.kill("store")
            moments.append(time.time())
        loader.join(300)
        fleet.settle(300)
        score.recoveries = recovery.consumed(fleet, moments)
        if max(score.recoveries) > 60:
            score.wrong.append(f"it took {max(score.recoveries):.0f} s until something was run again")
        again = [
            experiment_id
            for experiment_id in fleet.accepted().values()
            if int(fleet.raw.hget(f"sn:exp:{experiment_id}", "attempt")) > 1
        ]
        if again:
            score.wrong.append(f"{len(again)} experiments were run again without need")
        return score.judge(fleet)


def store_away(folder, seconds=600.0, environment=None):
    """Valkey away for long: the API says 503 at once, runs go on, and everything arrives afterwards."""
    score = Score(f"Valkey away for {seconds:g} s", 1)
    with Fleet(folder, 2, environment) as fleet:
        for number in range(4):
            fleet.submit(f"e{number}", labels={"pause": "0.4"})
        fleet.until(lambda: fleet.raw.zcard("sn:ix:running") == 2, 60)
        fleet.held.add("store")
        fleet.kill("store")
        began, slowest = time.monotonic(), 0.0
        while time.monotonic() - began < seconds:
            asked = time.monotonic()
            answer = httpx.post(f"{fleet.url}/v1/experiments", json=SPEC, timeout=10)
            slowest = max(slowest, time.monotonic() - asked)
            if answer.status_code != 503 or "retry-after" not in answer.headers:
                score.wrong.append(f"the API answered {answer.status_code}")
            time.sleep(min(5.0, seconds / 5))
        if slowest > 3:
            score.wrong.append(f"a 503 took {slowest:.1f} s")
        fleet.held.clear()
        fleet.settle(120)
        score.recoveries = [time.monotonic() - began - seconds]
        return score.judge(fleet)


def flushed_broker(folder, environment=None):
    """SCRIPT FLUSH, CLIENT KILL and FLUSHDB of the broker's database, again and again."""
    score = Score("SCRIPT FLUSH, CLIENT KILL, FLUSHDB of the broker", 30)
    with Fleet(folder, 2, environment) as fleet:
        loader = threading.Thread(target=load, args=(fleet, 40, 0.05))
        loader.start()
        for number in range(score.faults):
            time.sleep(0.3)
            if number % 3 == 0:
                fleet.raw.script_flush()
            elif number % 3 == 1:
                fleet.raw.execute_command("CLIENT", "KILL", "TYPE", "normal")
            else:
                fleet.raw.execute_command("SELECT", 1)
                fleet.raw.flushdb()
                fleet.raw.execute_command("SELECT", 0)
        loader.join(120)
        fleet.settle(180)
        return score.judge(fleet)


def cancel_races_claim(url, count=10_000):
    """Cancel and claim of the same experiment at once: never trained, or cancelled after its start."""
    score = Score("cancel racing claim", count)
    one, other = Store(Settings(redis_url=url)), Store(Settings(redis_url=url))
    spec, started = parse_spec(SPEC).to_json(), 0
    with ThreadPoolExecutor(2) as pool:
        for number in range(count):
            experiment_id, _ = one.submit(experiment_id=new_id(), spec=spec, spec_sha256="", queue="race")
            jobs = [
                lambda experiment_id=experiment_id: one.cancel(experiment_id),
                lambda n=number: other.claim(["race"], "w", f"r{n}"),
            ]
            if number % 2:
                jobs.reverse()
            futures = [pool.submit(job) for job in jobs]
            told = [future.result() for future in futures]  # both are over
            grant = next((reply for reply in told if not isinstance(reply, str)), None)
            document = one.get(experiment_id)
            if grant is None:
                if document["status"] != "cancelled" or document["attempt"] != 0:
                    score.wrong.append(f"{experiment_id} was not claimed, and is {document['status']}")
            else:
                started += 1
                verdict = one.heartbeat(experiment_id, grant.fence)
                if verdict != "cancel":
                    score.wrong.append(f"{experiment_id} was claimed as {grant.id}, and hears {verdict}")
                one.finish(experiment_id, grant.fence, "cancelled", summary=None, environment=None)
    score.accepted = count
    if not 0 < started < count:
        score.wrong.append(f"{started} of {count} were claimed: there was no race")
    one.close()
    other.close()
    return score


def one_key(folder, clients=50, environment=None):
    """The same Idempotency-Key from many clients while the API is killed: exactly one experiment."""
    score = Score(f"one Idempotency-Key, {clients} clients, API kills", 5)
    with Fleet(folder, 1, environment) as fleet:
        with ThreadPoolExecutor(clients) as pool:
            futures = [pool.submit(fleet.submit, "same", "one-key") for _ in range(clients)]
            for _ in range(score.faults):
                time.sleep(0.4)
                fleet.kill("api")
            found = {future.result() for future in futures}
        if len(found) != 1:
            score.wrong.append(f"{len(found)} experiments came of one key")
        fleet.settle(60)
        return score.judge(fleet)


def long_queue(folder, count=10_000, workers=4, environment=None):
    """Many of mixed priorities: taken in order, pages stay fast while they are, and the queue drains."""
    score = Score(f"{count} queued, {workers} workers, mixed priorities")
    with Fleet(folder, workers, environment) as fleet:
        for number in range(workers):
            fleet.held.add(f"worker{number}")
            fleet.kill(f"worker{number}")
        _fill(fleet, count)
        order = fleet.raw.zrange("sn:q:default", 0, -1)
        fleet.held.clear()
        fleet.until(lambda: fleet.raw.zcard("sn:ix:running") == workers, 60)
        score.recoveries = _pages(fleet.url, 500)
        score.name += f", {fleet.raw.zcard('sn:q:default')} still queued after the last page"
        if (slow := recovery.p99(score.recoveries)) > 0.05:
            score.wrong.append(f"p99 of a page is {1000 * slow:.0f} ms")
        fleet.until(lambda: fleet.raw.zcard("sn:ix:succeeded") == count, 120 + count / 20, 1.0)
        starts = sorted(
            (float(fleet.raw.hget(f"sn:exp:{one}", "started_at")), place) for place, one in enumerate(order)
        )
        late = max(place - index for index, (_, place) in enumerate(starts))
        if late > 2 * workers:
            score.wrong.append(f"one was taken {late} places before its turn")
        score.accepted = count
    return score


def _fill(fleet, count):
    """Submit so many of mixed priorities and of one epoch."""
    store, spec = Store(Settings(redis_url=f"redis://127.0.0.1:{fleet.port}/0")), parse_spec(SPEC).to_json()
    rng = random.Random(1)
    for number in range(count):
        body = spec | {"priority": rng.choice((-1, 0, 0, 0, 1)), "labels": {"n": f"e{number}", "pause": "0"}}
        body["training"] = body["training"] | {"epochs": 1}
        store.submit(experiment_id=new_id(), spec=body, spec_sha256="", queue="default")
    store.close()


def _pages(url, count, pause=0.05):
    """The seconds that pages of 20 take one client that keeps its connection, as pollers do."""
    times = []
    with httpx.Client(base_url=url, timeout=10) as client:
        for _ in range(count):
            time.sleep(pause)
            began = time.perf_counter()
            assert len(client.get("/v1/experiments?limit=20").json()["data"]) == 20
            times.append(time.perf_counter() - began)
    return times


def cut_readers(folder, environment=None):
    """An SSE reader that is cut again and again and resumes with Last-Event-ID: no gap and no repeat."""
    score = Score("SSE reader cut and resumed", 8)
    with Fleet(folder, 1, environment) as fleet:
        proxy = Proxy(fleet.api_port)
        experiment_id = fleet.submit("e0", labels={"pause": "0.3"})
        seen, last, over = [], "0-0", False
        end = time.monotonic() + 60
        while not over and time.monotonic() < end:
            cutter = threading.Timer(0.6, proxy.cut)
            cutter.start()
            url = f"http://127.0.0.1:{proxy.port}/v1/experiments/{experiment_id}/events"
            headers = {"Accept": "text/event-stream", "Last-Event-ID": last}
            with contextlib.suppress(httpx.HTTPError), httpx.stream("GET", url, headers=headers, timeout=5) as stream:
                name = None
                for line in stream.iter_lines():
                    if line.startswith("id: "):
                        name = line[4:]
                    if line.startswith("data: ") and name is not None:
                        seen.append(name)
                        last, name = name, None
                    over = over or line == "event: end"
            cutter.cancel()
        stored = [name for name, _ in fleet.raw.xrange(f"sn:ev:{experiment_id}")]
        if seen != stored:
            score.wrong.append(f"read {len(seen)} events, {len(stored)} are stored")
        proxy.close()
        return score.judge(fleet)
