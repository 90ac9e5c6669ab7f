"""The figures of the fleet, from grants in memory."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from adapters.memory.database import MemoryDatabase
from adapters.memory.grant_table import waits_in_line
from adapters.memory.owner_tallies import MemoryOwnerTallies
from application.ports.fleet import HEALTH_WORDS, HORIZONS, YEAR_ENDS, FleetView, GrantCount, ReasonCount, ends_within
from domain.grant import Grant
from domain.grant_health import Active, Degraded, NeedsReauth
from domain.owner_tally import ALARM_WINDOW
from domain.tokens import Expiring

TROUBLED = Degraded | NeedsReauth


class MemoryFleet:
    """The figures of the fleet, counted one by one."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def counts(self, now: datetime, *, overdue_after: timedelta, totals_may_be: timedelta = timedelta(0)) -> FleetView:
        with self._database.lock:
            rows, tallies = self._database.answer(), MemoryOwnerTallies(self._database)
            grants = list(rows.grants.values())
            by_health = Counter((g.app, HEALTH_WORDS[type(g.health)]) for g in grants)
            served = [g for g in grants if isinstance(g.health, Active | Degraded)]
            rotatable = [g for g in grants if not waits_in_line(g)]
            return FleetView(
                at=now,
                grants=tuple(GrantCount(app, health, count) for (app, health), count in sorted(by_health.items())),
                due=sum(is_due(g, now) for g in rotatable),
                overdue=sum(is_due(g, now - overdue_after, strictly=True) for g in rotatable),
                in_doubt=sum(g.schedule.in_doubt and isinstance(g.health, Active) for g in served),
                at_risk=tuple((h, sum(is_at_risk(g, now, h) for g in served)) for h in HORIZONS),
                pending_revocations=len(rows.revocations),
                open_offers=sum(o.open(now) for o in rows.offers.values()),
                connections=sum(len(g.connections) for g in grants),
                answered=tuple((app, tallies.since(app, now - ALARM_WINDOW)) for app in sorted({g.app for g in grants})),
                reasons=reasons_of(grants),
                oldest_due_at=min((at for g in rotatable if is_due(g, now) and (at := g.schedule.due_at)), default=None),
                sustainable=len(
                    expiring := [g.tokens for g in served if isinstance(g.tokens, Expiring) and isinstance(g.health, Active)]
                ),
                lapsed=sum(tokens.access_expires_at <= now for tokens in expiring),
                year_ends=tuple((span, sum(year_ends_within(g, span, now) for g in served)) for span in YEAR_ENDS),
            )


def reasons_of(grants: Iterable[Grant]) -> tuple[ReasonCount, ...]:
    """Degraded grants and those in need of a person, by reason."""
    troubled = ((g.app, HEALTH_WORDS[type(g.health)], g.health.reason.value) for g in grants if isinstance(g.health, TROUBLED))
    return tuple(ReasonCount(*which, count) for which, count in sorted(Counter(troubled).items()))


def year_ends_within(grant: Grant, span: timedelta, now: datetime) -> bool:
    """Whether its refresh token ends within this time, and anything is connected by it."""
    tokens = grant.tokens
    return isinstance(tokens, Expiring) and bool(grant.connections) and tokens.refresh_expires_at <= now + span


def is_due(grant: Grant, now: datetime, *, strictly: bool = False) -> bool:
    """Whether it was due at that time, or before it."""
    due_at = grant.schedule.due_at
    return due_at is not None and (due_at < now or (due_at == now and not strictly))


def is_at_risk(grant: Grant, now: datetime, within: timedelta) -> bool:
    """Whether its access token may end within this time, unrenewed."""
    if not isinstance(grant.tokens, Expiring) or not ends_within(grant.tokens, within, now):
        return False
    return is_due(grant, now) or grant.schedule.failures > 0 or isinstance(grant.health, Degraded)
