"""Who may do what: every request is admitted here, before its route, its query and its body are looked at.

A route needs the scope of its method (`read` to GET, `submit` for the rest), unless it stands in PUBLIC or below one
of the ADMIN paths. An id in the path has to be of something that the caller may see; the store that the route is given
(api.deps.StoreDep) finds nothing else either.
"""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from satnet.errors import Forbidden, NotFound, Unauthenticated
from satnet.records.caller import ANYBODY, Caller
from satnet.records.ids import is_id
from satnet.records.schema import ScopeName
from satnet.service.api_keys import caller_of
from satnet.service.exposure import asks_for_keys, is_remote
from satnet.settings import Settings
from satnet.store import Store

PUBLIC = frozenset(
    {"/", "/healthz", "/readyz", "/version", "/docs", "/docs/start.js", "/docs/style.css"}
)  # /openapi.json too
ADMIN = ("/v1/keys",)
OWNED: Mapping[str, Callable[[Store, str], None]] = {  # path parameter -> raises NotFound
    "experiment_id": Store.require_experiment,
    "sweep_id": Store.require_sweep,
}
IDS: Mapping[str, tuple[str, str]] = {  # path parameter -> how such an id begins, and of what it is one
    "experiment_id": ("exp_", "experiment"),
    "sweep_id": ("swp_", "sweep"),
    "key_id": ("key_", "key"),
}
_NEEDED = "a key is needed: send it as Authorization: Bearer sat_..."
_NONE_YET = (
    "; there is none yet: on the service's machine, satnet keys create NAME --scope admin --local makes the first"
)


async def admit(request: Request) -> None:
    """Let the request go on to its route as somebody, or raise Unauthenticated, Forbidden or NotFound."""
    path: str = request.scope["route"].path
    request.state.caller = ANYBODY
    if path not in PUBLIC:  # those answer also when every thread is taken
        await run_in_threadpool(_admit, request, path)


def _admit(request: Request, path: str) -> None:
    store: Store = request.app.state.store
    if not needs_key(request, store):
        _require_ids(request)
        return
    caller = caller_of(store, _presented(request, store))
    scope = needed_scope(request.method, path)
    if not caller.may(scope):
        raise Forbidden(f"this needs a key with the scope {scope}; this key has {', '.join(caller.scopes)}")
    request.state.caller = caller
    _require_ids(request)
    if not caller.is_admin:
        _require_own(request, acting_for(store, caller))


def needed_scope(method: str, path: str) -> ScopeName:
    """The scope that a route asks for; `path` is its template."""
    if any(path == one or path.startswith(f"{one}/") for one in ADMIN):
        return "admin"
    return "read" if method in ("GET", "HEAD") else "submit"


def needs_key(request: Request, store: Store) -> bool:
    """Whether this request needs a key: beyond loopback, or once there is a key."""
    settings: Settings = request.app.state.settings
    if settings.auth == "off":
        return False
    return asks_for_keys(settings) or _comes_from_elsewhere(request) or store.has_api_keys()


def _comes_from_elsewhere(request: Request) -> bool:
    """Whether one end of the connection is not on loopback, whatever is set."""
    ends = [request.scope.get(end) or (None,) for end in ("server", "client")]
    return any(is_remote(end[0]) for end in ends)


def acting_for(store: Store, caller: Caller) -> Store:
    """The store as the caller sees it."""
    return store.acting_for(caller.owner, everything=caller.is_admin)


def _presented(request: Request, store: Store) -> str:
    """The text of the key that came with the request. Raises Unauthenticated where none did."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and text.strip():
        return text.strip()
    raise Unauthenticated(_NEEDED + ("" if store.has_api_keys() else _NONE_YET))


def _require_ids(request: Request) -> None:
    """Raises NotFound for what cannot be an id, so that nothing else has to look at it."""
    for name, identifier in request.path_params.items():
        prefix, what = IDS.get(name, ("", ""))
        if what and not is_id(identifier, prefix):
            raise NotFound(f"there is no {what} {identifier[:100]}")


def _require_own(request: Request, store: Store) -> None:
    for name, identifier in request.path_params.items():
        if name in OWNED:
            OWNED[name](store, identifier)


async def get_caller(request: Request) -> Caller:
    """Who asks."""
    caller: Caller = request.state.caller
    return caller


CallerDep = Annotated[Caller, Depends(get_caller)]
