"""The identity of a database of this process, and notes that outlive it."""

from collections.abc import Callable
from datetime import datetime

from adapters.memory.database import MemoryDatabase
from application.ports.clock import Clock
from domain.database_identity import DatabaseIdentity
from domain.ids import DatabaseId


class MemoryIdentityRecord:
    """The identity in the rows, dated by the given clock."""

    def __init__(self, database: MemoryDatabase, *, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def read(self) -> DatabaseIdentity:
        return self.change(lambda identity, _: identity)

    def change(self, change: Callable[[DatabaseIdentity, datetime], DatabaseIdentity]) -> DatabaseIdentity:
        with self._database.lock:
            rows = self._database.answer()
            rows.identity = change(rows.identity, self._clock.now())
            return rows.identity

    def place(self) -> str:
        return "memory"


class MemoryIdentityNotes:
    """Notes in a dictionary, which may outlive a database."""

    def __init__(self) -> None:
        self._notes = dict[DatabaseId, datetime]()

    def noted(self, database: DatabaseId) -> datetime | None:
        return self._notes.get(database)

    def note(self, database: DatabaseId, at: datetime) -> None:
        self._notes[database] = max(at, self._notes.get(database, at))
