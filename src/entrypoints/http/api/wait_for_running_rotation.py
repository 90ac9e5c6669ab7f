"""Waiting for a rotation that is running, without holding a thread or a connection: all who want the same share one task."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from application.rotation.claim_results import InFlight
from entrypoints.fair_threads import FairThreads

T = TypeVar("T")

LONGEST_WAIT = timedelta(seconds=5)
"""How long a caller waits for a renewal."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=100), timedelta(milliseconds=500)
"""Between questions whether a renewal elsewhere has ended."""


class StillInFlight(Exception):
    """The renewal goes on, and has been waited for long enough."""


@dataclass(slots=True, eq=False)
class Flight:
    """One shared question, asked until it is answered or nobody waits any more."""

    until: float
    """By the loop's clock: when the last caller stops waiting."""
    task: asyncio.Task[Any] = field(init=False)


@dataclass(slots=True)
class SharedWaits:
    """Renewals under way in this process. They run in `threads`, which nothing else uses."""

    threads: FairThreads
    patience: timedelta = LONGEST_WAIT
    _flights: dict[Hashable, Flight] = field(default_factory=dict)

    async def share(self, key: Hashable, ask: Callable[[], T | InFlight], *, subject: str) -> T:
        """The answer to `ask`, shared with everybody who waits for the same key; a caller who leaves stops nothing.

        Raises what `ask` raises, and StillInFlight when there is no answer within the patience.
        """
        until = asyncio.get_running_loop().time() + self.patience.total_seconds()
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = Flight(until)
            flight.task = asyncio.create_task(self._fly(flight, ask, subject))
            flight.task.add_done_callback(lambda done: self._landed(key, done))
        flight.until = until
        try:
            answer: T = await asyncio.wait_for(asyncio.shield(flight.task), self.patience.total_seconds())
        except TimeoutError:
            raise StillInFlight from None
        return answer

    async def run(self, work: Callable[[], T], *, subject: str) -> T:
        """Do something in the pool to its end, whether or not the caller stays."""
        return await asyncio.shield(asyncio.create_task(self.threads.run(work, subject=subject)))

    async def land(self) -> None:
        """Let everything that has begun come to its end; only questions are dropped."""
        for flight in self._flights.values():
            flight.until = 0
        tasks = [flight.task for flight in self._flights.values()]
        if tasks:
            await asyncio.wait(tasks)

    async def _fly(self, flight: Flight, ask: Callable[[], T | InFlight], subject: str) -> T:
        loop, pause = asyncio.get_running_loop(), FIRST_PAUSE

        def still_wanted() -> T | InFlight:
            if loop.time() > flight.until:
                raise StillInFlight
            return ask()

        while True:
            answer = await self.threads.run(still_wanted, subject=subject)
            if not isinstance(answer, InFlight):
                return answer
            if loop.time() + pause.total_seconds() > flight.until:
                raise StillInFlight
            await asyncio.sleep(pause.total_seconds())
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _landed(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        self._flights.pop(key, None)
        if not task.cancelled():
            task.exception()  # said to those who waited; without any, nobody needs to know
