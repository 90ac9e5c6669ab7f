"""The figures of the fleet, from grants in memory."""

from collections import Counter
from datetime import datetime, timedelta

from adapters.memory.database import MemoryDatabase
from adapters.memory.grant_table import waits_in_line
from adapters.memory.owner_tallies import MemoryOwnerTallies
from application.ports.fleet import HEALTH_WORDS, HORIZONS, FleetView, GrantCount
from domain.grant import Grant
from domain.grant_health import Active, Degraded
from domain.owner_tally import ALARM_WINDOW
from domain.tokens import Expiring


class MemoryFleet:
    """The figures of the fleet, counted one by one."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def counts(self, now: datetime, *, overdue_after: timedelta) -> FleetView:
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
            )


def is_due(grant: Grant, now: datetime, *, strictly: bool = False) -> bool:
    """Whether it was due at that time, or before it."""
    due_at = grant.schedule.due_at
    return due_at is not None and (due_at < now or (due_at == now and not strictly))


def is_at_risk(grant: Grant, now: datetime, within: timedelta) -> bool:
    """Whether its access token may end within this time, unrenewed."""
    if not isinstance(grant.tokens, Expiring) or grant.tokens.access_expires_at > now + within:
        return False
    return is_due(grant, now) or grant.schedule.failures > 0 or isinstance(grant.health, Degraded)
