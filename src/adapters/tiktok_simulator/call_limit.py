"""The simulated limit of calls a second."""

from collections import defaultdict, deque
from datetime import datetime, timedelta
from typing import Final

_WINDOW: Final = timedelta(seconds=1)


class CallLimit:
    """How many calls an app may make in any one second, wherever that second begins."""

    def __init__(self) -> None:
        self._recent: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def exceeded(self, app_id: str, limit: int, now: datetime) -> bool:
        """Count the call, unless it is one too many; refused calls do not count. A limit of 0 is none."""
        if not limit:
            return False
        recent = self._recent[app_id]
        while recent and now - recent[0] >= _WINDOW:
            recent.popleft()
        if len(recent) >= limit:
            return True
        recent.append(now)
        return False
