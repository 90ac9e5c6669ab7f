"""The pause of all calls to the platform, as a row."""

from sqlalchemy import delete, select

from adapters.sql import tables
from adapters.sql.bulk_writes import upsert
from adapters.sql.database import Database, time_of
from application.ports.clock import Clock
from domain.pause import Pause

THE_ROW = 1

row = tables.pauses.c


class SqlPauseRecord:
    """The pause as one row, or none. Dated by the database's clock unless one is given."""

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self._database, self._clock = database, clock

    def read(self) -> Pause | None:
        with self._database.reading() as connection:
            pause = connection.execute(select(row.since, row.by)).first()
        return Pause(pause.since, pause.by) if pause else None

    def begin(self, by: str) -> Pause:
        with self._database.changing() as connection:
            pause = upsert(connection, tables.pauses).values(number=THE_ROW, since=time_of(connection, self._clock), by=by)
            connection.execute(pause.on_conflict_do_nothing())
            stored = connection.execute(select(row.since, row.by)).one()
            connection.commit()
        return Pause(stored.since, stored.by)

    def end(self) -> Pause | None:
        with self._database.changing() as connection:
            ended = connection.execute(delete(tables.pauses).returning(row.since, row.by)).first()
            connection.commit()
        return Pause(ended.since, ended.by) if ended else None
