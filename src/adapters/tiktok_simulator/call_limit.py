"""The simulated limits of calls: a second's, a minute's, a day's."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from .config import Config

_SECOND: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)
_MINUTE_LOCK: Final = timedelta(minutes=5)  # by TikTok's documentation of its limits


@dataclass(slots=True)
class _Calls:
    """What an app did lately."""

    second: deque[datetime] = field(default_factory=deque)
    minute: deque[datetime] = field(default_factory=deque)
    day: date | None = None
    of_day: int = 0
    locked_until: datetime | None = None

    def passed(self, now: datetime) -> None:
        """Forget what no limit looks at any more."""
        for calls, window in ((self.second, _SECOND), (self.minute, _MINUTE)):
            while calls and now - calls[0] >= window:
                calls.popleft()
        if self.day != now.date():
            self.day, self.of_day = now.date(), 0
        if self.locked_until is not None and now >= self.locked_until:
            self.locked_until = None
            self.minute.clear()


class CallLimit:
    """How many calls an app may make in any one second or minute, wherever that begins, and in a day of UTC.

    Refused calls do not count. Beyond a minute's limit an app is locked out for five minutes, beyond a day's until midnight.
    """

    def __init__(self) -> None:
        self._calls: defaultdict[str, _Calls] = defaultdict(_Calls)

    def exceeded(self, app_id: str, config: Config, now: datetime) -> bool:
        """Count the call, unless it is one too many. A limit of 0 is none."""
        if not (config.calls_per_second or config.minute_limit or config.day_limit):
            return False
        calls = self._calls[app_id]
        calls.passed(now)
        if config.minute_limit and len(calls.minute) >= config.minute_limit:
            calls.locked_until = calls.locked_until or now + _MINUTE_LOCK
        if calls.locked_until is not None and config.minute_limit:
            return True
        if config.day_limit and calls.of_day >= config.day_limit:
            return True
        if config.calls_per_second and len(calls.second) >= config.calls_per_second:
            return True
        calls.second.append(now)
        calls.minute.append(now)
        calls.of_day += 1
        return False
