"""What may be changed in a stored experiment."""

from collections.abc import Mapping
from typing import cast

from satnet.errors import FieldError, InvalidSpec
from satnet.spec import parse_spec
from satnet.spec.external import parse_external
from satnet.store import Store
from satnet.store.user_commands import Changes

CHANGEABLE = ("name", "labels", "priority", "keep")
_COMPUTED = ("training", "cross_validation", "priority")  # of an external experiment's spec


def change(store: Store, experiment_id: str, changes: Mapping[str, object]) -> None:
    """Change name, labels, priority or keep; a value is checked as it is at POST.

    Raises:
        NotFound: no such experiment.
        InvalidSpec: another field, or a value that is not allowed.
    """
    document = store.get(experiment_id)
    _refuse(changes, [key for key in changes if key not in CHANGEABLE], _only(CHANGEABLE), "extra_forbidden")
    spec = document["spec"]
    if document["kind"] == "experiment":
        parse_spec({**spec, **changes})
    else:
        detail = f"of an external experiment {_only(CHANGEABLE[:2])}"
        _refuse(changes, [key for key in CHANGEABLE[2:] if key in changes], detail, "not_allowed")
        own = {key: spec[key] for key in spec if key not in _COMPUTED}
        parse_external({**own, **changes, "epochs": spec["training"]["epochs"]})
    store.patch(experiment_id, cast(Changes, changes))  # checked above


def _only(names: tuple[str, ...]) -> str:
    return f"only {', '.join(names[:-1])} and {names[-1]} can be changed"


def _refuse(changes: Mapping[str, object], refused: list[str], detail: str, code: str) -> None:
    if refused:
        raise InvalidSpec([FieldError(f"#/{key}", detail, code, changes[key]) for key in refused])
