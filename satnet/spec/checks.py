"""What pydantic cannot see: fields that contradict each other, and networks that do not fit their data."""

from collections.abc import Iterator

from satnet.errors import FieldError
from satnet.spec.activation_traits import traits
from satnet.spec.datasets import DATASETS, Dataset, DatasetInfo, dataset_info
from satnet.spec.experiment import ExperimentSpec
from satnet.spec.initializers import INITIALIZERS
from satnet.spec.layers import LAYERS, Weighted
from satnet.spec.shapes import NetworkPlan, plan
from satnet.spec.training_checks import check_training


def output_activation(spec: ExperimentSpec) -> str:
    """The activation at the end of the network."""
    for layer in reversed(spec.layers):
        if layer.hides_activation:
            break
        if (applied := layer.applied()) is not None:
            return applied.name or "linear"
    return "linear"


def check(spec: ExperimentSpec) -> list[FieldError]:
    """All that is wrong with a spec whose fields are well-formed."""
    errors = list(_dataset(spec)) + list(check_training(spec, _known(spec)))
    if not any(layer.has_kernel for layer in spec.layers):
        kinds = ", ".join(name for name, kind in LAYERS.items() if kind.has_kernel)
        errors.append(FieldError("#/layers", f"no layer has weights; add one of {kinds}", "no_weights"))
    if spec.resources.precision != "float32" and spec.resources.device != "gpu":
        detail = "mixed precision needs a GPU: set resources.device to gpu"
        errors.append(FieldError("#/resources/precision", detail, "contradiction", spec.resources.precision))
    info = _known(spec)
    errors += _initializers(spec)
    if info is None:
        return errors
    network, misfits = plan(spec, info.input_shape)
    errors += misfits or list(_output(spec, network, info))
    return errors


def _known(spec: ExperimentSpec) -> DatasetInfo | None:
    if spec.dataset.misplaced_options() or spec.dataset.fields_of_tables():
        return None
    return dataset_info(spec.dataset)


def _dataset(spec: ExperimentSpec) -> Iterator[FieldError]:
    dataset = spec.dataset
    if (dataset.name is None) == (dataset.path is None):
        yield FieldError("#/dataset/name", "the name of a dataset is missing", "missing")
        return
    yield from _misplaced(dataset)
    info = _known(spec)
    if info is None:
        return
    for key, rows in (("train_size", info.train_rows), ("test_size", info.test_rows)):
        size = getattr(dataset, key)
        if size is None:
            continue
        if size > rows:
            yield FieldError(
                f"#/dataset/{key}", f"{dataset.name} has only {rows} {key.partition('_')[0]} rows", "limit", size
            )
        elif info.classes and (size < info.classes or 0 < rows - size < info.classes):
            detail = f"each of the {info.classes} classes must have a row among those chosen and among the rest"
            yield FieldError(f"#/dataset/{key}", detail, "limit", size)
    yield from _validation_rows(spec, info)


def _misplaced(dataset: Dataset) -> Iterator[FieldError]:
    """What the dataset does not have."""
    if dataset.name is not None and dataset.name not in DATASETS:
        known = ", ".join(DATASETS)
        yield FieldError("#/dataset/name", f"there is no dataset {dataset.name}; there are {known}", "not_found")
    for key in dataset.fields_of_tables():
        detail = f"{key} is for tables, which cannot be uploaded yet"
        yield FieldError(f"#/dataset/{key}", detail, "not_allowed", explain(getattr(dataset, key)))
    for key in dataset.misplaced_options():
        detail = f"dataset {dataset.name} has no {key}"
        yield FieldError(f"#/dataset/{key}", detail, "not_allowed", getattr(dataset, key))


def _validation_rows(spec: ExperimentSpec, info: DatasetInfo) -> Iterator[FieldError]:
    rows = spec.dataset.train_size or info.train_rows
    fraction, smallest = spec.dataset.validation_fraction, info.classes or 1
    held_out = round(rows * fraction)
    if fraction > 0 and not smallest <= held_out <= rows - smallest:
        detail = f"{fraction} of {rows} rows is {held_out}; training and validation need at least {smallest} each"
        yield FieldError("#/dataset/validation_fraction", detail, "limit", fraction)
    if spec.cross_validation is None:
        return
    if fraction > 0:
        detail = "cross_validation holds out its own folds; validation_fraction must be 0"
        yield FieldError("#/dataset/validation_fraction", detail, "contradiction", fraction)
    if spec.cross_validation.folds > rows // smallest:
        detail = f"{rows} rows of {smallest} classes allow at most {rows // smallest} folds"
        yield FieldError("#/cross_validation/folds", detail, "limit", spec.cross_validation.folds)


def _initializers(spec: ExperimentSpec) -> Iterator[FieldError]:
    for index, layer in enumerate(spec.layers):
        for key in ("kernel_initializer", "bias_initializer"):
            named = getattr(layer, key, None)
            if named is None:
                continue
            pointer = f"#/layers/{index}/{key}"
            parameters = named.parameters
            if named.name == "random_uniform" and parameters.get("minval", -0.05) > parameters.get("maxval", 0.05):
                yield FieldError(pointer, "minval is greater than maxval", "contradiction", named.to_json())
            traits = INITIALIZERS[named.name]
            if key == "bias_initializer" and not traits.for_biases:
                detail = f"{named.name} initializes matrices only, and a bias is a vector"
                yield FieldError(pointer, detail, "shape", named.name)
            if layer.needs_image and not traits.for_convolutions:
                detail = f"{named.name} initializes matrices only, and the kernel of {layer.type} is not one"
                yield FieldError(pointer, detail, "shape", named.name)


def _output(spec: ExperimentSpec, network: NetworkPlan, info: DatasetInfo) -> Iterator[FieldError]:
    last = len(spec.layers) - 1
    shape = network.layers[-1].output_shape
    weighted = [(index, layer) for index, layer in enumerate(spec.layers) if isinstance(layer, Weighted)]
    if not weighted:
        return  # refused for that
    pointer = f"#/layers/{weighted[-1][0]}/{weighted[-1][1].width_field}"
    if len(shape) != 1:
        yield FieldError(f"#/layers/{last}", f"the output must be flat, but its shape is {shape}", "shape")
        return
    units, activation = shape[0], output_activation(spec)
    if spec.layers[last].is_noise:
        kind = spec.layers[last].type
        yield FieldError(f"#/layers/{last}/type", f"{kind} cannot be the last layer", "not_allowed", kind)
    if activation == "softmax" and units == 1:
        yield FieldError(pointer, "softmax over one unit is always 1; use sigmoid or more units", "shape", 1)
        return
    if info.task == "regression":
        if units != 1:
            yield FieldError(pointer, "a regression needs exactly 1 output unit", "shape", units)
        if spec.loss.endswith("crossentropy"):
            yield FieldError("#/loss", "a regression cannot use a cross-entropy", "not_allowed", spec.loss)
        return
    allowed = (1, 2) if info.classes == 2 else (info.classes,)
    if units not in allowed:
        choice = " or ".join(str(count) for count in allowed)
        detail = f"{info.classes} classes need {choice} output units, but the network has {units}"
        yield FieldError(pointer, detail, "shape", units)
        return
    yield from _loss(spec, units, activation)


def _loss(spec: ExperimentSpec, units: int, activation: str) -> Iterator[FieldError]:
    if spec.loss == "categorical_crossentropy" and (activation != "softmax" or units < 2):
        detail = f"categorical_crossentropy needs a softmax over two or more units, but the output is {activation}"
        yield FieldError("#/loss", detail, "contradiction", spec.loss)
    if spec.loss == "binary_crossentropy" and not traits(activation).is_probability:
        detail = f"binary_crossentropy needs a sigmoid output, but the output is {activation}"
        yield FieldError("#/loss", detail, "contradiction", spec.loss)


def explain(value: object) -> object:
    """What came, short enough for an error."""
    text = repr(value)
    return value if len(text) <= 200 else text[:200] + "..."
