"""Messages to the webhook receiver as rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, select, update

from adapters.sql import tables
from adapters.sql.bulk_writes import add_many, put_many
from adapters.sql.database import Database, time_of
from adapters.sql.grant_rows import Columns
from adapters.sql.outbox_reading import cursor_of, move_cursor
from application.ports.clock import Clock
from application.ports.webhook_queue import Attempted, DeadLetter, Delivered, GivenUp, PutOff, QueueStanding, TakenMessage
from domain.ids import GrantId
from domain.webhook_payloads import WebhookMessage

ADVISORY_LOCK = 0x7765_6268_6F6F
"""The name of the lock under which a grant's next message is found: any number that nobody else uses, "webhoo" in ASCII."""

row = tables.webhook_messages.c


class SqlWebhookQueue:
    """Of each grant the first row alone has a time at which it is due: the others are not looked at, however many wait.

    Dated by the database's clock unless one is given.
    """

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self._database, self._clock = database, clock

    def add(self, consumer: str, messages: Sequence[WebhookMessage], *, position: int) -> None:
        with self._database.changing() as connection:
            self._lock(connection)
            queued = cursor_of(connection, consumer)
            new = [message for message in messages if message.position > queued]
            now = time_of(connection, self._clock)
            known = set(connection.scalars(select(row.id).where(row.id.in_([message.id for message in new]))))
            if rows := [columns_of(message, now) for message in new if message.id not in known]:
                add_many(connection, tables.webhook_messages, rows)
            move_cursor(connection, consumer, position)
            appoint_next(connection, (message.grant for message in new), now)
            connection.commit()

    def add_again(self, messages: Sequence[WebhookMessage]) -> None:
        if not messages:
            return
        with self._database.changing() as connection:
            self._lock(connection)
            now = time_of(connection, self._clock)
            put_many(connection, tables.webhook_messages, [columns_of(message, now) for message in messages])
            appoint_next(connection, (message.grant for message in messages), now)
            connection.commit()

    def take_due(self, *, limit: int, lease: timedelta) -> list[TakenMessage]:
        with self._database.changing() as connection:
            now = time_of(connection, self._clock)
            due = select(tables.webhook_messages).where(row.due_at <= now).order_by(row.due_at, row.position, row.part)
            found = connection.execute(due.limit(limit).with_for_update(skip_locked=True)).all()
            if not found:
                return []
            mine = update(tables.webhook_messages).where(row.id.in_([one.id for one in found]))
            connection.execute(mine.values(due_at=now + lease, attempts=row.attempts + 1))
            connection.commit()
        return [TakenMessage(message_of(one), one.attempts + 1, one.queued_at) for one in found]

    def settle(self, attempted: Sequence[Attempted]) -> None:
        if not attempted:
            return
        with self._database.changing() as connection:
            self._lock(connection)
            now = time_of(connection, self._clock)
            for one in attempted:
                still_mine = and_(row.id == one.taken.message.id, row.attempts == one.taken.attempts, tables.WAITING)
                match one.outcome:
                    case Delivered():
                        connection.execute(delete(tables.webhook_messages).where(still_mine))
                    case PutOff(until=until):
                        change(connection, still_mine, due_at=until)
                    case GivenUp():
                        change(connection, still_mine, due_at=None, given_up_at=now)
            appoint_next(connection, (one.taken.message.grant for one in attempted), now)
            connection.commit()

    def revive(self, since: datetime) -> int:
        with self._database.changing() as connection:
            self._lock(connection)
            now = time_of(connection, self._clock)
            begun_anew = {"given_up_at": None, "attempts": 0, "queued_at": now}
            again = update(tables.webhook_messages).where(tables.DEAD, row.at >= since).values(begun_anew)
            grants = list(connection.scalars(again.returning(row.grant_id)))
            appoint_next(connection, grants, now)
            connection.commit()
        return len(grants)

    def dead_letters(self, *, limit: int) -> list[DeadLetter]:
        newest = select(tables.webhook_messages).where(tables.DEAD).order_by(row.given_up_at.desc(), row.position, row.part)
        with self._database.reading() as connection:
            found = connection.execute(newest.limit(limit)).all()
        return [DeadLetter(message_of(one), one.attempts, one.given_up_at) for one in found]

    def standing(self) -> QueueStanding:
        count = select(func.count()).select_from(tables.webhook_messages)
        with self._database.reading() as connection:
            return QueueStanding(
                waiting=connection.scalar(count.where(tables.WAITING)) or 0,
                oldest_queued_at=connection.scalar(select(func.min(row.queued_at)).where(tables.WAITING)),
                dead_letters=connection.scalar(count.where(tables.DEAD)) or 0,
            )

    def forget(self, before: datetime, *, limit: int) -> int:
        return self._forget(and_(tables.DEAD, row.given_up_at < before), row.given_up_at, limit)

    def forget_waiting(self, before: datetime, *, limit: int) -> int:
        return self._forget(and_(tables.WAITING, row.queued_at < before), row.queued_at, limit)

    def _forget(self, which: ColumnElement[bool], order: ColumnElement[Any], limit: int) -> int:
        with self._database.changing() as connection:
            self._lock(connection)
            old = connection.execute(select(row.id, row.grant_id).where(which).order_by(order).limit(limit)).all()
            connection.execute(delete(tables.webhook_messages).where(row.id.in_([one.id for one in old])))
            appoint_next(connection, (one.grant_id for one in old), time_of(connection, self._clock))
            connection.commit()
        return len(old)

    def _lock(self, connection: Connection) -> None:
        """One at a time finds out who is next: else one is added behind another that is just being deleted, and never goes."""
        if self._database.is_postgres:
            connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))


def appoint_next(connection: Connection, grants: Iterable[GrantId], now: datetime) -> None:
    """Have the first waiting message of each of these grants due, now unless it has a time, and no other of theirs."""
    for grant in sorted(set(grants)):
        its = and_(row.grant_id == grant, tables.WAITING)
        first = connection.execute(select(row.id, row.due_at).where(its).order_by(row.position, row.part).limit(1)).first()
        if first is not None:
            change(connection, and_(its, tables.NEXT, row.id != first.id), due_at=None)
            if first.due_at is None:
                change(connection, row.id == first.id, due_at=now)


def change(connection: Connection, which: ColumnElement[bool], **values: datetime | None) -> None:
    """Change what is so."""
    connection.execute(update(tables.webhook_messages).where(which).values(values))


def columns_of(message: WebhookMessage, now: datetime) -> Columns:
    """A message that begins to wait."""
    return {
        "id": message.id,
        "type": message.type,
        "grant_id": message.grant,
        "position": message.position,
        "part": message.part,
        "at": message.at,
        "body": message.body,
        "queued_at": now,
        "attempts": 0,
        "due_at": None,
        "given_up_at": None,
    }


def message_of(found: Row[Any]) -> WebhookMessage:
    """A row as the message that it is."""
    return WebhookMessage(found.id, found.type, found.grant_id, found.position, found.part, found.at, found.body)
