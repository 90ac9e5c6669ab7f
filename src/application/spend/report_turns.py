"""A report's calls, each in its turn: what stops a reading, and how a caller sends for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol, TypeVar

from application.ports.budget import Permits
from domain.report_failures import ReportFailure

Answer = TypeVar("Answer")


PATIENCE = timedelta(minutes=1)
"""How long a reading that has begun waits for its next call, while others need all that there are."""


def is_used_up(because: ReportFailure | Permits) -> bool:
    """Whether the day's calls are: for any other turn nobody has to wait so long."""
    return isinstance(because, Permits) and because.because is None and because.wait > PATIENCE


class InTurn(Protocol):
    """Take a permit, wait for its turn, send, and let the budget learn what came of it."""

    def __call__(self, send: Callable[[], Answer | ReportFailure]) -> Answer | ReportFailure | Permits:
        """What the call came to. Permits: none was to be had, and nothing was sent."""


class ReadingStopped(Exception):
    """A reading can't go on. What it had read is not stored: it is read again."""

    def __init__(self, because: ReportFailure | Permits) -> None:
        super().__init__(type(because).__name__)
        self.because = because
