"""What users post becomes stored experiments."""

import hashlib
import json
from collections.abc import Mapping

from satnet.records.ids import new_id
from satnet.saturation.diagnosis import diagnose, facts_of_external
from satnet.service.submission import Wake, submit
from satnet.settings import Settings
from satnet.spec import ExperimentSpec, parse_spec
from satnet.spec.external import parse_external
from satnet.store import Store


def fingerprint(body: object) -> str:
    """What the second use of an idempotency key is compared with."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def is_external(body: Mapping[str, object]) -> bool:
    """Whether a posted body describes a network that is trained elsewhere."""
    return body.get("kind") == "external"


def parse_posted(body: Mapping[str, object]) -> ExperimentSpec:
    """The spec in a posted body, which may say that its kind is experiment. Raises InvalidSpec."""
    own_kind = body.get("kind") == "experiment"
    return parse_spec({key: value for key, value in body.items() if not (own_kind and key == "kind")})


def submit_posted(store: Store, settings: Settings, body: Mapping[str, object], wake: Wake, key: str | None) -> str:
    """Store what was posted, of either kind; the experiment's id.

    Raises:
        InvalidSpec: nothing was stored.
        IdempotencyKeyReused: `key` came before with another body.
    """
    if not is_external(body):
        return submit(store, settings, parse_posted(body), wake, key=key, fingerprint=fingerprint(body))
    spec = parse_external(dict(body))
    return store.submit_external(
        experiment_id=new_id(),
        spec=spec.to_json(),
        idempotency_key=key,
        fingerprint=fingerprint(body),
        findings=diagnose(facts_of_external(spec), overrides=settings.thresholds),
    )
