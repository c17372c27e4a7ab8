"""What the housekeeping of any process does: take back what dead workers left, forget what expired, mend indexes."""

import logging

from satnet.store.connection import Connection, available, ms

_log = logging.getLogger(__name__)


class Housekeeping(Connection):
    """One tick at a time: whichever process comes first has it."""

    def reap(self) -> list[tuple[str, str]] | None:
        """Experiments taken back or forgotten, each with what became of it; None if another process had this tick."""
        settings = self._settings
        grace = ms(settings.lease) + ms(settings.redis_grace)
        with available():
            tick = max(1, ms(settings.reaper_tick))
            outcome = self._run("reap", tick, ms(settings.lease), grace, settings.max_losses, self._retention)
            if outcome is None:
                return None
            self.repair()
        return list(zip(outcome[::2], outcome[1::2], strict=True))

    def repair(self, most: int = 100) -> list[str]:
        """Make indexes, queues and leases of the next `most` experiments agree with their hashes; those mended."""
        with available():
            mended = self._run("repair", most, ms(self._settings.lease))
        if mended:
            _log.warning("repaired index entries of %s", ", ".join(mended))
        return [str(one) for one in mended]
