"""An experiment as a stand-alone Keras program: what it trains, without satnet."""

from collections.abc import Iterator, Mapping
from typing import Any

from satnet.spec import ExperimentSpec, dataset_info
from satnet.spec.named import Named

_IMAGE_LAYERS = ("conv2d", "max_pooling2d", "average_pooling2d", "global_average_pooling2d")
_MONITORS = {
    "train.loss": "loss",
    "train.accuracy": "accuracy",
    "validation.loss": "val_loss",
    "validation.accuracy": "val_accuracy",
}
_CLASSES = {
    "sgd": "SGD",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "adamax": "Adamax",
    "nadam": "Nadam",
    "lion": "Lion",
    "l1": "L1",
    "l2": "L2",
    "l1_l2": "L1L2",
}


def to_script(spec: ExperimentSpec, title: str) -> str:
    """The program's text.

    Args:
        spec: with its seed drawn; a dataset of the user's own is read from its path.
        title: what the first line says.
    """
    parts = [
        f'"""{title}: needs keras, tensorflow, numpy and scikit-learn."""',
        _IMPORTS,
        f"SEED = {spec.seed}\n" + _precision(spec),
        _rows(spec),
        _prepared(spec),
        *([_MAXOUT] if any(layer.type == "maxout" for layer in spec.layers) else []),
        _network(spec),
        _training(spec),
        _runs(spec),
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


_IMPORTS = """
import json
from pathlib import Path

import keras
import numpy as np
from sklearn import datasets
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
"""
_MAXOUT = '''
class Maxout(keras.layers.Layer):
    """The largest of `pieces` linear functions a unit."""

    def __init__(self, units, pieces):
        super().__init__()
        self.units, self.pieces = units, pieces

    def call(self, x):
        return keras.ops.max(keras.ops.reshape(x, (-1, self.units, self.pieces)), axis=-1)
'''


def _precision(spec: ExperimentSpec) -> str:
    told = "keras.utils.set_random_seed(SEED)"
    if spec.resources.precision != "float32":
        told += f'\nkeras.config.set_dtype_policy("{spec.resources.precision}")'
    return told


# -- rows --------------------------------------------------------------------------------------------------------------


def _rows(spec: ExperimentSpec) -> str:
    dataset, name = spec.dataset, spec.dataset.name
    regression = name == "diabetes"
    lines = ["def load():", '    """Training and test rows, before standardization."""']
    if dataset.path is not None or name in ("mnist", "fashion_mnist", "cifar10"):
        lines += _files(dataset.path or f"{name}.npz", name)
    else:
        lines += _GENERATED[str(name)](dataset)
        rows = 360 if name == "digits" else 88 if name == "diabetes" else int(dataset.samples or 0) // 5
        stratify = "None" if name in ("diabetes", "gaussian") else "y"
        lines += [
            f"    x, x_test, y, y_test = train_test_split(x, y, test_size={rows}, random_state=SEED, "
            f"stratify={stratify})"
        ]
    stratified = "None" if regression else "{}"
    for size, at, purpose in ((dataset.train_size, "", 2), (dataset.test_size, "_test", 3)):
        if size is not None:
            stratify = stratified.format(f"y{at}")
            lines += [
                f"    x{at}, _, y{at}, _ = train_test_split(x{at}, y{at}, train_size={size}, "
                f"random_state=SEED + {purpose}, stratify={stratify})"
            ]
    return "\n".join([*lines, "    return x, y, x_test, y_test"])


def _files(path: str, name: str | None) -> list[str]:
    lines = [f"    path = Path({path!r})"]
    if name is None:
        lines += ["    with np.load(path) as rows:"]
        return [*lines, '        return tuple(rows[key] for key in ("x_train", "y_train", "x_test", "y_test"))']
    lines += [
        "    if path.exists():  # beside this program; else Keras downloads it",
        "        with np.load(path) as rows:",
        '            x, y, x_test, y_test = (rows[key] for key in ("x_train", "y_train", "x_test", "y_test"))',
        "    else:",
        f"        (x, y), (x_test, y_test) = keras.datasets.{name}.load_data()",
        "    y, y_test = y.reshape(-1), y_test.reshape(-1)",
    ]
    return lines


def _gaussian(dataset: Any) -> list[str]:
    return [
        "    rng = np.random.default_rng([SEED, 1])",
        f"    x = rng.standard_normal(({dataset.samples}, {dataset.features}))",
        f"    teacher = rng.standard_normal(({dataset.features}, {dataset.classes}))",
        "    x, y = x.astype(np.float32), np.argmax(x @ teacher, axis=1)",
    ]


def _xor(dataset: Any) -> list[str]:
    return [
        "    rng = np.random.default_rng([SEED, 1])",
        f"    corners = rng.integers(0, 2, ({dataset.samples}, 2))",
        f"    x = 2.0 * corners - 1.0 + {dataset.noise} * rng.standard_normal(({dataset.samples}, 2))",
        "    y = corners[:, 0] ^ corners[:, 1]",
    ]


def _spirals(dataset: Any) -> list[str]:
    return [
        "    rng = np.random.default_rng([SEED, 1])",
        f"    y = np.arange({dataset.samples}) % {dataset.classes}",
        f"    radius = rng.uniform(0.05, 1.0, {dataset.samples})",
        f"    angle = 2.0 * np.pi * (radius * 1.5 + y / {dataset.classes})",
        "    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)",
        f"    x = x + {dataset.noise} * rng.standard_normal(({dataset.samples}, 2))",
    ]


_GENERATED = {
    "digits": lambda _: ["    bunch = datasets.load_digits()", "    x, y = bunch.images, bunch.target"],
    "diabetes": lambda _: ["    x, y = datasets.load_diabetes(scaled=False, return_X_y=True)"],
    "gaussian": _gaussian,
    "xor": _xor,
    "spirals": _spirals,
}


def _prepared(spec: ExperimentSpec) -> str:
    kind = spec.dataset.standardize
    center, scale = {
        "global": ("x.mean()", "x.std()"),
        "per_feature": ("x.mean(axis=0)", "np.where(x.std(axis=0) == 0, 1.0, x.std(axis=0))"),
        "minmax": ("x.min()", "x.max() - x.min()"),
        "none": ("0.0", "1.0"),
    }[kind]
    info = dataset_info(spec.dataset)
    lines = [
        "def prepare(x, y, *others):",
        '    """Standardize with the training rows\' statistics alone, and encode the labels."""',
        "    x = x.astype(np.float64)",
        f"    center, scale = {center}, {scale}",
        *_labels(spec, info.task == "regression" if info else False),
        "    pairs = [(x, y), *zip(others[::2], others[1::2])]",
        "    return [part for x, y in pairs for part in (((x - center) / scale).astype(np.float32), encode(y))]",
    ]
    return "\n".join(lines)


def _labels(spec: ExperimentSpec, regression: bool) -> list[str]:
    if regression:
        moments = "y.mean(), y.std()" if spec.dataset.standardize_target else "0.0, 1.0"
        code = "((y.reshape(len(y), -1) - mean) / std).astype(np.float32)"
        return [f"    mean, std = {moments}", f"    encode = lambda y: {code}"]
    weighted = [layer for layer in spec.layers if layer.type in ("dense", "maxout", "conv2d")][-1]
    outputs = weighted.filters if weighted.type == "conv2d" else weighted.units
    if outputs == 1:
        return ["    encode = lambda y: y.reshape(-1, 1).astype(np.float32)"]
    return [f"    encode = lambda y: np.eye({outputs}, dtype=np.float32)[y.astype(int)]"]


# -- network -----------------------------------------------------------------------------------------------------------


def _network(spec: ExperimentSpec) -> str:
    lines = ["def build(shape):", '    """The network, compiled."""', "    layers = [", "        keras.Input(shape),"]
    info = dataset_info(spec.dataset)
    if spec.layers[0].type in _IMAGE_LAYERS and (info is None or len(info.input_shape) == 2):
        lines.append("        keras.layers.Reshape((*shape, 1)),")
    for layer in spec.layers:
        for _ in range(getattr(layer, "repeat", 1)):
            lines += [f"        {line}," for line in _layer(layer)]
    lines += ["    ]", "    model = keras.Sequential(layers)", f"    optimizer = {_optimizer(spec)}"]
    metrics = '["mean_absolute_error"]' if info and info.task == "regression" else '["accuracy"]'
    lines += [f'    model.compile(optimizer=optimizer, loss="{spec.loss}", metrics={metrics})', "    return model"]
    return "\n".join(lines)


def _layer(layer: Any) -> Iterator[str]:
    if layer.type in ("dense", "maxout", "conv2d"):
        yield from _weighted(layer)
    elif layer.type == "activation":
        yield _activation(layer.activation)
    else:
        yield _plain(layer)


def _weighted(layer: Any) -> Iterator[str]:
    told = {"kernel_initializer": _initializer(layer.kernel_initializer)}
    told["bias_initializer"] = _initializer(layer.bias_initializer)
    if not layer.use_bias:
        told["use_bias"] = "False"
    if layer.kernel_regularizer is not None:
        told["kernel_regularizer"] = _call("keras.regularizers", layer.kernel_regularizer)
    options = ", ".join(f"{key}={value}" for key, value in told.items())
    if layer.type == "conv2d":
        shape = f"{layer.filters}, {layer.kernel_size}, strides={layer.strides}, padding={layer.padding!r}"
        yield f"keras.layers.Conv2D({shape}, {options})"
    else:
        yield f"keras.layers.Dense({layer.units * getattr(layer, 'pieces', 1)}, {options})"
    if layer.batch_normalization == "before_activation":
        yield "keras.layers.BatchNormalization()"
    if layer.type == "maxout":
        yield f"Maxout({layer.units}, {layer.pieces})"
    elif layer.activation.name != "linear":
        yield _activation(layer.activation)
    if layer.batch_normalization == "after_activation":
        yield "keras.layers.BatchNormalization()"


def _activation(named: Named) -> str:
    if not named.parameters:
        return f'keras.layers.Activation("{named.name}")'
    options = _arguments(named.parameters)
    return f"keras.layers.Activation(lambda z: keras.activations.{named.name}(z, {options}))"


def _initializer(named: Named) -> str:
    return (
        f'"{named.name}"' if not named.parameters and named.name != "constant" else _call("keras.initializers", named)
    )


def _call(module: str, named: Named) -> str:
    name = _CLASSES.get(named.name) or "".join(part.title() for part in named.name.split("_"))
    return f"{module}.{name}({_arguments(named.parameters)})"


def _arguments(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in parameters.items() if value is not None)


def _pool(layer: Any) -> str:
    return _arguments({"pool_size": layer.pool_size, "strides": layer.strides, "padding": layer.padding})


def _plain(layer: Any) -> str:
    match layer.type:
        case "flatten":
            return "keras.layers.Flatten()"
        case "reshape":
            return f"keras.layers.Reshape({tuple(layer.target_shape)})"
        case "dropout":
            return f"keras.layers.Dropout({layer.rate})"
        case "max_pooling2d":
            return f"keras.layers.MaxPooling2D({_pool(layer)})"
        case "average_pooling2d":
            return f"keras.layers.AveragePooling2D({_pool(layer)})"
        case "global_average_pooling2d":
            return "keras.layers.GlobalAveragePooling2D()"
        case "layer_normalization":
            return f"keras.layers.LayerNormalization(epsilon={layer.epsilon})"
    fields = {key: getattr(layer, key) for key in ("momentum", "epsilon", "center", "scale")}
    return f"keras.layers.BatchNormalization({_arguments(fields)})"


def _optimizer(spec: ExperimentSpec) -> str:
    parameters = {key: repr(value) for key, value in spec.optimizer.parameters.items() if value is not None}
    schedule: Any = spec.training.learning_rate_schedule
    rate = parameters["learning_rate"]
    module = "keras.optimizers.schedules"
    if schedule is not None and schedule.name == "exponential_decay":
        options = f"{rate}, {schedule.decay_steps}, {schedule.decay_rate}, staircase={schedule.staircase}"
        parameters["learning_rate"] = f"{module}.ExponentialDecay({options})"
    elif schedule is not None and schedule.name == "cosine_decay":
        options = f"{rate}, {schedule.decay_steps}, alpha={schedule.alpha}"
        parameters["learning_rate"] = f"{module}.CosineDecay({options})"
    arguments = ", ".join(f"{key}={value}" for key, value in parameters.items())
    return f"keras.optimizers.{_CLASSES[spec.optimizer.name]}({arguments})"


# -- training ----------------------------------------------------------------------------------------------------------


def _training(spec: ExperimentSpec) -> str:
    training = spec.training
    return "\n".join(
        [
            "def train(x, y, x_validation, y_validation, x_test, y_test):",
            '    """Fit, evaluate on the test rows, and tell."""',
            "    rows = prepare(x, y, x_validation, y_validation, x_test, y_test)",
            "    x, y, x_validation, y_validation, x_test, y_test = rows",
            "    model = build(x.shape[1:])",
            f"    callbacks = [{', '.join(_callbacks(spec))}]",
            f"    model.fit(x, y, batch_size={training.batch_size}, epochs={training.epochs}, "
            f"shuffle={training.shuffle},",
            "              validation_data=(x_validation, y_validation), callbacks=callbacks, verbose=2)",
            "    print(json.dumps({'test': model.evaluate(x_test, y_test, verbose=0, return_dict=True)}))",
        ]
    )


def _callbacks(spec: ExperimentSpec) -> Iterator[str]:
    stopping, schedule = spec.training.early_stopping, spec.training.learning_rate_schedule
    if stopping is not None:
        mode = "max" if stopping.monitor.endswith("accuracy") else "min"
        yield (
            f'keras.callbacks.EarlyStopping("{_MONITORS[stopping.monitor]}", min_delta={stopping.min_delta}, '
            f'patience={stopping.patience}, mode="{mode}", restore_best_weights={stopping.restore_best_weights})'
        )
    if schedule is not None and schedule.name == "reduce_on_plateau":
        mode = "max" if schedule.monitor.endswith("accuracy") else "min"
        yield (
            f'keras.callbacks.ReduceLROnPlateau("{_MONITORS[schedule.monitor]}", factor={schedule.factor}, '
            f'patience={schedule.patience}, mode="{mode}", min_lr={schedule.min_lr}, min_delta=0.0)'
        )


def _runs(spec: ExperimentSpec) -> str:
    lines = ["x, y, x_test, y_test = load()"]
    fraction, regression = spec.dataset.validation_fraction, spec.dataset.name == "diabetes"
    if spec.cross_validation is not None:
        stratified = spec.cross_validation.stratified and not regression
        splitter = "StratifiedKFold" if stratified else "KFold"
        lines += [
            f"folds = {splitter}({spec.cross_validation.folds}, shuffle=True, random_state=SEED)",
            "for train_rows, validation_rows in folds.split(x, y):",
            "    train(x[train_rows], y[train_rows], x[validation_rows], y[validation_rows], x_test, y_test)",
        ]
    elif fraction > 0:
        stratify = "None" if regression else "y"
        lines += [
            "x, x_validation, y, y_validation = train_test_split(",
            f"    x, y, test_size=max(1, round(len(x) * {fraction})), random_state=SEED + 4, stratify={stratify})",
            "train(x, y, x_validation, y_validation, x_test, y_test)",
        ]
    else:
        lines.append("train(x, y, x_test, y_test, x_test, y_test)  # the test rows validate, as in the experiment")
    return "\n".join(lines)
