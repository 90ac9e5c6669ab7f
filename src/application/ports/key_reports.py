"""The port for what processes report of their keys."""

from datetime import datetime
from typing import Protocol

from domain.key_use import KeyReport, ProcessKeys


class KeyReports(Protocol):
    """One report a process, dated by the store's clock. All raise StoreUnavailable when the store is away."""

    def report(self, process: str, keys: ProcessKeys) -> None:
        """Put this in the place of what the process reported before.

        Reports a day old are dropped, or a month old where the journal held anything (`domain.key_use`).
        """

    def withdraw(self, process: str) -> None:
        """Drop what a process reported that has ended, unless its journal held anything."""

    def all(self) -> tuple[datetime, tuple[KeyReport, ...]]:
        """The store's time, and the last report of each process."""
