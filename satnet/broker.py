"""The one Celery app. Its messages are wake-up calls: "look in queue Q", and nothing is lost if one is."""

from celery import Celery

from satnet.settings import Settings, get_settings

TICKET = "satnet.ticket"


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
    """Wake one worker of `queue`; raises kombu's errors where the broker is away."""
    app.send_task(TICKET, queue=queue, retry=False, ignore_result=True)
