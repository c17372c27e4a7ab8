"""What a dry run answers: the completed spec, its size, an estimate, and the findings that need no training."""

from dataclasses import asdict
from typing import Annotated

from typing_extensions import TypedDict

from satnet.records.schema import FindingRecord, SpecJson
from satnet.records.schema.about import About
from satnet.saturation.diagnosis import diagnose, facts_of
from satnet.service.budget import limits, require_affordable
from satnet.settings import Settings
from satnet.spec import ExperimentSpec, NetworkPlan, estimate, plan_network
from satnet.spec.budget import cost


class Estimate(TypedDict):
    """Size, memory and time; null where the rows are not known before they are read."""

    parameters: Annotated[int, About("Weights of the network.")]
    weights_bytes: Annotated[int, About("Bytes of the weights alone.")]
    model_bytes: Annotated[int | None, About("Bytes of the trained model's file.")]
    data_bytes: Annotated[int | None, About("Memory of the rows, with all copies.")]
    batch_bytes: Annotated[int | None, About("Memory while a batch trains.")]
    probe_bytes: Annotated[int | None, About("Memory while the probe rows are measured.")]
    evaluation_bytes: Annotated[int | None, About("Memory while rows are evaluated.")]
    parameters_bytes: Annotated[int | None, About("Memory of weights, gradients, optimizer and copies.")]
    program_bytes: Annotated[int | None, About("Memory of the compiled programs.")]
    memory_bytes: Annotated[int | None, About("Most memory at once, above an idle worker's.")]
    record_bytes: Annotated[int | None, About("Bytes that the records take in the store, at most.")]
    operations: Annotated[int | None, About("Floating point operations of the training.")]
    seconds: Annotated[float | None, About("Training time, a rough figure for two CPU cores.")]


class LimitsDocument(TypedDict):
    """The most that an experiment may need of what the estimate names; each is a setting, SATNET_MAX_..."""

    parameters: Annotated[int, About("SATNET_MAX_PARAMETERS")]
    model_bytes: Annotated[int, About("SATNET_MAX_MODEL_BYTES")]
    data_bytes: Annotated[int, About("SATNET_MAX_DATA_BYTES")]
    memory_bytes: Annotated[int, About("SATNET_MAX_MEMORY_BYTES")]
    record_bytes: Annotated[int, About("SATNET_MAX_RECORD_BYTES")]
    operations: Annotated[int, About("SATNET_MAX_OPERATIONS")]


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
    limits: LimitsDocument
    layers: list[PlannedLayerDocument]
    findings: list[FindingRecord]


def dry_run(spec: ExperimentSpec, settings: Settings) -> DryRun:
    """Size, estimate, limits and static findings of a spec.

    Raises InvalidSpec where the layers do not fit, or where it needs more than it may.
    """
    require_affordable(spec, settings)
    plan = plan_network(spec)
    return {
        "valid": True,
        "spec": spec.to_json(),
        "spec_sha256": spec.sha256,
        "estimate": _estimate(spec, plan),
        "limits": LimitsDocument(**asdict(limits(settings))),  # type: ignore[typeddict-item]  # the same names
        "layers": [
            {
                "pointer": layer.pointer,
                "type": layer.type,
                "output_shape": list(layer.output_shape),
                "parameters": layer.parameters,
            }
            for layer in plan.layers
        ],
        "findings": diagnose(facts_of(spec), overrides=settings.thresholds),
    }


def _estimate(spec: ExperimentSpec, plan: NetworkPlan) -> Estimate:
    needed = cost(spec, plan)
    memory = needed.memory if needed else None
    return {
        "parameters": plan.parameters,
        "weights_bytes": 4 * plan.parameters,
        "model_bytes": needed.model_bytes if needed else None,
        "data_bytes": memory.data if memory else None,
        "batch_bytes": memory.batch if memory else None,
        "probe_bytes": memory.probe if memory else None,
        "evaluation_bytes": memory.evaluation if memory else None,
        "parameters_bytes": memory.parameters if memory else None,
        "program_bytes": memory.program if memory else None,
        "memory_bytes": memory.peak if memory else None,
        "record_bytes": needed.record_bytes if needed else None,
        "operations": needed.operations if needed else None,
        "seconds": estimate.seconds(spec, plan),
    }
