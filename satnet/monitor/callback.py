"""SaturationMonitor: a Keras callback for your own `model.fit`."""

from typing import Any

from satnet.monitor.sender import Sender
from satnet.records.epoch_log import LoggedEpoch
from satnet.spec.external import ExternalSpec
from satnet.terminal.fit import print_fit
from satnet.training.callback import MonitorCallback


class SaturationMonitor(MonitorCallback):
    """Measures saturation per layer and epoch while your own `model.fit` runs.

    The records are the service's (docs/saturation.md), and so are the findings: the probe set is passed through
    the network before training and after each epoch, with dropout off.

    Args:
        x: training rows as the model takes them, (rows, ...); `probe_size` of them are probed.
        y: their labels as the loss takes them: classes, one-hot rows, or targets.
        epsilon: relative slope below which a unit counts as saturated, in (0, 0.09].
        probe_size: rows of the probe set, drawn once, by class where there are classes.
        every: measure after every `every`-th epoch, and the last.
        seed: of the draw.
        verbose: print the findings when training ends.
        url: a satnet service; the records are sent there and appear as an experiment of kind external.
        name: the experiment's name there.

    Attributes:
        epochs: the records so far, a list of dicts.
        units: per-unit arrays of the latest record, by layer.
        findings: the diagnosis of the records so far.
        experiment: the experiment's id at the service, or None.

    Example:
        >>> monitor = SaturationMonitor(x_train, y_train)
        >>> model.fit(x_train, y_train, epochs=5, callbacks=[monitor])
        >>> monitor.epochs[0]["layers"][0]["saturated_fraction"]

    Raises:
        ValueError: from `fit`, where the model or its loss is of a kind that cannot be measured.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        *,
        epsilon: float = 0.05,
        probe_size: int = 1024,
        every: int = 1,
        seed: int = 0,
        verbose: bool = True,
        url: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(x, y, epsilon=epsilon, probe_size=probe_size, every=every, seed=seed, name=name)
        self._verbose, self._sender = verbose, None if url is None else Sender(url)

    @property
    def experiment(self) -> str | None:
        """The experiment's id at the service."""
        return self._sender.experiment if self._sender is not None else None

    def opened(self, spec: ExternalSpec) -> None:
        """Create the experiment at the service."""
        if self._sender is not None:
            self._sender.open(spec)

    def recorded(self, logged: LoggedEpoch) -> None:
        """Send a measured epoch."""
        if self._sender is not None:
            self._sender.send(logged)

    def closed(self, *, failed: bool) -> None:
        """Send how training ended, wait until all is sent, and print the findings."""
        if self._sender is not None:
            self._sender.end(failed=failed)
        if self._verbose:
            print_fit(self.epochs, self.findings)
