"""The one Celery app. Its messages only say "look in queue Q": losing one loses no experiment."""

import logging
import threading
from collections import Counter
from collections.abc import Callable

from celery import Celery
from kombu.transport.virtual import Channel

from satnet.settings import Settings, get_settings

TICKET = "satnet.ticket"
_MOST_DUE = 64  # tickets of one queue that wait for the broker
_log = logging.getLogger(__name__)


def make_app(settings: Settings) -> Celery:
    """The app; connects to nothing until it is used."""
    app = Celery("satnet", broker=settings.broker, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=False,
        task_publish_retry=False,  # the reaper sends what is missing
        task_default_queue=settings.queue,
        worker_pool="prefork",
        worker_concurrency=1,
        worker_pool_start_method="spawn",  # TensorFlow does not survive a fork
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_proc_alive_timeout=120,  # importing TensorFlow outlasts the default of 4 s
        worker_max_tasks_per_child=50,  # against leaks
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_soft_shutdown_timeout=settings.drain_grace.total_seconds(),
        broker_connection_retry=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_acquire_timeout=5,
        broker_transport_options={
            "visibility_timeout": 300,
            "socket_timeout": 10,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "global_keyprefix": "snq:",
        },
    )
    return app


app = make_app(get_settings())


def send_ticket(queue: str) -> None:
    """Wake one worker of `queue`; raises kombu's errors where the broker is down."""
    app.send_task(TICKET, queue=queue, retry=False, ignore_result=True)


def tickets_left(queue: str) -> int:
    """How many tickets of `queue` no worker has taken; raises kombu's errors where the broker is down."""
    with app.connection_or_acquire() as connection:
        # Not a passive declaration: kombu looks for that queue without the prefix of its keys, and never finds it.
        channel: Channel = connection.default_channel
        return int(channel._size(queue))


class TicketSender:
    """Sends tickets from its own thread, so that no caller waits for a broker that is down."""

    def __init__(self, send: Callable[[str], None] = send_ticket) -> None:
        """`send`: how one ticket is sent."""
        self._send, self._due, self._condition = send, Counter[str](), threading.Condition()
        self._thread: threading.Thread | None = None

    def send(self, queue: str) -> None:
        """Wake one more worker of `queue`, soon; a ticket is a hint, and the reaper repeats it."""
        with self._condition:
            self._due[queue] = min(self._due[queue] + 1, _MOST_DUE)
            if self._thread is None:
                self._thread = threading.Thread(target=self._deliver, name="tickets", daemon=True)
                self._thread.start()
            self._condition.notify()

    def _deliver(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._due.total() > 0)
                queue = next(name for name, count in self._due.items() if count)
                self._due[queue] -= 1
            try:
                self._send(queue)
            except Exception as error:  # noqa: BLE001 - kombu raises many kinds; the reaper sends what is missing
                _log.warning("no ticket for queue %s: %s", queue, error)
                with self._condition:
                    self._due.clear()
