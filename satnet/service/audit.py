"""Who changed what, and what came of it: one line a changing request, and two an attempt of a worker."""

import logging

log = logging.getLogger(__name__)


def show() -> None:
    """Let the lines be seen, whatever is set for other loggers; on stderr, unless logging is set up already."""
    log.setLevel(logging.INFO)
    if not log.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
        log.addHandler(handler)
