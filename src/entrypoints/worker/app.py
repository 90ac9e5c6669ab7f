"""The Celery application. Its settings are read at its first use, so that importing it asks for nothing."""

from typing import Any

from celery import Celery, signals

from entrypoints.worker.beat_schedule import schedule_of
from entrypoints.worker.beat_scheduler import SteadyScheduler
from entrypoints.worker.process_container import process

QUEUE = "tiktok-connect"
CONCURRENCY = 4
"""Tasks at once in a worker: an audit, an import and a delivery beside a sweep. The calls of each have threads of their own."""

app = Celery("tiktok-connect", include=["entrypoints.worker.tasks", "entrypoints.worker.lifecycle"])


def configuration() -> dict[str, Any]:
    """Celery's own settings. Messages carry no secret, ids at the most, and losing one costs nothing: the leases in the
    database are the truth. Threads by default: no child of a pool outlives its worker or dies with a call under way.
    """
    settings, broker = process.settings, process.container.broker()
    return {
        "broker_url": broker.url.reveal(),
        "broker_transport": broker.transport,
        "broker_transport_options": broker.options(),
        "broker_connection_timeout": 4,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a broker may be away for as long as it likes
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_default_queue": QUEUE,
        "worker_pool": "threads",
        "worker_concurrency": CONCURRENCY,
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": False,
        "worker_redirect_stdouts": False,
        "beat_schedule": schedule_of(
            settings.sweep_interval,
            import_every=settings.spend.beat_every if settings.spend.importing else None,
            delivers=settings.webhooks.url is not None,
        ),
        "beat_scheduler": SteadyScheduler,
        "enable_utc": True,
        "timezone": "UTC",
    }


app.add_defaults(configuration)


@signals.setup_logging.connect
def log_our_way(**_: object) -> None:
    """A receiver of this signal keeps Celery from setting up logs of its own."""
    process.configure_logging()
