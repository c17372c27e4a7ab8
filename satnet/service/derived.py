"""Experiments made from others: clones, and remedies with the runs that judge them."""

from dataclasses import dataclass, field
from typing import Literal, cast

from satnet.errors import Conflict, FieldError, InvalidSpec, NotFound
from satnet.records.schema import ExperimentDocument, Parent, Patch, SpecJson
from satnet.service.intake import fingerprint
from satnet.service.patch import apply_patch
from satnet.service.submission import Wake, submit
from satnet.settings import Settings
from satnet.spec import ExperimentSpec, parse_spec
from satnet.store import Store


def patched(spec: SpecJson, patch: object) -> ExperimentSpec:
    """The spec after a JSON Patch (RFC 6902). Raises BadRequest or InvalidSpec."""
    return parse_spec(apply_patch(spec, patch))


def clone(
    store: Store, settings: Settings, wake: Wake, experiment_id: str, patch: object, key: str | None = None
) -> str:
    """Submit an experiment's spec again with a JSON Patch applied; the new experiment's id."""
    document = _trained_here(store, experiment_id, "cannot be cloned")
    spec = patched(document["spec"], patch)
    parent: Parent = {"experiment": experiment_id, "role": "clone", "patch": cast(Patch, patch)}  # checked above
    mark = fingerprint([experiment_id, {"patch": patch}])
    return submit(store, settings, spec, wake, key=key, fingerprint=mark, parent=parent)


@dataclass
class SubmittedRemedy:
    """Ids of the patched runs, and of unpatched ones with the same seeds to compare them with."""

    experiment_id: str
    remedies: list[str] = field(default_factory=list)
    baselines: list[str] = field(default_factory=list)

    def document(self, store: Store) -> dict[str, object]:
        """All of them, and the link that compares them with the original."""
        everything = ",".join([self.experiment_id, *self.remedies, *self.baselines])
        return {
            "data": [store.get(one) for one in self.remedies],
            "baselines": [store.get(one) for one in self.baselines],
            "links": {"compare": f"/v1/compare?ids={everything}"},
        }


def submit_remedy(
    store: Store,
    settings: Settings,
    wake: Wake,
    experiment_id: str,
    finding_id: str,
    *,
    remedy: int,
    repeats: int,
    key: str | None = None,
) -> SubmittedRemedy:
    """Submit an experiment with a remedy applied, from `repeats` seeds.

    Above one repeat the unpatched spec runs from the new seeds too, so that the verdict rests on pairs.

    Raises:
        NotFound: no such experiment or finding.
        InvalidSpec: the finding has no remedy of this number.
        Conflict: the experiment was trained elsewhere.
    """
    document = _trained_here(store, experiment_id, "has no remedies that can run here")
    patch = _patch_of(document, finding_id, remedy)
    specs = {"remedy": patched(document["spec"], patch), "baseline": parse_spec(document["spec"])}
    mark = fingerprint([experiment_id, finding_id, {"remedy": remedy, "repeats": repeats}])
    submitted = SubmittedRemedy(experiment_id)

    def run(role: Literal["remedy", "baseline"], number: int, run_key: str | None) -> str:
        parent: Parent = {
            "experiment": experiment_id,
            "role": role,
            "patch": patch,
            "finding": finding_id,
            "remedy": remedy,
        }
        spec = specs[role].model_copy(update={"seed": (document["seed"] + number) % 2**31})
        return submit(store, settings, spec, wake, key=run_key, fingerprint=mark, parent=parent)

    for number in range(repeats):
        run_key = f"{key}:{number}" if key else None
        submitted.remedies.append(run("remedy", number, run_key))
        if number:
            submitted.baselines.append(run("baseline", number, run_key and f"{run_key}:b"))
    return submitted


def _trained_here(store: Store, experiment_id: str, refusal: str) -> ExperimentDocument:
    document = store.get(experiment_id)
    if document["kind"] != "experiment":
        raise Conflict(f"{experiment_id} was trained elsewhere and {refusal}")
    return document


def _patch_of(document: ExperimentDocument, finding_id: str, remedy: int) -> Patch:
    finding = next((one for one in document["findings"] if one["id"] == finding_id), None)
    if finding is None:
        raise NotFound(f"{document['id']} has no finding {finding_id}")
    remedies = finding["remedies"]
    if remedy >= len(remedies):
        detail = f"{finding_id} has {len(remedies)} remedies, counted from 0"
        raise InvalidSpec([FieldError("#/remedy", detail, "limit", remedy)])
    return remedies[remedy]["patch"]
