"""A report's calls, each in its turn: what stops a reading, and how a caller sends for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

from domain.report_failures import ReportFailure

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class NoTurn:
    """The budget has no call to spare, or somebody asks to stop: nothing was sent."""

    wait: timedelta


class InTurn(Protocol):
    """Take a permit, wait for its turn, send, and let the budget learn what came of it."""

    def __call__(self, send: Callable[[], Answer | ReportFailure]) -> Answer | ReportFailure | NoTurn:
        """What the call came to. It is sent once, or not at all."""


class ReadingStopped(Exception):
    """A reading can't go on. What it had read is not stored: it is read again."""

    def __init__(self, because: ReportFailure | NoTurn) -> None:
        super().__init__(type(because).__name__)
        self.because = because
