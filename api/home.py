"""GET /: links for programs, the documentation for people."""

from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse, RedirectResponse, Response

from api.openapi.answers import empty, json_answer, problems
from api.openapi.schemas import Home
from satnet import __version__

router = APIRouter(tags=["health"])
_PLACES = ("experiments", "sweeps", "compare", "datasets", "presets", "queue", "workers")
LINKS = {
    "self": "/",
    **{place: f"/v1/{place}" for place in _PLACES},
    **{f"{kind}_schema": f"/v1/schema/{kind}" for kind in ("experiment", "sweep")},
    **{place: f"/{place}" for place in ("healthz", "readyz", "version", "docs")},
    "openapi": "/openapi.json",
}


@router.get(
    "/",
    responses={
        200: json_answer("The links.", Home),
        307: empty("To `/docs`, without `Accept: application/json`.", "Location"),
        **problems(store=False),
    },
)
def get_home(accept: Annotated[str, Header(include_in_schema=False)] = "") -> Response:
    """Read the links to everything this service offers; browsers are sent to the interactive documentation."""
    if "application/json" in accept:
        return JSONResponse({"name": "satnet", "version": __version__, "links": LINKS})
    return RedirectResponse("/docs")
