"""What can be asked for: datasets, presets and the spec's JSON Schema."""

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter

from satnet import presets
from satnet.errors import NotFound
from satnet.spec import Dataset, dataset_info, json_schema
from satnet.spec.datasets import NAMES
from satnet.sweeps.spec import json_schema as sweep_schema

router = APIRouter(prefix="/v1", tags=["catalogue"])


@router.get("/datasets")
def datasets() -> dict[str, Any]:
    """The datasets by name, with their shapes."""
    known = [(name, dataset_info(Dataset.model_validate({"name": name}))) for name in NAMES]
    return {"data": [{"name": name} | asdict(info) for name, info in known if info]}


@router.get("/presets")
def list_presets() -> dict[str, Any]:
    """Ready specs, each with a line on what it shows; ready sweeps, each with its question."""
    return {"data": presets.describe(), "sweeps": presets.describe_sweeps()}


@router.get("/presets/{name}")
def preset(name: str) -> dict[str, Any]:
    """One preset's spec, ready to be posted."""
    if name not in presets.names():
        raise NotFound(f"there is no preset {name}; there are {', '.join(presets.names())}")
    return presets.load(name)


@router.get("/schema/{kind}")
def schema(kind: Literal["experiment", "sweep"]) -> dict[str, Any]:
    """The JSON Schema of a POSTed body."""
    return json_schema() if kind == "experiment" else sweep_schema()
