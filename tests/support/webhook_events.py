"""Events as they are told outside."""

from __future__ import annotations

from datetime import date

from domain.advertiser import Standing
from domain.events import (
    AccountDisconnected,
    AccountFound,
    AccountLost,
    AccountsConnected,
    AccountStandingChanged,
    Event,
    GrantDegraded,
    GrantRecovered,
    ReauthorisationRequired,
    RefreshTokenEnding,
    SpendImported,
    TokensRotated,
)
from domain.grant import Grant
from domain.ids import ConnectionId
from domain.outcomes import Reason
from support.builders import HOUR


def an_event_of_each_type(grant: Grant) -> dict[str, Event]:
    """One event of each type that is told outside."""
    whose, at, one = (grant.id, grant.owner), grant.created_at, next(iter(grant.connections))
    return {
        "accounts.connected": AccountsConnected(*whose, tuple(grant.connections), at=at),
        "account.disconnected": AccountDisconnected(*whose, ConnectionId("gone"), at=at),
        "account.lost": AccountLost(*whose, one, at=at),
        "account.gained": AccountFound(*whose, one, at=at),
        "account.suspended": AccountStandingChanged(*whose, one, Standing.PUNISHED, at=at),
        "account.reopened": AccountStandingChanged(*whose, one, Standing.OPEN, at=at),
        "tokens.rotated": TokensRotated(*whose, 2, at=at),
        "grant.degraded": GrantDegraded(*whose, Reason.REFRESH_TOKEN_REFUSED, at + HOUR, at=at),
        "grant.recovered": GrantRecovered(*whose, 3, at=at),
        "reauthorisation.required": ReauthorisationRequired(*whose, Reason.KEY_LOST, at=at),
        "refresh_token.expiring": RefreshTokenEnding(*whose, 60, at + 60 * 24 * HOUR, at=at),
        "spend.imported": SpendImported(*whose, one, date(2030, 1, 1), date(2030, 1, 7), at=at),
    }
