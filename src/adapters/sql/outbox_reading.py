"""Reading the outbox: facts are given their places by who reads, once they are committed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, get_args

import msgspec
from sqlalchemy import Connection, Row, Select, bindparam, delete, func, insert, select, update

from adapters.sql import tables
from adapters.sql.database import Database
from application.ports.outbox_reading import Fact
from domain.events import Event

PLACED_AT_ONCE = 1000

ADVISORY_LOCK = 0x6F75_7462_6F78
"""The name of the lock under which facts are given their places: any number that nobody else uses, here "outbox" in ASCII."""

KINDS = {kind.__name__: kind for kind in get_args(Event)}

row, cursors, marks = tables.outbox.c, tables.outbox_cursors.c, tables.outbox_marks.c


class SqlOutboxFeed:
    """Rows get their ids when they are stored, and are seen when they are committed, which may be in another order. So a reader
    first gives those that have no place yet the next ones, alone; a row that is seen late comes after those that were read.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, consumer: str, *, limit: int) -> list[Fact]:
        self._place()
        with self._database.reading() as connection:
            behind = select(tables.outbox).where(row.position > cursor_of(connection, consumer))
            return [fact_of(found) for found in connection.execute(behind.order_by(row.position).limit(limit))]

    def since(self, at: datetime, *, after: int, limit: int) -> list[Fact]:
        self._place()
        with self._database.reading() as connection:
            later = select(tables.outbox).where(row.position > after, row.at >= at)
            return [fact_of(found) for found in connection.execute(later.order_by(row.position).limit(limit))]

    def passed(self, consumer: str, position: int) -> None:
        with self._database.changing() as connection:
            move_cursor(connection, consumer, position)
            connection.commit()

    def mark(self, consumers: Collection[str], now: datetime) -> None:
        with self._database.changing() as connection:
            for found in connection.execute(select(tables.outbox_cursors).where(cursors.consumer.in_(sorted(consumers)))).all():
                connection.execute(insert(tables.outbox_marks).values(consumer=found.consumer, at=now, position=found.position))
            connection.commit()

    def prune(self, consumers: Collection[str], before: datetime, *, limit: int) -> int:
        with self._database.changing() as connection:
            if consumers:
                passed_by_all = min(forget_marks(connection, consumer, before) for consumer in sorted(consumers))
                some = select(row.id).where(row.position <= passed_by_all).order_by(row.position).limit(limit)
                gone = list(connection.scalars(some))
            else:
                oldest = connection.execute(select(row.id, row.at).order_by(row.id).limit(limit)).all()
                gone = [found.id for found in oldest if found.at < before]
            if gone:
                connection.execute(delete(tables.outbox).where(row.id.in_(gone)))
            connection.commit()
        return len(gone)

    def _place(self) -> None:
        """Give the rows without a place the next ones, in the order of their ids."""
        with self._database.reading() as connection:
            if connection.execute(unplaced(limit=1)).first() is None:
                return
        with self._database.changing() as connection:
            if self._database.is_postgres:
                connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
            last = last_place(connection)
            while ids := list(connection.scalars(unplaced(limit=PLACED_AT_ONCE))):
                place = update(tables.outbox).where(row.id == bindparam("of")).values(position=bindparam("place"))
                connection.execute(place, [{"of": of, "place": last + n} for n, of in enumerate(ids, start=1)])
                last += len(ids)
            connection.commit()


def unplaced(*, limit: int) -> Select[Any]:
    """Rows that nobody has given a place yet; the literal condition is that of their index."""
    return select(row.id).where(tables.UNPLACED).order_by(row.id).limit(limit)


def last_place(connection: Connection) -> int:
    """The highest place that anybody may have heard of, also where its row is gone."""
    places = (connection.scalar(select(func.max(column))) for column in (row.position, cursors.position))
    return max(place or 0 for place in places)


def cursor_of(connection: Connection, consumer: str) -> int:
    """Up to where a consumer is done."""
    return connection.scalar(select(cursors.position).where(cursors.consumer == consumer)) or 0


def move_cursor(connection: Connection, consumer: str, position: int) -> None:
    """A consumer is done with all up to there. Its cursor never goes back."""
    mine = cursors.consumer == consumer
    forward = update(tables.outbox_cursors).where(mine, cursors.position < position).values(position=position)
    if not connection.execute(forward).rowcount and connection.scalar(select(cursors.position).where(mine)) is None:
        connection.execute(insert(tables.outbox_cursors).values(consumer=consumer, position=position))


def forget_marks(connection: Connection, consumer: str, before: datetime) -> int:
    """Where the consumer was at this time, by its last mark until then; the marks before that one go."""
    until = (marks.consumer == consumer, marks.at < before)
    last = connection.execute(select(tables.outbox_marks).where(*until).order_by(marks.at.desc()).limit(1)).first()
    if last is None:
        return 0
    connection.execute(delete(tables.outbox_marks).where(marks.consumer == consumer, marks.at < last.at))
    return int(last.position)


def fact_of(found: Row[Any]) -> Fact:
    """A row as the fact that it was."""
    try:
        event = msgspec.json.decode(found.payload, type=KINDS[found.type])
    except (KeyError, msgspec.MsgspecError):
        event = None
    return Fact(found.id, found.position, event)
