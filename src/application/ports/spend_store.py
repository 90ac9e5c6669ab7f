"""The port for imported spend: rows and days of each account, how far its import is, and who imports it now."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from domain.ids import AdvertiserId, OwnerId
from domain.spend import Spend, SpendKind
from domain.spend_calendar import Window
from domain.spend_columns import SpendColumn, SpendLine
from domain.spend_day import AccountDay, DayUpdate, Restatement
from domain.spend_plan import ImportProgress, Purpose

KEPT_AFTER_DISCONNECT = timedelta(days=30)
"""How long the spend of an account is kept that its owner no longer connects: a reconnect finds it again."""


@dataclass(frozen=True, slots=True)
class SpendAccount:
    """An account whose spend is imported for an owner."""

    owner: OwnerId
    account: AdvertiserId


@dataclass(frozen=True, slots=True)
class SpendImport:
    """How the import of one account stands."""

    of: SpendAccount
    progress: ImportProgress
    due_at: datetime
    left_at: datetime | None = None
    """Since when the owner no longer connects it: nothing is imported, and what there is ends after `KEPT_AFTER_DISCONNECT`."""
    hindrance: str | None = None
    """Why its spend was not delivered to the dashboard when that was tried last; None: it was, or it was not tried."""


@dataclass(frozen=True, slots=True)
class ImportClaim:
    """Leave to import one account's spend, for one importer until the lease ends."""

    of: SpendAccount
    progress: ImportProgress
    fence: int
    """Counts the account's claims: what an earlier one writes after this is refused."""
    lease_until: datetime


class SpendStore(Protocol):
    """Imported spend, unique by owner, account, kind, day and campaign. Each method is a transaction of its own, by the store's
    clock. All raise StoreUnavailable when the store is away, and Unstorable for what no trying again would store.
    """

    def follow(self, accounts: Iterable[SpendAccount]) -> None:
        """Import these from now on. New ones are due at once; one that was left comes back with everything that is still there,
        due at once; one that is followed already stays as it is.
        """

    def leave(self, account: SpendAccount) -> None:
        """Import it no more, and keep what there is for a while. Nothing happens to one that is not followed."""

    def forget(self, owner: OwnerId) -> None:
        """Erase everything of an owner at once."""

    def take(self, account: SpendAccount, *, lease: timedelta) -> ImportClaim | None:
        """Reserve this account, due or not. None: it is not followed, or another importer has it."""

    def imports(self, owner: OwnerId) -> list[SpendImport]:
        """How the owner's imports stand, by account."""

    def days(
        self, accounts: Collection[SpendAccount], window: Window, kinds: Collection[SpendKind] = tuple(SpendKind)
    ) -> dict[SpendAccount, list[AccountDay]]:
        """The days that were read, by day and kind; a day that is not in it is missing."""

    def open_days(self, account: SpendAccount) -> list[date]:
        """The days that were read and are not closed, the oldest first."""

    def rows(
        self, accounts: Collection[SpendAccount], window: Window, kinds: Collection[SpendKind] = tuple(SpendKind)
    ) -> dict[SpendAccount, list[Spend]]:
        """The rows of these days, by day, kind and campaign, the one in no campaign first."""

    def row_counts(self, accounts: Collection[SpendAccount], window: Window, kind: SpendKind) -> dict[date, int]:
        """How many rows these days have together; a day without rows is not in it."""

    def lines(
        self, accounts: Collection[SpendAccount], window: Window, kind: SpendKind, columns: Collection[SpendColumn]
    ) -> dict[SpendAccount, list[SpendLine]]:
        """The rows of each account added up over what these columns do not tell apart, by day and campaign, without loading
        each of them. A campaign has the name that it has now.
        """

    def restatements(
        self, accounts: Collection[SpendAccount], window: Window, kinds: Collection[SpendKind] = tuple(SpendKind), *, most: int
    ) -> list[tuple[SpendAccount, Restatement]]:
        """What later readings changed of these days: so many changes at most, the newest first."""


class SpendStoreOfAllOwners(SpendStore, Protocol):
    """The same for who imports everybody's spend, and clears it away."""

    def forget_left(self, before: datetime, *, limit: int) -> int:
        """Erase accounts that were left before this time, at most so many; returns how many."""

    def take_due(self, *, limit: int, lease: timedelta, yielding: Collection[OwnerId] = ()) -> list[ImportClaim]:
        """Reserve accounts that are due: the most urgent purpose first, then who is due longest; of the first days the newest
        connection, whose person is looking. Accounts of owners that are `yielding` come after all others. One importer wins an
        account.
        """

    def replace(self, claim: ImportClaim, updates: Sequence[DayUpdate]) -> bool:
        """Store what became of days, each of them once, all or nothing: a day's rows are replaced as a whole, and its state too.

        A campaign's name is from then on the one in the newest of these rows, in all its days. Of one day the newest
        `RESTATEMENTS_KEPT` changes are kept. False, and nothing is stored, when the claim is no longer the account's.
        """

    def settle(self, claim: ImportClaim, progress: ImportProgress, *, due_at: datetime, purpose: Purpose) -> bool:
        """Store how far the import is and when it goes on, and give the account back. False when another importer has it."""

    def extend(self, claim: ImportClaim, *, lease: timedelta) -> bool:
        """Have the account for longer. False when another importer has it."""

    def imports(self, owner: OwnerId | None = None) -> list[SpendImport]:
        """How the imports stand, of one owner or of all, by owner and account."""
