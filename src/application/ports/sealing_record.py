"""The port for what all processes over one database share about sealing."""

from collections.abc import Callable
from typing import Protocol

from domain.sealing_state import SealingState


class SealingRecord(Protocol):
    """One record a database. Both raise StoreUnavailable when it is away."""

    def read(self) -> SealingState | None:
        """The record; None while there is none."""

    def change(self, change: Callable[[SealingState | None], SealingState]) -> SealingState:
        """Put in its place what `change` makes of it, and return that. No other change comes between."""
