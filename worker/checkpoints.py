"""An experiment's checkpoints: small ones in Redis, larger ones among the artifacts; the latest whole one is used."""

import hashlib
import logging
import uuid

from satnet.errors import CorruptCheckpoint, Interrupted, NotFound, StoreUnavailable
from satnet.service import failpoints
from satnet.service.artifacts import Artifacts, checkpoint_folder
from satnet.store import Grant, Place, Store
from satnet.training.checkpoint import Checkpoint

_log = logging.getLogger(__name__)
MOST_IN_REDIS = 1_000_000  # bytes; so that another node takes over also where no storage is shared


class Checkpoints:
    """Of one attempt."""

    def __init__(self, store: Store, artifacts: Artifacts, grant: Grant) -> None:
        self._store, self._artifacts, self._grant = store, artifacts, grant

    def keep(self, checkpoint: Checkpoint) -> None:
        """Write and register one. A failure costs the checkpoint, and not the run; raises Interrupted if it lost."""
        failpoints.hit("before_checkpoint")
        content, grant = checkpoint.to_bytes(), self._grant
        digest = hashlib.sha256(content).hexdigest()
        name = f"{checkpoint_folder(grant.id)}/{grant.fence}-{uuid.uuid4().hex[:12]}.npz"
        place = Place(checkpoint.fold, checkpoint.epoch)
        small = len(content) <= MOST_IN_REDIS
        try:
            if not small:
                self._artifacts.write(name, content)
            failpoints.hit("after_checkpoint_file")
            inline = content if small else None
            dropped = self._store.add_checkpoint(grant.id, grant.fence, name, place, digest, inline)
        except (OSError, StoreUnavailable) as error:
            _log.warning("no checkpoint of %s after epoch %s: %s", grant.id, checkpoint.epoch, error)
            return
        failpoints.hit("after_checkpoint")
        if dropped is None:
            raise Interrupted("lost")
        for old in dropped:
            self._forget(old)

    def latest(self) -> tuple[Checkpoint | None, list[str]]:
        """The newest that is whole, and the names of newer ones that are not."""
        skipped: list[str] = []
        for entry in self._store.checkpoints(self._grant.id):
            try:
                content = entry["content"] if entry["content"] is not None else self._artifacts.get(entry["name"])
                if hashlib.sha256(content).hexdigest() != entry["sha256"]:
                    raise CorruptCheckpoint("its SHA-256 does not match")
                return Checkpoint.from_bytes(content), skipped
            except (OSError, NotFound, CorruptCheckpoint) as error:
                _log.warning("checkpoint %s of %s is not used: %s", entry["name"], self._grant.id, error)
                skipped.append(entry["name"])
        return None, skipped

    def clear(self) -> None:
        """The experiment has its result: nothing will go on from here."""
        try:
            self._artifacts.delete_folder(checkpoint_folder(self._grant.id))
        except OSError as error:
            _log.warning("cannot delete the checkpoints of %s: %s", self._grant.id, error)

    def _forget(self, name: str) -> None:
        try:
            self._artifacts.delete(name)
        except OSError as error:
            _log.warning("cannot delete checkpoint %s: %s", name, error)
