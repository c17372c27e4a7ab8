"""`python -m api.server --host HOST --port PORT`: one API process."""

import argparse
import signal
import sys

from uvicorn import Config

from api.main import app
from api.server.descriptors import most_connections, raise_limit
from api.server.protocol import Bounds, bounded
from api.server.serving import ApiServer
from satnet.settings import get_settings

_STOP_S = 2  # seconds that answers may take once the process is to stop
_HEAD_BYTES = 65_536  # of a request's head
_TOGETHER = 100  # connections that are taken in one go; all have to be counted before the next go


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    settings = get_settings()
    parser = argparse.ArgumentParser(prog="python -m api.server", description=__doc__)
    parser.add_argument("--host", default=settings.host)
    parser.add_argument("--port", type=int, default=settings.port)
    parser.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    options = parser.parse_args()
    bounds = Bounds(
        most_connections(settings.max_connections, raise_limit(), settings.api_threads, _TOGETHER),
        settings.header_timeout.total_seconds(),
        settings.body_timeout.total_seconds(),
    )
    config = Config(
        app,
        host=options.host,
        port=options.port,
        http=bounded(bounds),
        ws="none",
        backlog=_TOGETHER,
        log_level=options.log_level,
        access_log=options.log_level in ("debug", "info"),
        server_header=False,
        timeout_graceful_shutdown=_STOP_S,
        h11_max_incomplete_event_size=_HEAD_BYTES,
    )
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: sys.exit(0))  # uvicorn stops well, and then sends itself the signal again
    ApiServer(config, app.state.hub).run()


if __name__ == "__main__":
    main()
