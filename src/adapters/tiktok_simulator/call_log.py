"""The log of calls that the simulator got."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

_KEPT: Final = 10_000  # calls; older ones are forgotten


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the API. `token` is a short hash of what the call showed, never the token itself.
    `code` is None when no envelope was sent.
    """

    time: datetime
    endpoint: str
    code: int | None
    user: str | None = None
    grant: int | None = None
    token: str | None = None
    fault: str | None = None


class CallLog:
    """The latest calls, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=_KEPT)

    def add(self, call: Call) -> None:
        self._calls.append(call)

    def clear(self) -> None:
        """Forget all."""
        self._calls.clear()

    def calls(self) -> Sequence[Call]:
        """A copy."""
        return list(self._calls)
