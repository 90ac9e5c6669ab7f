"""Signs of life as rows."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, insert, select, update

from adapters.sql import tables
from adapters.sql.database import Database, time_of
from application.ports.system import Clock

REMEMBERED = timedelta(days=1)


class SqlHeartbeats:
    """Signs of life as rows, dated by the database's clock unless one is given."""

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self._database, self._clock = database, clock

    def beat(self, component: str, host: str, pid: int) -> None:
        row = tables.heartbeats.c
        me = and_(row.component == component, row.host == host, row.pid == pid)
        with self._database.writing() as connection:
            now = time_of(connection, self._clock)
            if not connection.execute(update(tables.heartbeats).where(me).values(beaten_at=now)).rowcount:
                connection.execute(insert(tables.heartbeats).values(component=component, host=host, pid=pid, beaten_at=now))
                connection.execute(delete(tables.heartbeats).where(row.beaten_at < now - REMEMBERED))
            connection.commit()

    def latest(self, component: str) -> datetime | None:
        row = tables.heartbeats.c
        with self._database.reading() as connection:
            newest = connection.scalar(select(func.max(row.beaten_at)).where(row.component == component))
            return newest if newest and newest > time_of(connection, self._clock) - REMEMBERED else None
