"""The port for operators' figures of the whole fleet."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.due_times import urgent_at
from domain.grant_health import Active, Degraded, NeedsReauth, Revoked, Superseded
from domain.ids import AppId
from domain.owner_tally import OwnerTally
from domain.tokens import Expiring

HEALTH_WORDS = {
    Active: "active",
    Degraded: "degraded",
    NeedsReauth: "needs_reauth",
    Revoked: "revoked",
    Superseded: "superseded",
}

HORIZONS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=12))
"""How far ahead tokens at risk are counted, of tokens that live a day or longer."""

YEAR_ENDS = (timedelta(days=3), timedelta(days=14), timedelta(days=30), timedelta(days=60))
"""How far ahead ends of refresh tokens are counted."""


@dataclass(frozen=True, slots=True)
class GrantCount:
    """How many grants of one app are in one state of health, one of `HEALTH_WORDS`."""

    app: AppId
    health: str
    grants: int


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many grants of one app are in one state of health for one reason, a word of `domain.outcomes.Reason` or empty."""

    app: AppId
    health: str
    reason: str
    grants: int


@dataclass(frozen=True, slots=True)
class FleetView:
    """The fleet at one moment. Due and overdue leave out what was refused and waits in line to be sent again."""

    at: datetime
    grants: tuple[GrantCount, ...]
    """By app, then health; combinations without a grant are left out."""
    due: int
    overdue: int
    in_doubt: int
    """Active ones whose refresh token may be spent; once that was refused, a grant is degraded instead."""
    at_risk: tuple[tuple[timedelta, int], ...]
    """For each of `HORIZONS`: access tokens that end within it (or did) and of whose renewal nobody can be sure: they are
    due, failing or degraded. Of a token that lives less than a day the horizon is as much smaller (`ends_within`)."""
    pending_revocations: int
    open_offers: int
    connections: int
    answered: tuple[tuple[AppId, OwnerTally], ...] = ()
    """By app: whose refreshes were answered within `domain.owner_tally.ALARM_WINDOW`, and how."""
    reasons: tuple[ReasonCount, ...] = ()
    """Degraded grants and those in need of a person, by app, health and reason."""
    oldest_due_at: datetime | None = None
    """When the grant became due that waits longest of those counted in `due`."""
    sustainable: int = 0
    """Active grants with access tokens that expire: each ought to have a valid one at any time."""
    lapsed: int = 0
    """Of these, grants whose access token is over."""
    year_ends: tuple[tuple[timedelta, int], ...] = ()
    """For each of `YEAR_ENDS`: grants with connections whose refresh token ends within it."""


class Fleet(Protocol):
    """Figures for people; they cost what is told, but for the totals. Raises StoreUnavailable when the store is away."""

    def counts(self, now: datetime, *, overdue_after: timedelta, totals_may_be: timedelta = timedelta(0)) -> FleetView:
        """Count everything as of `now`. Overdue: due for longer than `overdue_after` (two sweeps, say).

        `totals_may_be`: how old the numbers of active grants and of connections may be, which grow with the fleet.
        """


def ends_within(tokens: Expiring, horizon: timedelta, now: datetime) -> bool:
    """Whether an access token ends within the horizon or did: within as many times its last hour as that has hours.

    The last hour of a token that lives less than a day is a twenty-fourth of its life (`domain.due_times.urgent_at`).
    """
    last_hour = tokens.access_expires_at - urgent_at(tokens)
    return tokens.access_expires_at - last_hour * (horizon / timedelta(hours=1)) <= now
