"""What people had removed, in a dictionary."""

from datetime import datetime

from application.ports.removals import Removal
from domain.ids import DatabaseId


class MemoryRemovals:
    """Removals by their database."""

    def __init__(self) -> None:
        self._removals = dict[DatabaseId, list[Removal]]()

    def note(self, database: DatabaseId, removal: Removal) -> None:
        self._removals.setdefault(database, []).append(removal)

    def noted(self, database: DatabaseId) -> list[Removal]:
        return list(self._removals.get(database, ()))

    def forget(self, before: datetime) -> int:
        dropped = 0
        for database, removals in self._removals.items():
            kept = [removal for removal in removals if removal.at >= before]
            dropped += len(removals) - len(kept)
            self._removals[database] = kept
        return dropped
