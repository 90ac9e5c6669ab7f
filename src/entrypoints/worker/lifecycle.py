"""How a worker, its forked children and beat begin and end, and beat's signs of life."""

import logging
import os
import signal
import threading
from contextlib import suppress
from types import FrameType

import structlog
from celery import bootsteps, signals
from celery.worker import WorkController

from domain.errors import StoreUnavailable
from entrypoints.operations import process_report
from entrypoints.termination_signals import heed
from entrypoints.worker.app import app
from entrypoints.worker.beat_scheduler import SteadyScheduler
from entrypoints.worker.process_container import process
from entrypoints.worker.tasks import WORKER
from entrypoints.worker.unasked_sweeps import unasked_sweeps

log = logging.getLogger(__name__)

BEAT = "beat"

heeded_in_child = set[int]()
"""Signals that a forked child ignores until its first task."""

NOTICED_WITHIN = 0.5
"""Seconds within which Celery's loop looks whether it is to end: with nothing to do it sleeps for ten, a signal or not."""


class UnaskedWork(bootsteps.StartStopStep):
    """What a worker does without a message: begun when its pool is there (no thread of ours crosses the fork), broker or not."""

    requires = ("celery.worker.components:Pool",)

    def start(self, parent: WorkController) -> None:
        log.info("started", extra={"component": WORKER})
        parent.timer.call_repeatedly(NOTICED_WITHIN, wake)
        begin_upkeep()
        process.container.mirror_thread().start()
        unasked_sweeps.start()


def begin_upkeep() -> None:
    """Keep in touch, and report of this process."""
    process.container.upkeep_thread(process_report(process.container)).start()


def end_upkeep() -> None:
    """Tell the store what was counted last, and that this process says nothing more."""
    container = process.container
    with suppress(StoreUnavailable):
        container.flush_counts().now()
        container.metric_store().withdraw(container.host())


def wake() -> None:
    """Nothing is to be done but to be awake."""


app.steps["worker"].add(UnaskedWork)


@signals.worker_process_init.connect
def begin_child(**_: object) -> None:
    """A forked child claims by itself, so it keeps in touch by itself. Its parent alone ends it."""
    if process.forked:  # which a solo pool is not, though it calls this too
        heeded_in_child.update(heed(signal.SIG_IGN))
        begin_upkeep()


@signals.worker_process_shutdown.connect
def end_child(**_: object) -> None:
    """What a forked child counted last goes to the store."""
    end_upkeep()


@signals.task_prerun.connect
def heed_in_child(**_: object) -> None:
    """A signal to a child alone ends the worker in order. Only now, since its pool sets handlers of its own after the fork."""
    while heeded_in_child:
        signal.signal(heeded_in_child.pop(), end_all)


def end_all(_signal: int, _frame: FrameType | None) -> None:
    """The parent ends its children once their tasks have come to their end."""
    process.stop()
    os.kill(os.getppid(), signal.SIGTERM)


@signals.task_prerun.connect
def name_task(task_id: str = "", **_: object) -> None:
    """Every line of a task has its id."""
    structlog.contextvars.bind_contextvars(task_id=task_id)


@signals.task_postrun.connect
def forget_task(**_: object) -> None:
    """The thread's next lines are another task's."""
    structlog.contextvars.unbind_contextvars("task_id")


@signals.beat_init.connect
def begin_beat(**_: object) -> None:
    """Beat only sends; that its messages arrive is worth knowing."""
    log.info("started", extra={"component": BEAT})
    SteadyScheduler.sent = staticmethod(SignsOfBeat().note)


@signals.worker_shutting_down.connect
def stop(**_: object) -> None:
    """Sent by the handler of SIGTERM: what is sent is settled, what is not is given back."""
    process.stop()


class SignsOfBeat:
    """Tells the database of messages that a broker confirmed, in a thread: the database being away holds up no message."""

    def __init__(self) -> None:
        self._sent = threading.Event()
        threading.Thread(target=self._tell, name="signs-of-life", daemon=True).start()

    def note(self) -> None:
        """A message was confirmed."""
        self._sent.set()

    def _tell(self) -> None:
        container = process.container
        heartbeats, host, pid = container.heartbeats(), container.host(), os.getpid()
        while self._sent.wait():
            self._sent.clear()
            try:
                heartbeats.beat(BEAT, host, pid)
            except StoreUnavailable as away:
                log.warning("no sign of life could be given", extra={"component": BEAT, "because": str(away)})
            except Exception:  # the thread has to go on, or a beat that works is taken for dead
                log.exception("no sign of life could be given", extra={"component": BEAT})
