"""The simulator's own time, which a test may turn forward."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The simulator's own time, which a test may turn forward."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    def advance(self, span: timedelta) -> None:
        """Turn the clock forward; ValueError on a negative span."""
        ...


class RunningClock:
    """Real time plus whatever it was advanced by. Steps of the machine's clock while it runs do not reach it."""

    __slots__ = ("_started", "_tick", "offset")

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._started = datetime.now(UTC)
        self._tick = time.monotonic()
        self.offset = offset

    def now(self) -> datetime:
        return self._started + timedelta(seconds=time.monotonic() - self._tick) + self.offset

    def advance(self, span: timedelta) -> None:
        self.offset += _forward(span)

    def reset(self) -> None:
        self.offset = timedelta(0)


class StandingClock:
    """Simulated time: it stands still until it is advanced."""

    __slots__ = ("_now",)

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, span: timedelta) -> None:
        self._now += _forward(span)


def _forward(span: timedelta) -> timedelta:
    if span < timedelta(0):
        raise ValueError("The simulator's clock only goes forward.")
    return span
