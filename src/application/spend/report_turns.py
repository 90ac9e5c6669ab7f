"""A report's calls, each in its turn: what stops a reading, and how a caller sends for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from application.ports.budget import Permits
from domain.report_failures import ReportFailure

Answer = TypeVar("Answer")


class InTurn(Protocol):
    """Take a permit, wait for its turn, send, and let the budget learn what came of it."""

    def __call__(self, send: Callable[[], Answer | ReportFailure]) -> Answer | ReportFailure | Permits:
        """What the call came to. Permits: none was to be had, and nothing was sent."""


class ReadingStopped(Exception):
    """A reading can't go on. What it had read is not stored: it is read again."""

    def __init__(self, because: ReportFailure | Permits) -> None:
        super().__init__(type(because).__name__)
        self.because = because
