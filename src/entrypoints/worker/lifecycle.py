"""The life of a worker and of beat: the first sweep, the signs of life, the end."""

from __future__ import annotations

import logging
import os
import signal
import threading
from datetime import timedelta
from types import FrameType

from celery import signals
from kombu.exceptions import OperationalError

from domain.errors import StoreUnavailable
from entrypoints.ending_signals import heed
from entrypoints.worker.process_container import process
from entrypoints.worker.tasks import sweep

log = logging.getLogger(__name__)

BEAT_EVERY = timedelta(seconds=10)

heeded_in_child = set[int]()
"""Signals that a forked child ignores until its first task."""


@signals.worker_ready.connect
def begin(**_: object) -> None:
    """Sweep at once: whoever starts a worker after an outage has due grants."""
    give_signs_of_life("worker")
    process.container.upkeep_thread().start()
    try:
        sweep.apply_async(expires=process.settings.sweep_interval.total_seconds())
    except OperationalError:
        log.warning("the broker took no message; beat's next one starts the first sweep")


@signals.worker_process_init.connect
def begin_child(**_: object) -> None:
    """A forked child claims by itself, so it keeps in touch by itself. Its parent alone ends it."""
    if process.forked:  # which a solo pool is not, though it calls this too
        heeded_in_child.update(heed(signal.SIG_IGN))
        process.container.upkeep_thread().start()


@signals.task_prerun.connect
def heed_in_child(**_: object) -> None:
    """A signal to a child alone ends the worker in order. Only now, since its pool sets handlers of its own after the fork."""
    while heeded_in_child:
        signal.signal(heeded_in_child.pop(), end_all)


def end_all(_signal: int, _frame: FrameType | None) -> None:
    """The parent ends its children once their tasks have come to their end."""
    process.stop()
    os.kill(os.getppid(), signal.SIGTERM)


@signals.beat_init.connect
def begin_beat(**_: object) -> None:
    """Beat only sends; that it does is worth knowing."""
    give_signs_of_life("beat")


@signals.worker_shutting_down.connect
def stop(**_: object) -> None:
    """Sent by the handler of SIGTERM: what is sent is settled, what is not is given back."""
    process.stop()


def give_signs_of_life(component: str) -> None:
    """Note every few seconds, in the database, that this process lives; a thread that ends with the process."""
    log.info("started", extra={"component": component})
    container, wait = process.container, threading.Event().wait

    def beat() -> None:
        heartbeats, host, pid = container.heartbeats(), container.host(), os.getpid()
        while True:
            try:
                heartbeats.beat(component, host, pid)
            except StoreUnavailable as away:
                log.warning("no sign of life could be given", extra={"component": component, "because": str(away)})
            except Exception:  # the thread has to go on, or a process that works is taken for dead
                log.exception("no sign of life could be given", extra={"component": component})
            wait(BEAT_EVERY.total_seconds())

    threading.Thread(target=beat, name="signs-of-life", daemon=True).start()
