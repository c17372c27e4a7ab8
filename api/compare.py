"""GET /v1/compare."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from api.deps import StoreDep
from api.openapi.answers import json_answer, problems
from api.openapi.schemas import Comparison
from satnet.errors import BadRequest, NotFound
from satnet.records.comparison import compare
from satnet.records.ids import is_id
from satnet.records.schema import FullExperiment

router = APIRouter(prefix="/v1", tags=["diagnosis"])
MOST_COMPARED = 50


@router.get("/compare", responses={200: json_answer("The comparison.", Comparison), **problems(404)})
def compare_experiments(
    store: StoreDep,
    ids: Annotated[
        str, Query(min_length=1, description="2 to 50 ids, separated by commas; the first is the baseline.")
    ],
) -> Response:
    """Compare experiments: how their specs differ, final metrics, aligned series, and whether a remedy helped."""
    chosen = [one for one in ids.split(",") if one]
    if not 2 <= len(chosen) <= MOST_COMPARED or len(set(chosen)) < len(chosen):
        raise BadRequest(f"ids: expected 2 to {MOST_COMPARED} different experiments, got {ids!r}")
    for one in chosen:
        if not is_id(one, "exp_"):
            raise NotFound(f"there is no experiment {one}")
    documents: list[FullExperiment] = [{**store.get(one), "epochs": store.epochs(one)} for one in chosen]
    return JSONResponse(compare(documents))
