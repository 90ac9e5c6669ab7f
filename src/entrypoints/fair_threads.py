"""Threads of a pool of which nobody has more than a few."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

T = TypeVar("T")


class SubjectKind(Enum):
    """Who is counted. Each kind is counted apart: no user shares threads with a service or an address of the same name."""

    USER = "user"
    SERVICE = "service"
    ADDRESS = "address"

    def named(self, name: str) -> str:
        """The subject whose threads are counted."""
        return f"{self.value} {name}"


@dataclass(slots=True)
class FairThreads:
    """Each user, service or address has `most` threads of `pool` at once (None: the loop's own); its others wait without."""

    most: int
    pool: Executor | None = None
    _subjects: dict[str, tuple[asyncio.Semaphore, int]] = field(default_factory=dict)

    async def run(self, work: Callable[[], T], *, subject: str) -> T:
        """What the work returns, done in a thread. Raises what it raises."""
        async with self._place_of(subject):
            return await asyncio.get_running_loop().run_in_executor(self.pool, contextvars.copy_context().run, work)

    @asynccontextmanager
    async def _place_of(self, subject: str) -> AsyncIterator[None]:
        places, users = self._subjects.get(subject, (asyncio.Semaphore(self.most), 0))
        self._subjects[subject] = places, users + 1
        try:
            async with places:
                yield
        finally:
            places, users = self._subjects.pop(subject)
            if users > 1:
                self._subjects[subject] = places, users - 1
