"""How the columns of a table become inputs and targets."""

from dataclasses import dataclass
from typing import Literal

from satnet.spec.datasets import Split, Task


@dataclass(frozen=True)
class EncodedColumn:
    """One feature column, and what it becomes."""

    name: str
    kind: Literal["number", "categories"]  # one input, or one a category
    categories: tuple[str, ...] = ()  # as text; one that no training row has is encoded as all zeros
    indicator: bool = False  # one more input, which says whether the value was missing

    @property
    def width(self) -> int:
        """Inputs of the network that it becomes."""
        return (len(self.categories) if self.kind == "categories" else 1) + self.indicator


@dataclass(frozen=True)
class TablePlan:
    """All columns that are used, in the order of the network's inputs."""

    columns: tuple[EncodedColumn, ...]
    targets: tuple[str, ...]  # columns
    task: Task
    classes: tuple[str, ...] | None  # as text, in the order of the class numbers; None for other tasks
    missing: str
    weight: str | None
    split: Split | None

    @property
    def width(self) -> int:
        """Inputs of the network."""
        return sum(column.width for column in self.columns)
