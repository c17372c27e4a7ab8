"""The experiment spec: CONTRACT section 1 as pydantic models."""

import hashlib
import json
import secrets
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from satnet.spec.activation_traits import traits
from satnet.spec.class_weight import ClassWeight
from satnet.spec.datasets import Dataset
from satnet.spec.layers import Layer
from satnet.spec.metrics import Metric, Monitor
from satnet.spec.named import Frozen
from satnet.spec.optimizers import Optimizer

Loss = Literal["mean_squared_error", "mean_absolute_error", "huber", "binary_crossentropy", "categorical_crossentropy"]
Positive = Annotated[float, Field(gt=0)]
_NOT_HASHED = {"name", "labels", "keep", "priority"}


class EarlyStopping(Frozen):
    """Stop when a metric has not improved for `patience` epochs."""

    monitor: Monitor = "validation.loss"
    """The metric that is watched; one on validation rows needs `validation_fraction` or folds."""
    patience: Annotated[int, Field(ge=0)] = 0
    """Epochs without an improvement after which training stops."""
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    """Smallest change that counts as an improvement."""
    restore_best_weights: bool = False
    """Return to the weights of the best epoch at the end."""


class ExponentialDecay(Frozen):
    """learning_rate * decay_rate ^ (step / decay_steps); steps are optimizer steps."""

    name: Literal["exponential_decay"]
    decay_steps: Annotated[int, Field(ge=1)]
    """Optimizer steps per decay."""
    decay_rate: Positive
    """Factor per `decay_steps`."""
    staircase: bool = False
    """Decay in jumps instead of continuously."""


class CosineDecay(Frozen):
    """Half a cosine from learning_rate to alpha * learning_rate over `decay_steps` optimizer steps."""

    name: Literal["cosine_decay"]
    decay_steps: Annotated[int, Field(ge=1)]
    """Optimizer steps until the lowest rate is reached."""
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Lowest rate, as a share of the first."""


class ReduceOnPlateau(Frozen):
    """Multiply the learning rate by `factor` when a metric has not improved for `patience` epochs."""

    name: Literal["reduce_on_plateau"]
    monitor: Monitor = "validation.loss"
    """The metric that is watched; one on validation rows needs `validation_fraction` or folds."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """What the learning rate is multiplied by."""
    patience: Annotated[int, Field(ge=1)] = 10
    """Epochs without an improvement after which it is reduced."""
    min_lr: Annotated[float, Field(ge=0)] = 0.0
    """The learning rate is never reduced below this."""


Schedule = Annotated[ExponentialDecay | CosineDecay | ReduceOnPlateau, Field(discriminator="name")]


class Training(Frozen):
    """How long, in which batches, in which order."""

    epochs: Annotated[int, Field(ge=1, le=10_000)] = 10
    """Passes over the training rows."""
    batch_size: Annotated[int, Field(ge=1, le=65_536)] = 32
    """Rows per optimizer step."""
    shuffle: bool = True
    """Draw a new order of the training rows for each epoch."""
    shuffle_seed: Annotated[int, Field(ge=0)] | None = None
    """Seed of that order; null: the experiment's `seed`."""
    early_stopping: EarlyStopping | None = None
    """Stop when a metric no longer improves."""
    learning_rate_schedule: Schedule | None = None
    """How the learning rate changes during training; null: it is constant."""
    class_weight: ClassWeight = None
    """Weights of the classes in the training loss, by label (others: 1); `balanced`: rows / (classes x rows of one)."""
    metrics: Annotated[list[Metric], Field(max_length=11)] = []
    """Measured beside loss and accuracy, as defined in docs/spec.md."""


class CrossValidation(Frozen):
    """k folds of the training rows."""

    folds: Annotated[int, Field(ge=2, le=50)] = 5
    """Number of folds; each is held out once."""
    stratified: bool = True
    """Keep the shares of the classes in every fold."""


class Saturation(Frozen):
    """How saturation is measured; definitions in docs/saturation.md."""

    epsilon: Annotated[float, Field(gt=0, le=0.09)] = 0.05
    """Relative slope below which an activation counts as saturated."""
    probe_size: Annotated[int, Field(ge=1, le=65_536)] = 1024
    """Training rows that are passed through the network to measure it."""
    every: Annotated[int, Field(ge=1)] = 1
    """Measure after every n-th epoch, and after the last."""


class Resources(Frozen):
    """Where it may run and for how long."""

    device: Literal["any", "cpu", "gpu"] = "any"
    """`any` waits in every worker's queue; `cpu` and `gpu` wait for a worker of that kind."""
    max_seconds: Annotated[int, Field(ge=1, le=604_800)] = 3600
    """Training time, over all attempts, after which the experiment fails."""
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    """Mixed precision needs `device` gpu."""


def _loss_is_optional(schema: dict[str, Any]) -> None:
    """The loss follows from the output activation before the model is validated."""
    schema["required"].remove("loss")


class ExperimentSpec(Frozen):
    """What a user asks for; every default is filled in."""

    model_config = ConfigDict(json_schema_extra=_loss_is_optional)

    name: Annotated[str, Field(max_length=100)] | None = None
    """A title; it changes no result."""
    labels: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=64)], Annotated[str, Field(max_length=256)]],
        Field(max_length=16),
    ] = {}
    """Up to 16 keys and values to filter by; they change no result."""
    dataset: Dataset
    """Which rows, and how they are prepared."""
    layers: Annotated[list[Layer], Field(min_length=1, max_length=64)]
    """The network, from input to output."""
    loss: Loss
    """By default that of the output activation: categorical or binary cross-entropy, else mean_squared_error."""
    optimizer: Optimizer = Optimizer("adam", Optimizer.completed("adam", {}))
    """A name, or an object with `name` and parameters."""
    training: Training = Training()
    """Epochs, batches, early stopping, learning rate schedule."""
    cross_validation: CrossValidation | None = None
    """Train every fold in turn; null: one split."""
    saturation: Saturation = Saturation()
    """What is measured, and how often."""
    resources: Resources = Resources()
    """Where the experiment may run, and for how long."""
    keep: bool = False
    """Never delete the finished experiment automatically."""
    priority: Annotated[int, Field(ge=-10, le=10)] = 0
    """Higher ones are trained first."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    """Of the weights, rows, order and dropout; null: drawn, and shown in the stored spec."""

    def with_seed(self) -> "ExperimentSpec":
        """The spec with its seed drawn, where it had none."""
        return self if self.seed is not None else self.model_copy(update={"seed": secrets.randbelow(2**31)})

    @property
    def rows_seed(self) -> int:
        """What the choice of rows follows from: split, folds, validation and probe rows, and generated data."""
        return int((self.seed if self.dataset.split_seed is None else self.dataset.split_seed) or 0)

    @property
    def order_seed(self) -> int:
        """What each epoch's order of the rows follows from."""
        return int((self.seed if self.training.shuffle_seed is None else self.training.shuffle_seed) or 0)

    def to_json(self) -> dict[str, Any]:
        """The normalised spec; a dataset's options that it does not have are left out."""
        content = self.model_dump(mode="json")
        dataset = content["dataset"]
        for key in ("path", "features", "classes", "samples", "noise", "name", "split_seed"):
            if dataset[key] is None:
                del dataset[key]
        return content

    @property
    def sha256(self) -> str:
        """Of what determines the result: canonical JSON without name, labels, keep and priority."""
        content = {key: value for key, value in self.to_json().items() if key not in _NOT_HASHED}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def default_loss(activation: object) -> str:
    """The loss that matches an output activation."""
    name = activation.get("name") if isinstance(activation, dict) else activation
    return traits(str(name)).matching_loss or "mean_squared_error"
