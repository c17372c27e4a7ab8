"""Which remedies can be used: a patch that changes nothing, or gives no valid spec, is dropped."""

import copy
import json
from collections.abc import Iterable, Sequence

import jsonpatch

from satnet.errors import InvalidSpec
from satnet.records.schema import Patch, SpecJson
from satnet.saturation.diagnosis.facts import Facts
from satnet.saturation.diagnosis.finding import Remedy
from satnet.spec import parse_spec


def usable(facts: Facts, remedies: Iterable[Remedy]) -> Sequence[Remedy]:
    """Those whose patch applies, changes the spec and gives a valid one; each kept once.

    A network of the user's own has no spec to patch: its remedies say in words what to change.
    """
    if facts.spec is None:
        return tuple(Remedy([], f"{_in_words(remedy.patch)}: {remedy.why}") for remedy in remedies if remedy.patch)
    kept: list[Remedy] = []
    for remedy in remedies:
        if any(one.patch == remedy.patch for one in kept):
            continue
        if remedy.patch and _changes(facts.spec, remedy.patch):
            kept.append(remedy)
    return tuple(kept)


def _in_words(patch: Patch) -> str:
    """`/layers/1/activation` is the activation of the model's layer 1."""
    parts = []
    for one in patch:
        value = one["value"] if isinstance(one["value"], str) else json.dumps(one["value"])
        parts.append(f"{one['path'].lstrip('/').replace('/', '.')} = {value}")
    return ", ".join(parts)


def _changes(spec: SpecJson, patch: Patch) -> bool:
    try:
        patched = jsonpatch.apply_patch(copy.deepcopy(spec), patch)
        return parse_spec(patched, allow_path=True).sha256 != parse_spec(spec, allow_path=True).sha256
    except (InvalidSpec, jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        return False
