"""No key in the access log, even where somebody puts one into an address."""

import logging
import re

_KEY = re.compile(r"sat_[0-9A-Za-z]+_[\w-]{20,}")


class WithoutKeys(logging.Filter):
    """Replaces what looks like a key in the arguments of a record; lets every record through."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record."""
        record.msg = _redacted(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(_redacted, record.args))
        return True


def _redacted(part: object) -> object:
    return _KEY.sub("sat_...", part) if isinstance(part, str) else part


def install() -> None:
    """For uvicorn's access log, which has the address of every request; headers are logged nowhere."""
    logger = logging.getLogger("uvicorn.access")
    if not any(isinstance(one, WithoutKeys) for one in logger.filters):
        logger.addFilter(WithoutKeys())
