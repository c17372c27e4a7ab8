"""Progress bars of experiments and sweeps; on stderr, and only on a terminal."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from satnet.records.headline import worst_saturation
from satnet.records.schema import EpochRecord, ExperimentDocument, SweepDocument


class _Bar:
    """One line that is redrawn while its context is open."""

    def __init__(self, description: str, *columns: ProgressColumn, transient: bool) -> None:
        console = Console(stderr=True, markup=False, emoji=False)
        text = TextColumn("{task.description}", markup=False)
        self._progress = Progress(
            text, BarColumn(), *columns, console=console, disable=not console.is_terminal, transient=transient
        )
        self._task = self._progress.add_task(description, total=None)

    @property
    def visible(self) -> bool:
        """Whether there is a terminal to draw on."""
        return not self._progress.disable

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class ExperimentBar(_Bar):
    """Epoch, loss, accuracy and the worst saturation of one experiment."""

    def __init__(self) -> None:
        super().__init__("waiting", TimeElapsedColumn(), transient=False)

    def record(self, record: EpochRecord) -> None:
        """Show a measured epoch."""
        train, worst = record["train"], worst_saturation(record)
        parts = [f"epoch {record['epoch']}"]
        if train["loss"] is not None:
            parts.append(f"loss {train['loss']:.4f}")
        if train["accuracy"] is not None:
            parts.append(f"accuracy {train['accuracy']:.3f}")
        if worst is not None:
            parts.append(f"saturated {100 * worst:.0f} %")
        self._progress.update(self._task, description="  ".join(parts))

    def document(self, document: ExperimentDocument, latest: EpochRecord | None = None) -> None:
        """Show how far an experiment is, and its latest record where that is known."""
        progress = document["progress"]
        self._progress.update(
            self._task,
            total=1.0,
            completed=progress["fraction"],
            description=f"{document['status']}: epoch {progress['epoch']} of {progress['epochs']}",
        )
        if latest is not None:
            self.record(latest)


class SweepBar(_Bar):
    """How many trials of one sweep are over, and its best value."""

    def __init__(self) -> None:
        super().__init__("waiting", MofNCompleteColumn(), TimeRemainingColumn(), transient=True)

    def document(self, sweep: SweepDocument) -> None:
        """Show how far a sweep is."""
        progress, best = sweep["progress"], sweep["best"]
        value = best["value"] if best else None
        text = sweep["status"] if value is None else f"{sweep['status']}, best {value:.4g}"
        over = progress["succeeded"] + progress["failed"] + progress["cancelled"]
        self._progress.update(self._task, description=text, completed=over, total=progress["trials"])
