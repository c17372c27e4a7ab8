"""The spec's losses in Keras, and which of them a model was compiled with."""

from typing import Any

import keras

from satnet.spec.activation_traits import ACTIVATIONS

_LOSSES = {
    "mean_squared_error": keras.losses.MeanSquaredError,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "huber": keras.losses.Huber,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
}
_CLASSES = {cls.__name__: name for name, cls in _LOSSES.items()} | {
    "SparseCategoricalCrossentropy": "categorical_crossentropy"
}
_ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "huber_loss": "huber",
    "sparse_categorical_crossentropy": "categorical_crossentropy",
}
_LINKS: dict[str, str] = {traits.matching_loss: traits.name for traits in ACTIVATIONS.values() if traits.matching_loss}


def build_loss(name: str) -> Any:
    """Keras's loss by the spec's name, averaged over the batch."""
    return _LOSSES[name]()


def recognize_loss(loss: Any) -> tuple[str, str | None]:
    """The spec's name of what a model was compiled with, and the activation that it still applies to logits, if any.

    `loss`: a name, a function or an object of Keras. Raises ValueError for losses that a spec cannot name.
    """
    if isinstance(loss, keras.losses.Loss):
        name = _CLASSES.get(type(loss).__name__)
        from_logits = bool(loss.get_config().get("from_logits", False))
    else:
        text = loss if isinstance(loss, str) else getattr(loss, "__name__", "")
        name = text if text in _LOSSES else _ALIASES.get(text) or _CLASSES.get(text)
        from_logits = False
    if name is None:
        raise ValueError(f"the loss {loss!r} is not measured; these are: {', '.join(sorted({*_CLASSES, *_ALIASES}))}")
    return name, _LINKS.get(name) if from_logits else None
