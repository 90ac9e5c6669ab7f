"""The port for operators' figures of the whole fleet."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.grant_health import Active, Degraded, NeedsReauth, Revoked, Superseded
from domain.ids import AppId
from domain.owner_tally import OwnerTally

HEALTH_WORDS = {
    Active: "active",
    Degraded: "degraded",
    NeedsReauth: "needs_reauth",
    Revoked: "revoked",
    Superseded: "superseded",
}

HORIZONS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=12))
"""How far ahead tokens at risk are counted."""


@dataclass(frozen=True, slots=True)
class GrantCount:
    """How many grants of one app are in one state of health, one of `HEALTH_WORDS`."""

    app: AppId
    health: str
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
    due, failing or degraded."""
    pending_revocations: int
    open_offers: int
    connections: int
    answered: tuple[tuple[AppId, OwnerTally], ...] = ()
    """By app: whose refreshes were answered within `domain.owner_tally.ALARM_WINDOW`, and how."""


class Fleet(Protocol):
    """Figures for people; they may cost a look at every grant. Raises StoreUnavailable when the store is away."""

    def counts(self, now: datetime, *, overdue_after: timedelta) -> FleetView:
        """Count everything as of `now`. Overdue: due for longer than `overdue_after` (two sweeps, say)."""
