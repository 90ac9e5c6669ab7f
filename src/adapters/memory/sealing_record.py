"""What all processes share about sealing, in memory."""

from collections.abc import Callable

from adapters.memory.database import MemoryDatabase
from domain.sealing_state import SealingState


class MemorySealingRecord:
    """The record in the rows."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def read(self) -> SealingState | None:
        with self._database.lock:
            return self._database.answer().sealing

    def change(self, change: Callable[[SealingState | None], SealingState]) -> SealingState:
        with self._database.lock:
            rows = self._database.answer()
            rows.sealing = change(rows.sealing)
            return rows.sealing
