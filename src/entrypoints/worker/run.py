"""Running a worker or beat in this process, until a signal ends it."""

from types import FrameType
from typing import Literal, NoReturn

from celery.apps.beat import Beat
from celery.apps.worker import Worker
from celery.worker import state

from entrypoints.settings import Settings
from entrypoints.termination_signals import heed
from entrypoints.worker.app import QUEUE, app
from entrypoints.worker.beat_schedule import IMPORT_QUEUE, WEBHOOK_QUEUE
from entrypoints.worker.lifecycle import end_upkeep
from entrypoints.worker.process_container import process
from entrypoints.worker.unasked_sweeps import unasked_sweeps

Pool = Literal["threads", "prefork", "solo"]
Only = Literal["rotation", "import", "webhooks"]

QUEUES = {
    None: [QUEUE, IMPORT_QUEUE, WEBHOOK_QUEUE],
    "rotation": [QUEUE],
    "import": [IMPORT_QUEUE],
    "webhooks": [WEBHOOK_QUEUE],
}
"""Which messages a worker takes."""


class OrderlyWorker(Worker):
    """Celery's, which would end in the middle of a call at SIGQUIT or a second SIGINT, and start anew at SIGHUP."""

    def install_platform_tweaks(self, worker: object) -> None:
        super().install_platform_tweaks(worker)
        heed(end_in_order)


class OrderlyBeat(Beat):
    """Celery's, which ends at SIGTERM and SIGINT alone as it should."""

    def install_sync_handler(self, service: object) -> None:
        heed(leave)


def end_in_order(_signal: int, _frame: FrameType | None) -> None:
    """Let the worker finish its tasks, which are told to come to their end, and take no more."""
    process.stop()
    state.should_stop = 0


def leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Nothing of beat's is under way but a message, and losing one costs nothing."""
    raise SystemExit


def node_name() -> str:
    """How Celery's remote control knows this process. RabbitMQ gives a name to one process alone, and containers may share the
    name of their machine as well as a process's id there.
    """
    machine, _, own = process.container.host().partition(":")
    return f"celery-{own.replace(':', '-')}@{machine}"


def run_worker(settings: Settings, *, pool: Pool, concurrency: int, debug: bool, only: Only | None = None) -> int:
    """Work until a signal asks for the end; returns the exit status. `only`: leave the other tasks to other workers."""
    process.use(settings, debug=debug)
    worker = OrderlyWorker(
        app=app,
        hostname=node_name(),
        pool=pool,
        queues=QUEUES[only],
        concurrency=concurrency,
        loglevel="DEBUG" if debug else "INFO",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    status = 0 if process.stopping() else int(worker.exitcode or 0)
    process.stop()
    unasked_sweeps.join()
    end_upkeep()
    return status


def run_beat(settings: Settings, *, debug: bool) -> int:
    """Send what is scheduled until a signal asks for the end; returns the exit status."""
    process.use(settings, debug=debug)
    OrderlyBeat(app=app, loglevel="DEBUG" if debug else "INFO", quiet=True).run()
    return 0
