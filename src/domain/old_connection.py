"""Connections from before, with tokens in rows of the dashboard's own: which of them are one consent, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.tokens import ASSUMED_ACCESS_LIFE, ASSUMED_REFRESH_LIFE, Expiring, LongTerm, Sealed, Secret, Tokens


@dataclass(frozen=True, slots=True)
class OldConnection:
    """A row with its tokens opened."""

    id: ConnectionId
    owner: OwnerId
    account: AdvertiserId
    account_name: str
    access: Secret
    refresh: Secret | None
    access_expires_at: datetime
    created_at: datetime

    @property
    def pair(self) -> Secret:
        """By what it is known which rows have the same tokens."""
        return self.refresh or self.access


@dataclass(frozen=True, slots=True)
class OldConsent:
    """Rows of one owner with the same tokens, an account each, the newest first."""

    connections: tuple[OldConnection, ...]
    outdated: tuple[OldConnection, ...] = ()
    """Older rows of the same accounts, with whatever tokens."""

    @property
    def newest(self) -> OldConnection:
        return self.connections[0]

    @property
    def rows(self) -> tuple[OldConnection, ...]:
        """All that is done with once its accounts are taken over."""
        return self.connections + self.outdated

    def created_at(self, account: AdvertiserId) -> datetime:
        """Since when there is a row of this account."""
        return min(row.created_at for row in self.rows if row.account == account)

    def tokens(self, access: Sealed, refresh: Sealed | None, now: datetime) -> Tokens:
        """Its tokens under our seal. How long they live is assumed, and recorded so.

        The year counts from the consent. Where that year is over and the tokens were renewed since, it must have begun anew.
        """
        consented_at = min(row.created_at for row in self.rows)
        if refresh is None:
            return LongTerm(access, consented_at)
        expires_at = min(self.newest.access_expires_at, now + ASSUMED_ACCESS_LIFE)
        issued_at = expires_at - ASSUMED_ACCESS_LIFE
        year_ends = consented_at + ASSUMED_REFRESH_LIFE
        if year_ends <= expires_at:
            year_ends = issued_at + ASSUMED_REFRESH_LIFE
        return Expiring(access, refresh, issued_at, expires_at, year_ends, assumed=True)


def consents_of(connections: Iterable[OldConnection]) -> list[OldConsent]:
    """The consents behind the rows of one owner, the most recently renewed first.

    Of an account with several rows the one whose access token ends last counts. Rows with equal refresh tokens are one consent.
    Different ones may be one consent too, of which some rows were renewed: only the platform can tell.
    """
    newest_first = sorted(connections, key=lambda row: (row.access_expires_at, row.created_at, row.id), reverse=True)
    of_account: dict[AdvertiserId, list[OldConnection]] = {}
    for row in newest_first:
        of_account.setdefault(row.account, []).append(row)
    of_pair: dict[Secret, list[list[OldConnection]]] = {}
    for rows in of_account.values():
        of_pair.setdefault(rows[0].pair, []).append(rows)
    return [
        OldConsent(tuple(rows[0] for rows in accounts), tuple(row for rows in accounts for row in rows[1:]))
        for accounts in of_pair.values()
    ]


def access_end(told: datetime | None, last_written: datetime) -> datetime:
    """When an access token ends: as its row says, else a life after the row was last written."""
    return told or last_written + ASSUMED_ACCESS_LIFE
