"""Rows of a dataset: inputs, labels and, where they have some, weights."""

from dataclasses import dataclass

from satnet.training.sources import Array


@dataclass(frozen=True)
class Rows:
    """Inputs (rows, ...) of any number type and labels: int64 classes, or float64 targets."""

    x: Array
    y: Array
    weights: Array | None = None  # float32 (rows,), of each row's loss; None: all count the same

    def take(self, index: Array) -> "Rows":
        """The rows at `index`."""
        return Rows(self.x[index], self.y[index], None if self.weights is None else self.weights[index])

    def __len__(self) -> int:
        return len(self.x)

    @property
    def nbytes(self) -> int:
        """Of its arrays."""
        return int(self.x.nbytes + self.y.nbytes + (0 if self.weights is None else self.weights.nbytes))
