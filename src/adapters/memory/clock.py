"""A clock that a test moves."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2030, 1, 1, tzinfo=UTC)


class MemoryClock:
    """The port `Clock`: time passes only when somebody sleeps or a test says so. Threads may share it."""

    def __init__(self, start: datetime = START) -> None:
        self._start = self._now = start
        self._lock = threading.Lock()
        self.on_sleep: Callable[[], object] = lambda: None
        """Called after each sleep: the place for what happens meanwhile."""

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> timedelta:
        return self._now - self._start

    def sleep(self, span: timedelta) -> None:
        self.advance(max(span, timedelta(0)))
        self.on_sleep()

    def advance(self, span: timedelta) -> None:
        """Let this much time pass."""
        with self._lock:
            self._now += span
