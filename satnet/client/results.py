"""What the client hands out besides experiments: epochs as a table, findings that can be acted on."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from satnet.records.tables import epoch_rows, to_csv

if TYPE_CHECKING:
    from satnet.client.client import Client, Experiment


class Epochs(list[dict[str, Any]]):
    """Measured epochs: a list of records (docs/saturation.md) that also comes as a table, and unit by unit."""

    def __init__(
        self, records: Iterable[dict[str, Any]] = (), units: Callable[[str | None, int | None], Any] | None = None
    ) -> None:
        super().__init__(records)
        self._units = units

    def units(self, layer: str | None = None, epoch: int | None = None) -> dict[str, Any]:
        """Per-unit arrays of a layer and epoch (default: all layers, the latest epoch), from the service."""
        if self._units is None:
            raise ValueError("these epochs do not come from a service that keeps per-unit arrays")
        told: dict[str, Any] = self._units(layer, epoch)
        return told

    def to_csv(self) -> str:
        """One row a layer and epoch."""
        return to_csv(epoch_rows(self))

    def to_pandas(self) -> Any:
        """One row a layer and epoch, as a DataFrame. Raises ImportError without pandas."""
        import pandas

        return pandas.DataFrame(epoch_rows(self))


class Finding(dict[str, Any]):
    """One finding; `finding["rule"]` and `finding.rule` are the same."""

    def __init__(self, content: Mapping[str, Any], client: "Client", experiment: str) -> None:
        super().__init__(content)
        self._client, self._experiment = client, experiment

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"a finding has no {name!r}") from None

    def remedy(self, number: int = 0, repeats: int = 1) -> "Experiment":
        """Submit the experiment with remedy `number` applied; with `repeats` > 1, the first of its seeds."""
        return self._client.experiments.remedy(self._experiment, self["id"], number, repeats)[0]


def findings(items: Iterable[Mapping[str, Any]], client: "Client", experiment: str) -> list[Finding]:
    """Findings of one experiment."""
    return [Finding(item, client, experiment) for item in items]
