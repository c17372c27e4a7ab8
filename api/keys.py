"""/v1/keys: create, list and revoke API keys."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.deps import BodyDep, StoreDep
from api.errors import validated
from api.openapi.answers import empty, json_answer, problems
from api.openapi.bodies import json_body
from api.parameters import KeyId
from satnet.records.posted_key import NewKey
from satnet.records.schema import CreatedKey, KeyPage
from satnet.service.api_keys import create_key, key_document

router = APIRouter(prefix="/v1/keys", tags=["keys"])


@router.post(
    "",
    status_code=201,
    responses={
        201: json_answer("The key, with its text.", CreatedKey, "Location", "Cache-Control"),
        **problems(body=True),
    },
    openapi_extra=json_body(NewKey),
)
def create_api_key(store: StoreDep, body: BodyDep) -> Response:
    """Create an API key.

    `key` is its text, to be sent as `Authorization: Bearer sat_...`. It is answered this once: the service keeps its
    SHA-256 alone. The first key of a service needs the scope `admin`; once there is a key, every request needs one.
    """
    created = create_key(store, validated(NewKey, body))
    headers = {"Location": f"/v1/keys/{created['id']}", "Cache-Control": "no-store"}
    return JSONResponse(created, 201, headers=headers)


@router.get("", responses={200: json_answer("The keys, without their text.", KeyPage), **problems()})
def list_api_keys(store: StoreDep) -> Response:
    """List all keys, newest first, those that are revoked or expired too."""
    return JSONResponse({"data": [key_document(one) for one in store.api_keys()]})


@router.delete("/{key_id}", status_code=204, responses={204: empty("It is revoked."), **problems(404)})
def revoke_api_key(key_id: KeyId, store: StoreDep) -> Response:
    """Revoke a key: from the next request on it is refused. What was submitted with it stays."""
    store.revoke_api_key(key_id)
    return Response(status_code=204)
