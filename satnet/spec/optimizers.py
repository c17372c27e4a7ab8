"""The optimizers a spec may name, with Keras 3's own defaults; a test compares them with the installed Keras."""

from satnet.spec.named import Named
from satnet.spec.parameters import NOT_NEGATIVE, POSITIVE, SHARE, Parameter, Parameters, Value, defaults


def _positive(default: float) -> Parameter:
    return Parameter(POSITIVE, default)


def _share(default: float) -> Parameter:
    return Parameter(SHARE, default)


def _off() -> Parameter:
    return Parameter(bool, default=False)


_EPSILON = {"epsilon": _positive(1e-7)}
_BETAS = {"beta_1": _share(0.9), "beta_2": _share(0.999)} | _EPSILON
_CLIPS = {"clipnorm": Parameter(POSITIVE | None, None), "clipvalue": Parameter(POSITIVE | None, None)}
# Filled in with its default where it is not given.
_FILLED: dict[str, Parameters] = {
    "sgd": {"learning_rate": _positive(0.01), "momentum": _share(0.0), "nesterov": _off()},
    "adagrad": {"learning_rate": _positive(0.001), "initial_accumulator_value": Parameter(NOT_NEGATIVE, 0.1)}
    | _EPSILON,
    "adadelta": {"learning_rate": _positive(0.001), "rho": _share(0.95)} | _EPSILON,
    "rmsprop": {"learning_rate": _positive(0.001), "rho": _share(0.9), "momentum": _share(0.0)}
    | _EPSILON
    | {"centered": _off()},
    "adam": {"learning_rate": _positive(0.001)} | _BETAS | {"amsgrad": _off()},
    "adamw": {"learning_rate": _positive(0.001), "weight_decay": Parameter(NOT_NEGATIVE, 0.004)}
    | _BETAS
    | {"amsgrad": _off()},
    "adamax": {"learning_rate": _positive(0.001)} | _BETAS,
    "nadam": {"learning_rate": _positive(0.001)} | _BETAS,
    "lion": {"learning_rate": _positive(0.001), "beta_1": _share(0.9), "beta_2": _share(0.99)},
}
_OPTIONAL: Parameters = {"weight_decay": Parameter(NOT_NEGATIVE | None, None)}


class Optimizer(Named):
    """An optimizer of Keras, with every default filled in."""

    kind = "optimizer"
    allowed = {
        name: {**parameters, **_CLIPS, **({} if "weight_decay" in parameters else _OPTIONAL)}
        for name, parameters in _FILLED.items()
    }

    @classmethod
    def completed(cls, name: str, parameters: dict[str, Value]) -> dict[str, Value]:
        """Keras's defaults, then what was given."""
        return defaults({**_FILLED[name], **_CLIPS}) | parameters
