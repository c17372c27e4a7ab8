"""What a dry run answers: the completed spec, its size, an estimate, and the findings that need no training."""

from collections.abc import Mapping
from math import prod

from typing_extensions import TypedDict

from satnet.records.schema import FindingRecord, SpecJson
from satnet.saturation.diagnosis import diagnose, facts_of
from satnet.spec import ExperimentSpec, NetworkPlan, dataset_info, estimate, plan_network

_BYTES = 4  # of a float32
_COPIES = 4  # of the parameters while training: weights, gradients and two optimizer slots


class Estimate(TypedDict):
    """Size, memory and time. `seconds` is a rough figure for two CPU cores; null if the row count is unknown."""

    parameters: int
    weights_bytes: int
    memory_bytes: int
    seconds: float | None


class PlannedLayerDocument(TypedDict):
    """A layer as Keras will build it; shapes without the batch axis."""

    pointer: str
    type: str
    output_shape: list[int]
    parameters: int


class DryRun(TypedDict):
    """A valid spec with all defaults filled in, and what is known of it before training."""

    valid: bool
    spec: SpecJson
    spec_sha256: str
    estimate: Estimate
    layers: list[PlannedLayerDocument]
    findings: list[FindingRecord]


def dry_run(spec: ExperimentSpec, thresholds: Mapping[str, float]) -> DryRun:
    """Size, estimate and static findings of a spec. Raises InvalidSpec where the layers do not fit."""
    plan = plan_network(spec)
    return {
        "valid": True,
        "spec": spec.to_json(),
        "spec_sha256": spec.sha256,
        "estimate": _estimate(spec, plan),
        "layers": [
            {
                "pointer": layer.pointer,
                "type": layer.type,
                "output_shape": list(layer.output_shape),
                "parameters": layer.parameters,
            }
            for layer in plan.layers
        ],
        "findings": diagnose(facts_of(spec), overrides=thresholds),
    }


def _estimate(spec: ExperimentSpec, plan: NetworkPlan) -> Estimate:
    info = dataset_info(spec.dataset)
    rows = spec.dataset.train_size or (info.train_rows if info else 0)
    values = rows * prod(info.input_shape if info else ())
    return {
        "parameters": plan.parameters,
        "weights_bytes": _BYTES * plan.parameters,
        "memory_bytes": _BYTES * (values + _COPIES * plan.parameters),
        "seconds": estimate.seconds(spec, plan),
    }
