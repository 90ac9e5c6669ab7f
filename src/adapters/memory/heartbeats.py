"""Signs of life in memory."""

from __future__ import annotations

from datetime import datetime, timedelta

from application.ports.system import Clock

REMEMBERED = timedelta(days=1)


class MemoryHeartbeats:
    """Signs of life in a dictionary."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._beats: dict[tuple[str, str, int], datetime] = {}

    def beat(self, component: str, host: str, pid: int) -> None:
        self._beats[component, host, pid] = self._clock.now()

    def latest(self, component: str) -> datetime | None:
        newest = max((at for (of, _, _), at in self._beats.items() if of == component), default=None)
        return newest if newest and newest > self._clock.now() - REMEMBERED else None
