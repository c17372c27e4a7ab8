"""What a process keeps between experiments, and a device that has no room for it."""

import contextlib
from collections.abc import Iterator

import keras
import tensorflow as tf

from satnet.errors import OutOfMemory
from satnet.training import compiled, row_cache, stacked_cache


@contextlib.contextmanager
def device_memory() -> Iterator[None]:
    """Report a device without enough memory as OutOfMemory, after giving all of it back."""
    try:
        yield
    except (tf.errors.ResourceExhaustedError, MemoryError) as error:
        forget()
        keras.backend.clear_session()
        raise OutOfMemory(f"the device has not enough memory: {str(error)[:300]}") from error


def forget() -> None:
    """Drop everything that is kept: compiled networks, stacked programs and rows."""
    stacked_cache.forget()
    compiled.forget()
    row_cache.forget()
