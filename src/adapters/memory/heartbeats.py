"""Signs of life in memory."""

import threading
from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.heartbeats import REMEMBERED


class MemoryHeartbeats:
    """Signs of life in a dictionary."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._beats: dict[tuple[str, str, int], datetime] = {}
        self._reserved: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def beat(self, component: str, host: str, pid: int) -> None:
        self._beats[component, host, pid] = self._clock.now()

    def latest(self, component: str) -> datetime | None:
        newest = max((at for (of, _, _), at in self._beats.items() if of == component), default=None)
        return newest if newest and newest > self._clock.now() - REMEMBERED else None

    def hosts(self, component: str, within: timedelta) -> tuple[str, ...]:
        since = self._clock.now() - within
        return tuple(sorted({host for (of, host, _), at in self._beats.items() if of == component and at >= since}))

    def age(self, component: str) -> timedelta | None:
        newest = self.latest(component)
        return self._clock.now() - newest if newest else None

    def reserve(self, work: str, *, for_at_most: timedelta) -> bool:
        now = self._clock.now()
        with self._lock:
            if work in self._reserved and self._reserved[work] > now - for_at_most:
                return False
            self._reserved[work] = now
            return True

    def release(self, work: str) -> None:
        self._reserved.pop(work, None)
