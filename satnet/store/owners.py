"""Whether something is there for whoever asks; what belongs to somebody else is not."""

from satnet.errors import NotFound
from satnet.store import keys
from satnet.store.connection import Connection, available


class Owners(Connection):
    """Asked before anything is done with an id that a user gave."""

    def require_experiment(self, experiment_id: str) -> None:
        """Raises NotFound."""
        self._require(keys.experiment(experiment_id), f"there is no experiment {experiment_id}")

    def require_sweep(self, sweep_id: str) -> None:
        """Raises NotFound."""
        self._require(keys.sweep(sweep_id), f"there is no sweep {sweep_id}")

    def require_dataset(self, dataset_id: str) -> None:
        """Raises NotFound."""
        self._require(keys.dataset(dataset_id), f"there is no dataset {dataset_id}")

    def _require(self, name: str, refusal: str) -> None:
        with available():
            created, owner = self._redis.hmget(name, "created_at", "owner")
        if created is None or self._hidden(owner):
            raise NotFound(refusal)
