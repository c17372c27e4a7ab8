"""What the clients hand out besides experiments: epochs as a table, findings that can be acted on.

Both are generic in what an action gives: a result, or for asyncio an awaitable of one.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from satnet.records.schema import EpochRecord, FindingRecord
from satnet.records.tables import epoch_rows, to_csv

if TYPE_CHECKING:
    import pandas

T = TypeVar("T")


class Epochs(list[EpochRecord], Generic[T]):
    """Measured epochs: a list of records (docs/saturation.md) that also comes as a table, and unit by unit."""

    def __init__(
        self, records: Iterable[EpochRecord] = (), units: Callable[[str | None, int | None], T] | None = None
    ) -> None:
        super().__init__(records)
        self._units = units

    def units(self, layer: str | None = None, epoch: int | None = None) -> T:
        """Per-unit arrays of a layer and epoch (default: all layers, the latest epoch), from the service."""
        if self._units is None:
            raise ValueError("these epochs do not come from a service that keeps per-unit arrays")
        return self._units(layer, epoch)

    def to_csv(self) -> str:
        """One row a layer and epoch."""
        return to_csv(epoch_rows(self))

    def to_pandas(self) -> "pandas.DataFrame":
        """One row a layer and epoch, as a DataFrame. Raises ImportError without pandas."""
        import pandas

        return pandas.DataFrame(epoch_rows(self))


class Predictions(list[object]):
    """One output a row; of a model of somebody's own classes also their names.

    Attributes:
        classes: in the order of the outputs; None where the model does not know them.
        labels: the most likely class of each row; None likewise.
    """

    def __init__(
        self, outputs: Iterable[object], classes: list[str] | None = None, labels: list[str] | None = None
    ) -> None:
        super().__init__(outputs)
        self.classes, self.labels = classes, labels


class Finding(dict[str, Any], Generic[T]):
    """One finding; `finding["rule"]` and `finding.rule` are the same."""

    def __init__(self, content: Mapping[str, object], submit: Callable[[str, int, int], T]) -> None:
        """`submit` takes the finding's id, a remedy's number and the repeats."""
        super().__init__(content)
        self._submit = submit

    @property
    def record(self) -> FindingRecord:
        """The same as a plain record."""
        return cast(FindingRecord, dict(self))

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"a finding has no {name!r}") from None

    def remedy(self, number: int = 0, repeats: int = 1) -> T:
        """Submit the experiment with remedy `number` applied; with `repeats` > 1, the first of its seeds."""
        return self._submit(self["id"], number, repeats)
