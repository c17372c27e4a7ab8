"""The experiment spec: CONTRACT section 1 as pydantic models."""

import hashlib
import json
import secrets
from typing import Annotated, Any, Literal

from pydantic import Field

from satnet.spec.activation_traits import traits
from satnet.spec.datasets import Dataset
from satnet.spec.layers import Layer
from satnet.spec.named import Frozen, Optimizer

Loss = Literal["mean_squared_error", "mean_absolute_error", "huber", "binary_crossentropy", "categorical_crossentropy"]
Monitor = Literal["train.loss", "train.accuracy", "validation.loss", "validation.accuracy"]
Positive = Annotated[float, Field(gt=0)]
_NOT_HASHED = {"name", "labels", "keep", "priority"}


class EarlyStopping(Frozen):
    """Stop when a metric has not improved for `patience` epochs."""

    monitor: Monitor = "validation.loss"
    patience: Annotated[int, Field(ge=0)] = 0
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    restore_best_weights: bool = False


class ExponentialDecay(Frozen):
    """learning_rate * decay_rate ^ (step / decay_steps); steps are optimizer steps."""

    name: Literal["exponential_decay"]
    decay_steps: Annotated[int, Field(ge=1)]
    decay_rate: Positive
    staircase: bool = False


class CosineDecay(Frozen):
    """Half a cosine from learning_rate to alpha * learning_rate over `decay_steps` optimizer steps."""

    name: Literal["cosine_decay"]
    decay_steps: Annotated[int, Field(ge=1)]
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.0


class ReduceOnPlateau(Frozen):
    """Multiply the learning rate by `factor` when a metric has not improved for `patience` epochs."""

    name: Literal["reduce_on_plateau"]
    monitor: Monitor = "validation.loss"
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    patience: Annotated[int, Field(ge=1)] = 10
    min_lr: Annotated[float, Field(ge=0)] = 0.0


Schedule = Annotated[ExponentialDecay | CosineDecay | ReduceOnPlateau, Field(discriminator="name")]


class Training(Frozen):
    """How long, in which batches, in which order."""

    epochs: Annotated[int, Field(ge=1, le=10_000)] = 10
    batch_size: Annotated[int, Field(ge=1, le=65_536)] = 32
    shuffle: bool = True
    shuffle_seed: Annotated[int, Field(ge=0)] | None = None
    early_stopping: EarlyStopping | None = None
    learning_rate_schedule: Schedule | None = None


class CrossValidation(Frozen):
    """k folds of the training rows."""

    folds: Annotated[int, Field(ge=2, le=50)] = 5
    stratified: bool = True


class Saturation(Frozen):
    """How saturation is measured; definitions in docs/saturation.md."""

    epsilon: Annotated[float, Field(gt=0, le=0.09)] = 0.05
    probe_size: Annotated[int, Field(ge=1, le=65_536)] = 1024
    every: Annotated[int, Field(ge=1)] = 1


class Resources(Frozen):
    """Where it may run and for how long."""

    device: Literal["any", "cpu", "gpu"] = "any"
    max_seconds: Annotated[int, Field(ge=1, le=604_800)] = 3600
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"


class ExperimentSpec(Frozen):
    """What a user asks for; every default is filled in."""

    name: Annotated[str, Field(max_length=100)] | None = None
    labels: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=64)], Annotated[str, Field(max_length=256)]],
        Field(max_length=16),
    ] = {}
    dataset: Dataset
    layers: Annotated[list[Layer], Field(min_length=1, max_length=64)]
    loss: Loss
    optimizer: Optimizer = Optimizer("adam", Optimizer.completed("adam", {}))
    training: Training = Training()
    cross_validation: CrossValidation | None = None
    saturation: Saturation = Saturation()
    resources: Resources = Resources()
    keep: bool = False
    priority: Annotated[int, Field(ge=-10, le=10)] = 0
    seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None

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


def default_loss(activation: Any) -> str:
    """The loss that matches an output activation."""
    name = activation.get("name") if isinstance(activation, dict) else activation
    return traits(str(name)).matching_loss or "mean_squared_error"
