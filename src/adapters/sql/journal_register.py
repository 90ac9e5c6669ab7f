"""The register of the hosts' journals as rows."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, delete, func, select

from adapters.sql import tables
from adapters.sql.bulk_writes import put_many, upsert
from adapters.sql.database import Database, time_of
from application.ports.clock import Clock
from application.ports.journal_register import Drained, Undrained, left_undrained, machine_of


class SqlJournalRegister:
    """A row for each journal on each host, beside what claims find (`note_lost`)."""

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self._database, self._clock = database, clock

    def drained(self, journal: str, host: str) -> None:
        with self._database.changing() as connection:
            now, row = time_of(connection, self._clock), tables.journals.c
            report = {"name": journal, "host": machine_of(host), "drained_at": now, "known_at": now}
            changed = {
                "drained_at": now,
                "known_at": now,
                "older_at": case((by_an_older_one(), row.drained_at), else_=row.older_at),
            }
            putting = upsert(connection, tables.journals).values(**report)
            connection.execute(putting.on_conflict_do_update(index_elements=["name", "host"], set_=changed))
            connection.commit()

    def older_at(self) -> datetime | None:
        row = tables.journals.c
        with self._database.reading() as connection:
            last = select(func.max(row.drained_at)).where(by_an_older_one())
            times = [connection.scalar(last), connection.scalar(select(func.max(row.older_at)))]
        return max(filter(None, times), default=None)

    def undrained(self, since: datetime) -> tuple[Undrained, ...]:
        with self._database.reading() as connection:
            lost_rows = connection.execute(select(tables.lost_claims).where(tables.lost_claims.c.found_at >= since))
            lost = {row.host: row.found_at for row in lost_rows}
            reports = [Drained(row.name, row.host, row.drained_at) for row in connection.execute(select(tables.journals))]
        return left_undrained(lost, reports)

    def forget(self, before: datetime) -> int:
        old = (
            delete(tables.journals).where(tables.journals.c.drained_at < before),
            delete(tables.lost_claims).where(tables.lost_claims.c.found_at < before),
        )
        with self._database.changing() as connection:
            forgotten = sum(connection.execute(notes).rowcount for notes in old)
            connection.commit()
        return forgotten


def by_an_older_one() -> ColumnElement[bool]:
    """Whether a row was last written by a version that leaves `known_at` as it was."""
    return tables.journals.c.known_at.is_distinct_from(tables.journals.c.drained_at)


def note_lost(connection: Connection, hosts: Iterable[str], now: datetime) -> None:
    """Note in a claim's transaction that claims of these hosts were found without outcome."""
    rows = [{"host": machine, "found_at": now} for machine in sorted(set(map(machine_of, hosts)))]
    if rows:
        put_many(connection, tables.lost_claims, rows)
