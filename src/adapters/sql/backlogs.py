"""What waits, from rows."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select

from adapters.sql import tables
from adapters.sql.database import Database
from adapters.sql.outbox_reading import cursor_of
from adapters.sql.spend_tables import FOLLOWED, spend_accounts
from application.ports.backlogs import LATE_AFTER, Backlog
from domain.spend_plan import Purpose

fact, account = tables.outbox.c, spend_accounts.c


class SqlBacklogs:
    """Each figure is the first row, or a range, of an index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, now: datetime, consumers: Collection[str]) -> Backlog:
        with self._database.reading() as connection:
            late = select(func.count()).where(FOLLOWED, account.recent_read_at < now - LATE_AFTER)
            oldest = select(account.recent_read_at).where(FOLLOWED, account.recent_read_at.is_not(None))
            return Backlog(
                facts=tuple((consumer, oldest_fact(connection, consumer)) for consumer in sorted(consumers)),
                reading_due_since=due_since(connection, now),
                read_until=connection.scalar(oldest.order_by(account.recent_read_at).limit(1)),
                late_accounts=connection.scalar(late) or 0,
            )


def oldest_fact(connection: Connection, consumer: str) -> datetime | None:
    """The first behind the consumer's cursor, or the first of those that nobody has given a place yet."""
    behind = select(fact.at).where(fact.position > cursor_of(connection, consumer)).order_by(fact.position).limit(1)
    unplaced = select(fact.at).where(tables.UNPLACED).order_by(fact.id).limit(1)
    return min(filter(None, (connection.scalar(behind), connection.scalar(unplaced))), default=None)


def due_since(connection: Connection, now: datetime) -> datetime | None:
    """The oldest time of those that are over; the index is asked once for each purpose."""
    of_each = (
        select(account.due_at)
        .where(FOLLOWED, account.urgency == purpose.value, account.due_at <= now)
        .order_by(account.due_at)
        .limit(1)
        for purpose in Purpose
    )
    return min(filter(None, (connection.scalar(oldest) for oldest in of_each)), default=None)
