"""Where the rows come from: files in the data directory, Keras's downloader, scikit-learn, or a formula."""

import contextlib
import gzip
import hashlib
import logging
import shutil
import struct
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satnet.errors import DataError
from satnet.spec import Dataset
from satnet.spec.datasets import DATASETS, ScikitLearn

_log = logging.getLogger(__name__)
Array = NDArray[Any]
Split = tuple[Array, Array, Array, Array]  # x_train, y_train, x_test, y_test
_KEYS = ("x_train", "y_train", "x_test", "y_test")
_IDX = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")


def read_npz(path: Path) -> Split:
    """The four arrays of an `.npz` file; pickles are refused. Raises DataError."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [key for key in _KEYS if key not in archive]
            if missing:
                raise DataError(f"{path.name} has no {', '.join(missing)}; it must hold {', '.join(_KEYS)}")
            x_train, y_train, x_test, y_test = (archive[key] for key in _KEYS)
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} is not a readable .npz file: {error}") from error
    for x, y, part in ((x_train, y_train, "train"), (x_test, y_test, "test")):
        if len(x) == 0 or len(x) != len(y):
            raise DataError(f"{path.name}: x_{part} has {len(x)} rows and y_{part} {len(y)}")
    return x_train, y_train, x_test, y_test


def read_idx(folder: Path) -> Split:
    """The four gzipped IDX files of MNIST's format (magic number, sizes, bytes). Raises DataError."""
    x_train, y_train, x_test, y_test = (_idx(folder / f"{name}-ubyte.gz") for name in _IDX)
    return x_train, y_train, x_test, y_test


def _idx(path: Path) -> Array:
    try:
        content = gzip.decompress(path.read_bytes())
        rank = content[3]
        shape = struct.unpack(f">{rank}I", content[4 : 4 + 4 * rank])
        return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)
    except (OSError, EOFError, IndexError, ValueError, struct.error) as error:
        raise DataError(f"{path.name} is not a readable IDX file: {error}") from error


def files(name: str, data_dir: Path) -> list[Path]:
    """The local files of an image dataset, in the order in which they are looked for; none: it must be downloaded."""
    archive = data_dir / "datasets" / f"{name}.npz"
    if archive.is_file():
        return [archive]
    pieces = [data_dir / "datasets" / name / f"{piece}-ubyte.gz" for piece in _IDX]
    return pieces if pieces[0].is_file() else []


def images(name: str, data_dir: Path) -> Split:
    """mnist, fashion_mnist or cifar10: a local file first, then Keras's downloader. Raises DataError."""
    found = files(name, data_dir)
    if not found:
        return _download(name)
    stamps = [(file.stat().st_mtime_ns, file.stat().st_size) for file in found if file.exists()]
    folder = data_dir / "cache" / f"{name}-{hashlib.sha256(repr(stamps).encode()).hexdigest()[:16]}"
    if folder.is_dir():
        return _mapped(folder)
    split = read_npz(found[0]) if len(found) == 1 else read_idx(found[0].parent)
    try:
        _unpack(split, folder)
        return _mapped(folder)
    except OSError as error:
        _log.warning("the unpacked %s was not kept in %s: %s", name, folder, error)
        return split


def _mapped(folder: Path) -> Split:
    """Arrays that all workers of a machine share, as pages of one file."""
    x_train, y_train, x_test, y_test = (np.load(folder / f"{key}.npy", mmap_mode="r") for key in _KEYS)
    return x_train, y_train, x_test, y_test


def _unpack(split: Split, folder: Path) -> None:
    """Write the arrays and move them into place at once; those of older files go."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        for key, array in zip(_KEYS, split, strict=True):
            np.save(fresh / f"{key}.npy", array)
        fresh.chmod(0o755)
        for old in folder.parent.glob(f"{folder.name.rpartition('-')[0]}-*"):
            shutil.rmtree(old, ignore_errors=True)
        fresh.rename(folder)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        if not folder.is_dir():  # else another worker was faster
            raise


def _download(name: str) -> Split:
    import keras

    try:
        with contextlib.redirect_stdout(sys.stderr):  # Keras draws its progress bar on stdout
            (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # the downloader raises bare Exception, OSError and ValueError
        raise DataError(
            f"dataset {name!r} is not on this machine and could not be downloaded; put {name}.npz (with "
            f"{', '.join(_KEYS)}) or the IDX files into $SATNET_DATA_DIR/datasets"
        ) from error
    return x_train, y_train.reshape(-1), x_test, y_test.reshape(-1)


def scikit_learn(loader: ScikitLearn) -> tuple[Array, Array]:
    """Features and targets of a dataset that scikit-learn ships."""
    from sklearn import datasets

    bunch = getattr(datasets, loader.function)(**loader.arguments)
    return bunch[loader.features], bunch.target


def gaussian(rng: np.random.Generator, samples: int, features: int, classes: int) -> tuple[Array, Array]:
    """Standard-normal features, labels from a random linear teacher: theory predicts every number here."""
    x = rng.standard_normal((samples, features))
    teacher = rng.standard_normal((features, classes))
    return x.astype(np.float32), np.argmax(x @ teacher, axis=1)


def xor(rng: np.random.Generator, samples: int, noise: float) -> tuple[Array, Array]:
    """Points around the four corners of a square; the class says whether the signs differ."""
    corners = rng.integers(0, 2, (samples, 2))
    x = 2.0 * corners - 1.0 + noise * rng.standard_normal((samples, 2))
    return x, corners[:, 0] ^ corners[:, 1]


def spirals(rng: np.random.Generator, samples: int, classes: int, noise: float) -> tuple[Array, Array]:
    """Interleaved spiral arms, one a class."""
    y = np.arange(samples) % classes
    radius = rng.uniform(0.05, 1.0, samples)
    angle = 2.0 * np.pi * (radius * 1.5 + y / classes)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x + noise * rng.standard_normal((samples, 2)), y


@dataclass(frozen=True)
class Order:
    """What a source may need: the spec's dataset, a generator for what is drawn, and the data directory."""

    dataset: Dataset
    rng: np.random.Generator
    data_dir: Path

    def option(self, key: str) -> float:
        """An option of the dataset's generator."""
        given = getattr(self.dataset, key)
        return float(self.dataset.options()[key] if given is None else given)


def load(order: Order) -> Split | tuple[Array, Array]:
    """The rows of a named dataset: split where they come split, else all of them. Raises DataError."""
    name = str(order.dataset.name)
    traits = DATASETS[name]
    if traits.downloads:
        return images(name, order.data_dir)
    if traits.scikit_learn is not None:
        return scikit_learn(traits.scikit_learn)
    return GENERATORS[name](order)


GENERATORS: dict[str, Callable[[Order], tuple[Array, Array]]] = {
    "xor": lambda order: xor(order.rng, int(order.option("samples")), order.option("noise")),
    "spirals": lambda order: spirals(
        order.rng, int(order.option("samples")), int(order.option("classes")), order.option("noise")
    ),
    "gaussian": lambda order: gaussian(
        order.rng, int(order.option("samples")), int(order.option("features")), int(order.option("classes"))
    ),
}
