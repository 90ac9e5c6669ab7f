"""The machine's clocks, and how they go on while it sleeps or is moved."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

BOOT_TIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux's monotonic clock stands still while the machine sleeps, and this one does not; elsewhere the monotonic clock goes on."""

LEAP = 1.0
"""Seconds that the wall clock may gain on the other without a reason: clocks are set right little by little."""


def both_clocks() -> tuple[float, float]:
    """Seconds since the machine started, and since 1970."""
    return time.clock_gettime(BOOT_TIME), time.time()


class SystemClock:
    """The machine's clocks: the one place that asks them. It keeps the promises of the port `Clock`.

    A virtual machine that was stopped or moved sees it by its wall clock alone, once that is set right: so the monotonic clock
    here follows the wall clock where that leaps ahead.
    """

    def __init__(self, clocks: Callable[[], tuple[float, float]] = both_clocks) -> None:
        self._clocks, self._leapt = clocks, 0.0
        since_start, wall = clocks()
        self._apart = wall - since_start

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> timedelta:
        since_start, wall = self._clocks()
        ahead = wall - since_start - self._apart
        if ahead - self._leapt > LEAP:
            self._leapt = ahead  # without a lock, which a fork might inherit held: two threads that see the leap see the same
        elif self._leapt - ahead > LEAP:
            self._apart = wall - since_start - self._leapt  # it was set back: later leaps count from here
        return timedelta(seconds=since_start + self._leapt)

    def sleep(self, span: timedelta) -> None:
        if span > timedelta(0):
            time.sleep(span.total_seconds())
