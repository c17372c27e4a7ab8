"""How a spec becomes a stored experiment, whichever route it came by."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import jsonpatch

from satnet.errors import BadRequest, FieldError, InvalidSpec
from satnet.service.broker import TicketSender
from satnet.service.submission import submit
from satnet.settings import Settings
from satnet.spec import ExperimentSpec, parse_spec
from satnet.store import Store

_tickets = TicketSender()


def wake(queue: str) -> None:
    """Tell one worker, soon, that something waits in `queue`."""
    _tickets.send(queue)


def fingerprint(body: Any) -> str:
    """What an Idempotency-Key's second use is compared with."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def accept(
    store: Store,
    settings: Settings,
    spec: ExperimentSpec,
    *,
    key: str | None = None,
    body: Any = None,
    parent: Mapping[str, Any] | None = None,
) -> str:
    """Store the spec with its static findings and wake a worker; the experiment's id."""
    return submit(store, settings, spec, wake, key=key, fingerprint=fingerprint(body), parent=parent)


def patched(spec: Mapping[str, Any], patch: Any) -> ExperimentSpec:
    """The spec after a JSON Patch (RFC 6902). Raises BadRequest or InvalidSpec."""
    if not isinstance(patch, list) or not all(isinstance(one, dict) for one in patch):
        raise BadRequest("patch: a JSON Patch is a list of operations")
    try:
        changed = jsonpatch.apply_patch(json.loads(json.dumps(spec)), patch)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError, KeyError) as error:
        raise InvalidSpec([FieldError("#/patch", f"does not apply: {error}", "patch", patch)]) from error
    return parse_spec(changed)
