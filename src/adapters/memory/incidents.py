"""Mass refusals over a database of this process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from adapters.memory.database import MemoryDatabase, copy_of
from application.ports.incidents import Incident
from domain.grant import Grant
from domain.health import Active, Degraded, NeedsReauth
from domain.ids import AppId, AttemptId
from domain.mass_refusal import RefusalTally
from domain.tokens import Expiring, LongTerm

TAKEN_BACK = AttemptId("taken back")
"""In the place of an attempt whose outcome no longer counts."""


@dataclass(slots=True)
class MemoryIncidents:
    """Open incidents by app; the figures are read from the grants themselves, of those that were settled since."""

    database: MemoryDatabase
    _open: dict[AppId, Incident] = field(default_factory=dict)
    _sent: dict[AppId, datetime] = field(default_factory=dict)

    def tally(self, app: AppId, since: datetime) -> RefusalTally:
        with self.database.lock:
            grants = [g for g in self.database.answer().grants.settled_since(since) if g.app == app]
        refused = sum((at := g.schedule.refused_at) is not None and at >= since and not g.schedule.in_doubt for g in grants)
        return RefusalTally(refused + sum(went_well(g, since) for g in grants), refused)

    def current(self, app: AppId) -> Incident | None:
        return self._open.get(app)

    def open(self, app: AppId, now: datetime, since: datetime) -> int:
        with self.database.lock:
            rows = self.database.answer()
            self._open.setdefault(app, Incident(app, now))
            self._sent.setdefault(app, now)
            hit = [
                g
                for g in rows.grants.values()
                if g.app == app
                and isinstance(g.health, Degraded | NeedsReauth)
                and g.schedule.refused_at is not None
                and g.schedule.refused_at >= since
            ]
            for grant in hit:
                spared = copy_of(grant)
                under_way = grant.schedule.attempt and replace(grant.schedule.attempt, id=TAKEN_BACK)
                spared.health, spared.schedule = Active(), replace(grant.schedule, due_at=now, attempt=under_way)
                rows.grants[grant.id] = spared
            return len(hit)

    def may_send(self, app: AppId, now: datetime, every: timedelta) -> bool:
        with self.database.lock:
            last = self._sent.get(app)
            if last is not None and now - last < every:
                return False
            self._sent[app] = now
            return True

    def close(self, app: AppId, now: datetime) -> None:
        with self.database.lock:
            rows = self.database.answer()
            incident = self._open.pop(app, None)
            self._sent.pop(app, None)
            for grant in list(rows.grants.values()) if incident else ():
                at = grant.schedule.refused_at
                if grant.app == app and incident and at is not None and isinstance(grant.health, Active):
                    due = copy_of(grant)
                    due.schedule = replace(grant.schedule, due_at=now)
                    rows.grants[grant.id] = due


def went_well(grant: Grant, since: datetime) -> bool:
    """Whether it was renewed since then or, with a token without an end, looked at and found alive."""
    if isinstance(grant.tokens, LongTerm):
        settled_at = grant.schedule.settled_at
        return settled_at is not None and settled_at >= since and grant.schedule.last_failure is None
    return isinstance(grant.tokens, Expiring) and grant.generation > 1 and grant.tokens.issued_at >= since
