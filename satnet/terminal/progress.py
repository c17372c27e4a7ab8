"""A progress bar with epoch, loss, accuracy and the worst saturation; on stderr, and only on a terminal."""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from satnet.records.experiment import worst_saturation


class Bar:
    """Shows an experiment's progress while its context is open."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("waiting", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def record(self, record: dict[str, Any]) -> None:
        """A local run's record."""
        train, worst = record["train"], worst_saturation(record)
        parts = [f"epoch {record['epoch']}"]
        if train["loss"] is not None:
            parts.append(f"loss {train['loss']:.4f}")
        if train["accuracy"] is not None:
            parts.append(f"accuracy {train['accuracy']:.3f}")
        if worst is not None:
            parts.append(f"saturated {100 * worst:.0f} %")
        self._progress.update(self._task, description="  ".join(parts))

    def experiment(self, experiment: Any) -> None:
        """A service's document; the newest record is asked for while it runs."""
        progress = experiment["progress"]
        self._progress.update(self._task, total=1.0, completed=progress["fraction"])
        if experiment["status"] == "running" and not self._progress.disable and (records := experiment.epochs):
            self.record(records[-1])
        else:
            self._progress.update(
                self._task,
                description=f"{experiment['status']}: epoch {progress['epoch']} of {progress['epochs']}",
            )
