"""Incidents as rows."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlalchemy import and_, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql import tables
from adapters.sql.database import Database
from adapters.sql.rows import health_columns
from application.ports.claims import TokenModel
from application.ports.incidents import Incident
from domain.health import Active
from domain.ids import AppId
from domain.mass_refusal import RefusalTally

FRESH = timedelta(seconds=1)
"""How old the answer to `current` may be, which is asked at every rotation."""

TAKEN_BACK = "taken back"
"""In the place of an attempt whose outcome no longer counts."""

row = tables.grants.c
HARMED = and_(row.health.in_(["degraded", "needs_reauth"]), row.refused_at.is_not(None))


class SqlIncidents:
    """Open incidents as rows; the figures are read from the grants themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = postgresql.insert if database.is_postgres else sqlite.insert
        self._seen: dict[AppId, tuple[float, Incident | None]] = {}

    def tally(self, app: AppId, since: datetime) -> RefusalTally:
        refused = and_(row.app == app, row.refused_at.is_not(None), row.refused_at >= since, ~row.in_doubt)
        rotated = and_(row.app == app, row.kind == TokenModel.EXPIRING.value, row.issued_at >= since, row.generation > 1)
        alive = and_(row.app == app, row.kind == TokenModel.LONG_TERM.value, row.settled_at >= since, row.last_failure.is_(None))
        counting = select(func.count()).select_from(tables.grants)
        with self._database.reading() as connection:
            refusals, rotations, readiness_checks = (
                connection.scalar(counting.where(which)) or 0 for which in (refused, rotated, alive)
            )
            return RefusalTally(refusals + rotations + readiness_checks, refusals)

    def current(self, app: AppId) -> Incident | None:
        asked_at = time.monotonic()
        if app in self._seen and asked_at < self._seen[app][0] + FRESH.total_seconds():
            return self._seen[app][1]
        with self._database.reading() as connection:
            opened_at = connection.scalar(select(tables.incidents.c.opened_at).where(tables.incidents.c.app == app))
        incident = Incident(app, opened_at) if opened_at else None
        self._seen[app] = asked_at, incident
        return incident

    def open(self, app: AppId, now: datetime, since: datetime) -> int:
        harmed = select(row.id).where(HARMED, row.app == app, row.refused_at >= since).order_by(row.id).with_for_update()
        under_way = case((row.attempt_id.is_not(None), TAKEN_BACK))
        healed = {**health_columns(Active()), "attempt_id": under_way, "due_at": now}
        with self._database.changing() as connection:
            note = self._insert(tables.incidents).values(app=app, opened_at=now, sent_at=now)
            connection.execute(note.on_conflict_do_nothing())
            changed = connection.execute(update(tables.grants).where(row.id.in_(harmed)).values(healed)).rowcount
            connection.commit()
        self._seen.pop(app, None)
        return changed

    def may_send(self, app: AppId, now: datetime, every: timedelta) -> bool:
        mine = and_(tables.incidents.c.app == app, tables.incidents.c.sent_at <= now - every)
        with self._database.changing() as connection:
            won = connection.execute(update(tables.incidents).where(mine).values(sent_at=now)).rowcount == 1
            connection.commit()
        return won

    def close(self, app: AppId, now: datetime) -> None:
        spared = and_(row.app == app, row.refused_at.is_not(None), row.health == "active")
        waiting = select(row.id).where(spared).order_by(row.id).with_for_update()
        with self._database.changing() as connection:
            if connection.execute(delete(tables.incidents).where(tables.incidents.c.app == app)).rowcount:
                connection.execute(update(tables.grants).where(row.id.in_(waiting)).values(due_at=now))
            connection.commit()
        self._seen.pop(app, None)
