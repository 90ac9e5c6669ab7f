"""The ports for the database's identity: what it remembers of itself, and who keeps notes of it outside."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from domain.database_identity import DatabaseIdentity
from domain.ids import DatabaseId


class IdentityRecord(Protocol):
    """The one record of itself that a database has. All raise StoreUnavailable when it is away."""

    def read(self) -> DatabaseIdentity:
        """The record as it is. A database that has none yet gets one, with an id that no other has."""

    def change(self, change: Callable[[DatabaseIdentity, datetime], DatabaseIdentity]) -> DatabaseIdentity:
        """Put in its place what `change` makes of it and of the database's own time, and return that.

        No other change comes between. `change` may be called again.
        """

    def place(self) -> str:
        """Which server or file this is, in a word: another one after a copy or a restore elsewhere, the same after a restart.

        Empty where it can't be told; it raises nothing.
        """


class IdentityNotes(Protocol):
    """What is noted of databases outside of them. Notes are hints: a keeper that is away is asked later, and raises nothing."""

    def noted(self, database: DatabaseId) -> datetime | None:
        """The latest time that was noted of this database; None where none was, or it can't be read now."""

    def note(self, database: DatabaseId, at: datetime) -> None:
        """Note a time, unless a later one is noted."""
