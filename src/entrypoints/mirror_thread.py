"""The thread that keeps the dashboard's rows current: apart from all others, so that a database that hangs holds nothing up."""

import logging
import threading
from datetime import timedelta
from typing import Protocol

from domain.errors import Refusal

log = logging.getLogger(__name__)

TURN_EVERY, TURNS_APART = timedelta(seconds=3), timedelta(seconds=0.1)
"""How often there is a turn, and the least between two where one is asked for."""

ENDS_WITHIN = timedelta(seconds=5)
"""How long the end of a process waits for a turn that is under way."""


class Turn(Protocol):
    """One turn of the work."""

    def __call__(self, *, stopping: object) -> None:
        """Do what there is to do; raises Refusal while our own database is away."""


class MirrorThread:
    """A thread that takes a turn every few seconds until it is stopped. Nothing that happens in a turn ends it."""

    def __init__(self, keep: Turn, wake: threading.Event, *, configured: bool, every: timedelta = TURN_EVERY) -> None:
        """Without a configured mirror there is no thread. `wake` asks for a turn at once; who takes it clears that."""
        self._keep, self._wake, self._configured, self._every = keep, wake, configured, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mirror_thread", daemon=True)

    def start(self) -> None:
        """Begin at once: what a process before left undone waits."""
        if self._configured:
            self._thread.start()

    def stop(self) -> None:
        """End after the turn that is under way, unless that hangs: what it was at is done again by the next process."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(ENDS_WITHIN.total_seconds())

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._keep(stopping=self._stop.is_set)
            except Refusal as refused:  # our own database is away: the upkeep tells of it
                log.debug("the dashboard's rows could not be looked after", extra={"because": type(refused).__name__})
            except Exception:  # a thread that dies is noticed too late
                log.exception("the dashboard's rows could not be looked after")
            if not self._stop.wait(TURNS_APART.total_seconds()):
                self._wake.wait((self._every - TURNS_APART).total_seconds())
