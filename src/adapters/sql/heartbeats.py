"""Signs of life as rows."""

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, insert, select, update

from adapters.sql import tables
from adapters.sql.bulk_writes import upsert
from adapters.sql.database import Database, time_of
from application.ports.clock import Clock
from application.ports.heartbeats import REMEMBERED

NOBODY = ""
"""The host of the row by which a work is reserved."""


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
        newest, _ = self._newest(component)
        return newest

    def hosts(self, component: str, within: timedelta) -> tuple[str, ...]:
        row = tables.heartbeats.c
        with self._database.reading() as connection:
            since = time_of(connection, self._clock) - within
            alive = select(row.host).where(row.component == component, row.host != NOBODY, row.beaten_at >= since)
            return tuple(connection.scalars(alive.distinct().order_by(row.host)))

    def age(self, component: str) -> timedelta | None:
        newest, now = self._newest(component)
        return max(now - newest, timedelta()) if newest else None

    def reserve(self, work: str, *, for_at_most: timedelta) -> bool:
        place = {"component": work, "host": NOBODY, "pid": 0}
        row = tables.heartbeats.c
        with self._database.changing() as connection:
            now = time_of(connection, self._clock)
            mine = upsert(connection, tables.heartbeats).values(**place, beaten_at=now)
            reserved = mine.on_conflict_do_update(
                index_elements=list(place), set_={"beaten_at": now}, where=row.beaten_at <= now - for_at_most
            )
            mine_now = connection.execute(reserved.returning(row.component)).first() is not None
            connection.commit()
        return mine_now

    def release(self, work: str) -> None:
        row = tables.heartbeats.c
        with self._database.changing() as connection:
            connection.execute(delete(tables.heartbeats).where(row.component == work, row.host == NOBODY))
            connection.commit()

    def _newest(self, component: str) -> tuple[datetime | None, datetime]:
        row = tables.heartbeats.c
        with self._database.reading() as connection:
            newest = connection.scalar(select(func.max(row.beaten_at)).where(row.component == component, row.host != NOBODY))
            now = time_of(connection, self._clock)
        return (newest if newest and newest > now - REMEMBERED else None), now
