"""What processes report of their keys, as rows."""

from datetime import datetime

from sqlalchemy import and_, delete, or_, select

from adapters.sql import tables
from adapters.sql.bulk_writes import put_many
from adapters.sql.database import Database, time_of
from application.ports.clock import Clock
from domain.key_use import JOURNAL_REMEMBERED, REPORT_REMEMBERED, KeyReport, ProcessKeys

row = tables.key_reports.c


class SqlKeyReports:
    """A row a process, dated by the database's clock unless one is given."""

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self._database, self._clock = database, clock

    def report(self, process: str, keys: ProcessKeys) -> None:
        with self._database.changing() as connection:
            now = time_of(connection, self._clock)
            report = {"process": process, "at": now, "holds": bool(keys.journal_seals), "keys": keys}
            put_many(connection, tables.key_reports, [report])
            silent = and_(~row.holds, row.at < now - REPORT_REMEMBERED)
            connection.execute(delete(tables.key_reports).where(or_(silent, row.at < now - JOURNAL_REMEMBERED)))
            connection.commit()

    def withdraw(self, process: str) -> None:
        with self._database.changing() as connection:
            connection.execute(delete(tables.key_reports).where(row.process == process, ~row.holds))
            connection.commit()

    def all(self) -> tuple[datetime, tuple[KeyReport, ...]]:
        with self._database.reading() as connection:
            rows = connection.execute(select(tables.key_reports).order_by(row.process)).all()
            now = time_of(connection, self._clock)
        return now, tuple(KeyReport(r.process, r.keys, r.at) for r in rows)
