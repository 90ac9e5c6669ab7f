"""The port for what people had removed: noted beside the journal, so that a restored backup does not bring it back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import ConnectionId, DatabaseId, OwnerId


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A person disconnected an account."""

    connection: ConnectionId
    at: datetime


@dataclass(frozen=True, slots=True)
class UserErased:
    """Everything of a user was erased."""

    owner: OwnerId
    at: datetime


Removal = Disconnected | UserErased


class Removals(Protocol):
    """Notes of one host. All raise JournalUnavailable where the folder can't be used."""

    def note(self, database: DatabaseId, removal: Removal) -> None:
        """Make a removal durable; to be called once the database has committed it."""

    def noted(self, database: DatabaseId) -> list[Removal]:
        """All that was removed from this database, oldest first."""

    def forget(self, before: datetime) -> int:
        """Drop those of long ago: no backup is so old. Returns how many."""
