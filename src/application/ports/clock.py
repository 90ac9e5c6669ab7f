"""The port for time: when it is, how long ago something was, and waiting."""

from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Two clocks and a pause. The wall clock dates things; the monotonic one measures how long ago something was."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""

    def monotonic(self) -> timedelta:
        """Time since some fixed moment. It never goes back, and goes on while the machine sleeps or is moved: after that it leaps
        forward, so that what was claimed before is not sent.
        """

    def sleep(self, span: timedelta) -> None:
        """Let this much time pass (none for a negative span)."""
