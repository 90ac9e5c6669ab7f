"""Calls to the dashboard's database on behalf of people: few at once, each within a time, none while it is known to be away."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

from application.ports.connection_mirror import MirrorUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

CALLS_AT_ONCE = 3
"""Threads: fewer than the mirror's own connections, so that looks go on beside them."""

CALLERS_AT_ONCE = 8
"""Who waits for a thread or an answer: fewer than the threads that serve people, so that others are served meanwhile."""

SLOW = timedelta(seconds=1)
"""A database that takes longer over one row is not waited for."""


class DashboardContact:
    """Whether the dashboard's database answers in time, as far as this process knows."""

    def __init__(self) -> None:
        self._away = threading.Event()

    @property
    def away(self) -> bool:
        return self._away.is_set()

    def lost(self, because: str) -> None:
        """It did not answer, or not in time: nobody waits for it until `regained`."""
        if not self._away.is_set():
            self._away.set()
            log.warning("the dashboard's database is away or slow: people are answered without it", extra={"because": because})

    def regained(self) -> None:
        """It answers in time."""
        if self._away.is_set():
            self._away.clear()
            log.info("the dashboard's database answers again")


class BoundedCalls:
    """Runs calls in threads of their own: whoever waits leaves when the time is up, and the call comes to its end alone."""

    def __init__(self, contact: DashboardContact) -> None:
        self.contact = contact
        self._callers = threading.BoundedSemaphore(CALLERS_AT_ONCE)
        self._threads = threading.BoundedSemaphore(CALLS_AT_ONCE)

    def call(self, ask: Callable[[Progress], T], *, within: timedelta) -> T:
        """The answer. Raises what `ask` raises, and MirrorUnavailable where there is none in time, or nobody is asked."""
        if self.contact.away:
            raise MirrorUnavailable("it is known to be away")
        if not self._callers.acquire(blocking=False):
            raise MirrorUnavailable("as many as may wait do so")
        try:
            return self._answer(Call(ask), until=time.monotonic() + within.total_seconds())
        finally:
            self._callers.release()

    def _answer(self, call: Call[T], *, until: float) -> T:
        if not self._threads.acquire(timeout=max(until - time.monotonic(), 0.0)):
            raise MirrorUnavailable("every thread for it is in use")
        if self.contact.away:
            self._threads.release()
            raise MirrorUnavailable("it has just been found away")
        # a daemon: the end of the process does not wait for a call that hangs
        context, name = contextvars.copy_context(), "a person's call to the dashboard"
        threading.Thread(target=context.run, args=(call.run, self._threads.release), name=name, daemon=True).start()
        if not call.ended.wait(max(until - time.monotonic(), 0.0)):
            call.progress.stopped = True
            if call.progress.since_last() > SLOW:
                self.contact.lost("no answer in time")
            raise MirrorUnavailable("no answer in time")
        return call.outcome()


class Progress:
    """What a call that does many things tells of itself, and is told. Real time: it measures what a person waits."""

    def __init__(self) -> None:
        self.stopped = False
        """Whether nobody waits any longer."""
        self._last = time.monotonic()

    def step(self) -> None:
        """Something got done."""
        self._last = time.monotonic()

    def since_last(self) -> timedelta:
        """How long ago something got done, or began."""
        return timedelta(seconds=time.monotonic() - self._last)


class Call(Generic[T]):
    """One call and what came of it."""

    def __init__(self, ask: Callable[[Progress], T]) -> None:
        self.ended, self.progress = threading.Event(), Progress()
        self._ask, self._answers = ask, list[T]()
        self._error: Exception | None = None

    def run(self, release: Callable[[], None]) -> None:
        """Ask, and say that it has ended."""
        try:
            self.progress.step()
            self._answers.append(self._ask(self.progress))
        except Exception as error:  # noqa: BLE001 (it is raised where it is waited for)
            self._error = error
        finally:
            release()
            self.ended.set()

    def outcome(self) -> T:
        """The answer, or what was raised."""
        if self._error is not None:
            raise self._error
        return self._answers[0]
