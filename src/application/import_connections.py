"""Use-case: take over connections that the dashboard made before, with the tokens in its own rows.

One owner after the other. A consent's grant is committed here before its tokens are emptied there, so nothing is lost wherever it
is interrupted; another run goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from application.connecting.place_old_consent import Placed, PlaceOldConsent
from application.database_hold.identity_watch import IdentityWatch
from application.database_hold.pause_watch import PauseWatch
from application.ports.ad_platform import AdPlatform
from application.ports.budget import Budget, Lane
from application.ports.clock import Clock
from application.ports.old_connections import Emptied, OldConnections, OldRow, OldTokens
from application.rotation.permit_turn import Turns, unless_listed
from domain.errors import CannotOpen
from domain.grant import Grant
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.old_connection import OldConnection, access_end, consents_of
from domain.outcomes import Refused
from domain.tokens import Secret

TURN_WITHIN = timedelta(seconds=30)
"""How long a look at the reach of a token may wait for its turn: nobody waits for an import."""

ROUNDS = 3
"""How often an owner's rows are read again that somebody changes meanwhile."""

SHOWN = {"active", "needs_reauth"}
"""What a row says that the dashboard shows as a connection."""

ERASED = "everything of its user was erased here less than 30 days ago: erase it there too"
CHANGED = "its tokens were renewed while it was taken over: stop whatever renews them there, and run this again"


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A row that was not taken over, and why: its tokens are where they were."""

    row: ConnectionId
    owner: OwnerId
    why: str


@dataclass(slots=True)
class ImportReport:
    """What became of all rows, or would become of them."""

    grants: int = 0
    connections: int = 0
    known: int = 0
    """Rows whose connection was here already."""
    left: list[LeftRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportConnections:
    """Takes over what there is. Another run changes nothing, unless the first was interrupted or rows were left."""

    old: OldConnections
    old_tokens: OldTokens
    place: PlaceOldConsent
    watch: IdentityWatch
    pause_watch: PauseWatch

    def __call__(self, *, dry_run: bool = False, progress: Callable[[ImportReport], None] = lambda _: None) -> ImportReport:
        """Take over every row that can be. `dry_run`: change nothing. Raises OnHold, CallsPaused,
        MirrorUnavailable, StoreUnavailable.
        """
        self.watch.refuse_if_held()
        self.pause_watch.refuse_if_paused()
        report = ImportReport()
        for owner in self.old.owners():
            if self.place.refuses(owner):
                report.left += [LeftRow(row.id, owner, ERASED) for row in self.old.of_owner(owner)]
            elif dry_run:
                self._foresee(owner, report)
            else:
                self._take_over(owner, report)
            progress(report)
        return report

    def _foresee(self, owner: OwnerId, report: ImportReport) -> None:
        made = list[Grant]()
        opened, left = self._opened(self.old.of_owner(owner))
        report.left += left
        consents = consents_of(opened)
        for consent in consents:
            placed = self.place.foresee(consent, made, alone=len(consents) == 1)
            report.left += [LeftRow(row, owner, why) for row, why in placed.left]
            made += [placed.grant] if placed.grant else []
            count(placed, report)

    def _take_over(self, owner: OwnerId, report: ImportReport) -> None:
        left, changed = self._round(owner, report)
        for _ in range(ROUNDS - 1):
            if changed:
                left, changed = self._round(owner, report)
        report.left += [*left, *(LeftRow(row, owner, CHANGED) for row in sorted(changed))]

    def _round(self, owner: OwnerId, report: ImportReport) -> tuple[list[LeftRow], set[ConnectionId]]:
        """Take over what an owner's rows hold now; returns what is left, and which rows somebody changed meanwhile."""
        rows, changed = self.old.of_owner(owner), set[ConnectionId]()
        opened, left = self._opened(rows)
        consents = consents_of(opened)
        for consent in consents:
            placed = self.place(consent, alone=len(consents) == 1)
            count(placed, report)
            left += [LeftRow(row, owner, why) for row, why in placed.left]
            changed |= self._emptied_but(row for row in rows if row.id in placed.done)
        return left, changed

    def _emptied_but(self, rows: Iterable[OldRow]) -> set[ConnectionId]:
        """Empty the tokens of these rows; returns those that somebody changed meanwhile."""
        return {row.id for row in rows if self.old.empty(row) is Emptied.CHANGED}

    def _opened(self, rows: Sequence[OldRow]) -> tuple[list[OldConnection], list[LeftRow]]:
        opened, left = list[OldConnection](), list[LeftRow]()
        for row in rows:
            try:
                opened.append(self._open(row))
            except CannotOpen as fault:
                left.append(LeftRow(row.id, row.owner, str(fault)))
        return opened, left

    def _open(self, row: OldRow) -> OldConnection:
        """Raises CannotOpen, also where the row is none that can be taken over."""
        if row.status not in SHOWN:
            raise CannotOpen(
                "the dashboard shows it as not connected, by its status: its person connects it again, or you delete it"
            )
        if not row.account:
            raise CannotOpen("it names no account")
        return OldConnection(
            id=row.id,
            owner=row.owner,
            account=row.account,
            account_name=row.account_name or row.account,
            access=self.old_tokens.open(row.access_text),
            refresh=self.old_tokens.open(row.refresh_text) if row.refresh_text else None,
            access_expires_at=access_end(row.token_expires_at, row.updated_at),
            created_at=row.created_at,
        )


def count(placed: Placed, report: ImportReport) -> None:
    """Add what was done, or would be, with one consent."""
    report.grants += placed.grant is not None
    report.connections += placed.taken
    report.known += placed.known


@dataclass(frozen=True, slots=True)
class AskReach:
    """Asks the platform which accounts an access token reaches, from spare budget."""

    platform: AdPlatform
    budget: Budget
    clock: Clock

    def __call__(self, access: Secret) -> frozenset[AdvertiserId] | None:
        """None where that can't be learned now, or where the list is empty, which may be a fault of the platform's; no account
        where the platform says that the token is dead.
        """
        turns = Turns(self.budget, self.clock, self.platform.app, Lane.BACKGROUND)
        listed = turns.call(lambda: self.platform.reach(access), unless_listed, within=TURN_WITHIN)
        if isinstance(listed, Refused):
            return frozenset()
        return frozenset(account.id for account in listed) or None if isinstance(listed, tuple) else None
