"""Token buckets in a dictionary."""

import threading
from datetime import UTC, datetime, timedelta

from application.ports.clock import Clock
from domain.rate_limit import NONE, RateLimit

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryTokenBuckets:
    """The port `TokenBuckets` for one process, dated by the given clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._full_at, self._lock = clock, dict[str, timedelta](), threading.Lock()

    def take(self, key: str, limit: RateLimit, count: int) -> timedelta:
        with self._lock:
            self._full_at[key], wait = limit.take(self._full_at.get(key, NONE), self._clock.now() - EPOCH, count)
            return wait
