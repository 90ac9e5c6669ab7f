"""Threads in simulated time: one runs at a time, and time passes when all of them sleep."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

from adapters.memory.clock import START, MemoryClock

T = TypeVar("T")
R = TypeVar("R")

NO_TIME = timedelta(0)


class ThreadsClock(MemoryClock):
    """A clock for the threads that were begun by it, and for the one that made it. Who wakes first goes on; the others wait."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(start)
        self._sleepers: list[tuple[datetime, int, threading.Event]] = []
        self._order = count()
        self.at_work = 0
        """How many of its threads have not come to their end."""

    def sleep(self, span: timedelta) -> None:
        self._enlist(span, woken := threading.Event())
        self._wake_next()
        woken.wait()

    def begin(self, work: Callable[[], object]) -> None:
        """Do this in a thread of its own, from now on."""
        self._enlist(NO_TIME, woken := threading.Event())
        self.at_work += 1

        def run() -> None:
            woken.wait()
            try:
                work()
            finally:
                self.at_work -= 1
                self._wake_next()

        threading.Thread(target=run, daemon=True).start()

    def together(self, works: Iterable[Callable[[], object]]) -> None:
        """Begin all of these, and wait for their end. Raises what the first of them raised."""
        pending, faults = list(works), list[BaseException]()
        left, ended = [len(pending)], threading.Event()

        def one(work: Callable[[], object]) -> None:
            try:
                work()
            except BaseException as fault:  # noqa: BLE001 (it is raised where somebody waits for it)
                faults.append(fault)
            left[0] -= 1
            if not left[0]:
                self._enlist(NO_TIME, ended)

        for work in pending:
            self.begin(lambda work=work: one(work))  # type: ignore[misc] # mypy knows no defaults of lambdas
        if pending:
            self._wake_next()
            ended.wait()
        if faults:
            raise faults[0]

    def _enlist(self, span: timedelta, woken: threading.Event) -> None:
        heapq.heappush(self._sleepers, (self._now + max(span, NO_TIME), next(self._order), woken))

    def _wake_next(self) -> None:
        if self._sleepers:
            at, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, at)
            woken.set()


class ThreadsExecutor:
    """The port `Executor` with so many of these threads."""

    def __init__(self, clock: ThreadsClock, at_once: int) -> None:
        self._clock, self._at_once = clock, at_once

    def map(self, do: Callable[[T], R], things: Iterable[T], /) -> Iterable[R]:
        waiting = list(enumerate(things))
        results = dict[int, R]()
        waiting.reverse()

        def work() -> None:
            while waiting:
                place, thing = waiting.pop()
                results[place] = do(thing)

        self._clock.together([work] * min(self._at_once, len(waiting)))
        return [results[place] for place in sorted(results)]

    def shutdown(self) -> None:
        """Each thread ends with its work."""
