"""What can be asked for: datasets, presets and the JSON Schemas of specs."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, Response

from api.json import JsonObject
from api.openapi.answers import json_answer, problems
from api.openapi.schemas import DatasetPage, PresetPage
from satnet import presets
from satnet.errors import NotFound
from satnet.spec import Dataset, dataset_info, json_schema
from satnet.spec.datasets import DATASETS
from satnet.sweeps.spec import json_schema as sweep_schema

router = APIRouter(prefix="/v1", tags=["catalogue"])


@router.get("/datasets", responses={200: json_answer("The datasets.", DatasetPage), **problems(store=False)})
def list_datasets() -> Response:
    """List the built-in datasets with their shapes, before any row is left out."""
    known = [(name, dataset_info(Dataset.model_validate({"name": name}))) for name in DATASETS]
    return JSONResponse({"data": [{"name": name} | asdict(info) for name, info in known if info]})


@router.get("/presets", responses={200: json_answer("The presets.", PresetPage), **problems(store=False)})
def list_presets() -> Response:
    """List ready-made specs, each with a sentence on what it shows, and ready-made sweeps."""
    return JSONResponse({"data": presets.describe(), "sweeps": presets.describe_sweeps()})


@router.get(
    "/presets/{name}", responses={200: json_answer("An experiment spec.", JsonObject), **problems(404, store=False)}
)
def get_preset(name: Annotated[str, Path(description="The preset's name, for example `digits-best`.")]) -> Response:
    """Read one preset's spec, ready to be posted to `/v1/experiments`."""
    if name not in presets.names():
        raise NotFound(f"there is no preset {name}; there are {', '.join(presets.names())}")
    return JSONResponse(presets.load(name))


@router.get("/schema/{kind}", responses={200: json_answer("A JSON Schema.", JsonObject), **problems(store=False)})
def get_schema(kind: Annotated[Literal["experiment", "sweep"], Path(description="Which spec.")]) -> Response:
    """Read the JSON Schema (draft 2020-12) of an experiment spec or a sweep spec."""
    return JSONResponse(json_schema() if kind == "experiment" else sweep_schema())
