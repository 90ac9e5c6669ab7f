"""The port for what is still to be delivered of imported spend. No figures are queued: they are read when they are delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from application.ports.spend_store import SpendAccount
from domain.spend import Spend


@dataclass(frozen=True, slots=True)
class VersionedDay:
    """A day's rows of the delivered kind."""

    day: date
    version: int
    """Another one whenever its rows, or the names of their campaigns, are replaced, or it is to be delivered anew."""
    rows: tuple[Spend, ...]


class SpendDeliveries(Protocol):
    """Marks beside the store of spend: which version of each day was delivered. A day whose rows were never read as a whole is
    not to be delivered. Each method is a transaction of its own. All raise StoreUnavailable.
    """

    def accounts(self) -> list[SpendAccount]:
        """Those with undelivered days whose owner connects them, by owner and account."""

    def undelivered(self, account: SpendAccount, *, before: date | None = None, most_rows: int) -> list[VersionedDay]:
        """Its newest undelivered days before this one, the newest first: as many as have so many rows, and one at least."""

    def delivered(self, account: SpendAccount) -> list[VersionedDay]:
        """Its delivered days, the newest first."""

    def mark(self, account: SpendAccount, versions: Mapping[date, int]) -> None:
        """These versions were delivered. A day that has another version by now stays undelivered."""

    def note_hindrance(self, account: SpendAccount, hindrance: str | None) -> None:
        """Why its spend can't be delivered, for its person: `SpendStore.imports` tells of it. None: nothing is in the way."""

    def deliver_anew(self, account: SpendAccount) -> None:
        """All days again: what was delivered is gone, or may be. A mark for what was read before has no effect."""

    def deliver_all_anew(self) -> None:
        """The same for every account."""
