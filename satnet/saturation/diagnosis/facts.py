"""What the rules look at: what is known of the network before training, and its measured epochs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from satnet.records.schema import SpecJson
from satnet.spec import ExperimentSpec, dataset_info, output_activation
from satnet.spec.external import ExternalSpec
from satnet.spec.hidden import PlannedActivation, activations
from satnet.spec.initializers import initial_std


@dataclass(frozen=True)
class Facts:
    """The network as asked for. `spec` is None for a network of the user's own, which no patch can change."""

    loss: str
    output_activation: str
    optimizer: str
    learning_rate: float
    hidden: tuple[PlannedActivation, ...]
    output: PlannedActivation | None
    initializers: Mapping[str, str]  # hidden layer -> name of its kernel initializer
    spec: SpecJson | None = None  # normalised
    raw_input: tuple[float, float] | None = None  # mean and std, where nothing standardizes them
    validates_on_test: bool = False
    predicted_std: Mapping[str, float] = field(default_factory=dict)  # hidden layer -> std of its kernel


def facts_of(spec: ExperimentSpec) -> Facts:
    """What a spec says before anything trains."""
    *hidden, output = activations(spec)
    initializers, predicted = {}, {}
    for layer in hidden:
        if layer.weights is not None:
            named = spec.layers[layer.weights].kernel_initializer  # type: ignore[union-attr]  # weights is the index of a layer with a kernel
            initializers[layer.name] = named.name
            std = initial_std(named.name, named.parameters, layer.fan_in, layer.fan_out)
            if std is not None:
                predicted[layer.name] = std
    info = dataset_info(spec.dataset)
    return Facts(
        loss=spec.loss,
        output_activation=output_activation(spec),
        optimizer=spec.optimizer.name,
        learning_rate=float(spec.optimizer.parameters["learning_rate"]),
        hidden=tuple(hidden),
        output=output,
        initializers=initializers,
        spec=spec.to_json(),
        raw_input=info.raw_input if info and spec.dataset.standardize == "none" else None,
        validates_on_test=spec.dataset.validation_fraction == 0 and spec.cross_validation is None,
        predicted_std=predicted,
    )


def facts_of_external(spec: ExternalSpec) -> Facts:
    """What is known of a network that was trained elsewhere."""
    return Facts(
        loss=spec.loss,
        output_activation=spec.output_activation,
        optimizer=spec.optimizer,
        learning_rate=spec.learning_rate,
        hidden=spec.planned(),
        output=None,
        initializers={one.name: one.initializer for one in spec.layers if one.initializer},
    )
