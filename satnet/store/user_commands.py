"""What users do to experiments: submit, cancel, pause, resume, change, delete."""

from collections.abc import Sequence
from typing import TypedDict

from satnet.errors import Conflict, NotFound
from satnet.records.ids import datasets_in
from satnet.records.progress import first_progress
from satnet.records.request import request_id
from satnet.records.schema import FindingRecord, Parent, SpecJson
from satnet.store.connection import Connection, available, dumps, ms


class Changes(TypedDict, total=False):
    """What may change in a stored experiment."""

    name: str | None
    labels: dict[str, str]
    priority: int
    keep: bool


class UserCommands(Connection):
    """Each raises StoreUnavailable where Redis cannot be reached or refuses."""

    def submit(
        self,
        *,
        experiment_id: str,
        spec: SpecJson,
        spec_sha256: str,
        queue: str,
        idempotency_key: str | None = None,
        fingerprint: str = "",
        parent: Parent | None = None,
        findings: Sequence[FindingRecord] | None = None,
        trial: tuple[str, str] = ("", ""),
        group: str = "",
    ) -> tuple[str, bool]:
        """Store a normalised spec; the id, and whether an Idempotency-Key (or its place in a sweep) replayed it.

        `trial`: the sweep that it belongs to, and its place there. `group`: queued ones of the same group may be
        claimed together.
        """
        fields = {
            "kind": "experiment",
            "name": spec["name"] or "",
            "labels": dumps(spec["labels"]),
            "spec": dumps(spec),
            "plan": dumps(first_progress(spec)),
            "spec_sha256": spec_sha256,
            "seed": spec["seed"],
            "priority": spec["priority"],
            "keep": int(spec["keep"]),
            "queue": queue,
            "dataset": spec["dataset"].get("name", ""),
            "parent": dumps(parent) if parent else "",
            "findings": dumps(findings or []),
            "group": group,
            "owner": self._owner,
            "request": request_id.get(),
        }
        flat = [part for pair in fields.items() for part in pair]
        ttl = ms(self._settings.idempotency_ttl)
        with available():
            outcome, experiment_id = self._run(
                "submit",
                experiment_id,
                self._own_key(idempotency_key),
                fingerprint,
                ttl,
                *trial,
                *self._quota("experiments"),
                ",".join(datasets_in(spec["dataset"])),
                *flat,
            )
        self._refuse_key(outcome, experiment_id)
        if outcome == "closed":
            raise Conflict(f"sweep {trial[0]} is not running")
        self._refuse_lacking(outcome, experiment_id, "#/dataset/name")
        self._refuse_more(outcome, "experiments")
        return str(experiment_id), outcome == "replayed"

    def submit_external(
        self,
        *,
        experiment_id: str,
        spec: SpecJson,
        idempotency_key: str | None,
        fingerprint: str,
        findings: Sequence[FindingRecord],
    ) -> str:
        """Store an experiment that is trained elsewhere, running from the start under fence 1; its id."""
        fields = {
            "kind": "external",
            "name": spec["name"] or "",
            "labels": dumps(spec["labels"]),
            "spec": dumps(spec),
            "plan": dumps(first_progress(spec)),
            "spec_sha256": "",
            "seed": 0,
            "priority": 0,
            "keep": 0,
            "queue": "",
            "dataset": "",
            "parent": "",
            "findings": dumps(findings),
            "owner": self._owner,
            "request": request_id.get(),
        }
        flat = [part for pair in fields.items() for part in pair]
        ttl, silence = ms(self._settings.idempotency_ttl), ms(self._settings.external_silence)
        with available():
            outcome, experiment_id = self._run(
                "external",
                experiment_id,
                self._own_key(idempotency_key),
                fingerprint,
                ttl,
                silence,
                *self._quota("experiments"),
                *flat,
            )
        self._refuse_key(outcome, experiment_id)
        self._refuse_more(outcome, "experiments")
        return str(experiment_id)

    def cancel(self, experiment_id: str) -> str:
        """Cancel at once (queued, paused) or at the next heartbeat (running); the status before."""
        with available():
            status = self._run("cancel", experiment_id, self._retention)
        if status is None:
            raise NotFound(f"there is no experiment {experiment_id}")
        return str(status)

    def pause(self, experiment_id: str) -> str:
        """Pause at once (queued) or at the next heartbeat (running); the status before. Conflict when it is over."""
        with available():
            status = self._run("pause", experiment_id)
        return self._stopped(experiment_id, status, "paused")

    def resume(self, experiment_id: str, *, anew: bool = False) -> str:
        """Queue it again, from its last checkpoint or (`anew`) from the start; the status before.

        Raises:
            NotFound: there is no such experiment.
            Conflict: it succeeded, or is trained elsewhere; with `anew` also if it is not over.
        """
        with available():
            status = self._run("resume", experiment_id, "retry" if anew else "resume")
        if anew and status in ("queued", "running", "paused"):
            raise Conflict(f"{experiment_id} is {status}; only a failed or cancelled experiment is retried")
        return self._stopped(experiment_id, status, "retried" if anew else "resumed", over=("succeeded",))

    def _stopped(
        self,
        experiment_id: str,
        status: str | None,
        verb: str,
        over: tuple[str, ...] = ("succeeded", "failed", "cancelled"),
    ) -> str:
        if status is None:
            raise NotFound(f"there is no experiment {experiment_id}")
        if status == "external":
            raise Conflict(f"{experiment_id} is trained elsewhere and cannot be {verb} from here")
        if status in over:
            raise Conflict(f"{experiment_id} is {status} and cannot be {verb}")
        return str(status)

    def patch(self, experiment_id: str, changes: Changes) -> None:
        """Change name, labels, priority or keep."""
        stored: dict[str, str | int] = {}
        if "name" in changes:
            stored["name"] = changes["name"] or ""
        if "labels" in changes:
            stored["labels"] = dumps(changes["labels"])
        if "priority" in changes:
            stored["priority"] = int(changes["priority"])
        if "keep" in changes:
            stored["keep"] = int(changes["keep"])
        with available():
            known = self._run(
                "patch", experiment_id, self._retention, *[part for pair in stored.items() for part in pair]
            )
        if not known:
            raise NotFound(f"there is no experiment {experiment_id}")

    def delete(self, experiment_id: str) -> None:
        """Delete a terminal experiment; Conflict otherwise."""
        with available():
            outcome = self._run("delete", experiment_id)
        if outcome == "missing":
            raise NotFound(f"there is no experiment {experiment_id}")
        if outcome != "ok":
            raise Conflict(f"{experiment_id} is {outcome}; cancel it first, or wait until it has ended")
