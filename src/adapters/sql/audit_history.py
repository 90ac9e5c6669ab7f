"""The audit trail as it is read and kept short, over SQL."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, delete, literal, null, or_, select, tuple_, union

from adapters.sql import tables
from adapters.sql.attempts import attempt_of
from adapters.sql.audit_trail import record_of
from adapters.sql.bulk_writes import add_up_many
from adapters.sql.database import Database
from application.ports.audit_trail import Counted, KnownNames
from domain.audit_trail import BRIEFLY_KEPT, AuditRecord, AuditSubject, VendRecord
from domain.ids import ConnectionId, GrantId
from domain.rotation_attempt import RotationAttempt

trail, vend, attempt, counts = tables.audit_trail.c, tables.vends.c, tables.attempts.c, tables.daily_counts.c
connections = tables.connections.c


class SqlAuditHistory:
    """Looks by indices alone, so that a history costs what it shows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, subject: AuditSubject) -> KnownNames:
        live, noted = self._about(subject)
        names = union(
            select(connections.id, connections.former_id, connections.grant_id).where(live),
            select(trail.connection_id, null(), trail.grant_id).where(noted),
        )
        with self._database.reading() as connection:
            found = connection.execute(names).all()
        named = {name for first, second, _ in found for name in (first, second) if name}
        return KnownNames(frozenset(map(ConnectionId, named)), frozenset(GrantId(grant) for *_, grant in found if grant))

    def _about(self, subject: AuditSubject) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """Which connections, and which records."""
        if subject.connection is not None:
            named = or_(connections.id == subject.connection, connections.former_id == subject.connection)
            return named, trail.connection_id == subject.connection
        if subject.owner is not None:
            return connections.owner == subject.owner, trail.owner == subject.owner
        reaching = select(tables.reach.c.grant_id).where(tables.reach.c.advertiser_id == subject.account)
        reached = connections.grant_id.in_(reaching) & (connections.advertiser_id == subject.account)
        return reached, trail.account == subject.account

    def records(
        self, subject: AuditSubject, *, since: datetime | None, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[tuple[str, AuditRecord]]:
        _, about = self._about(subject)
        if subject.connection is not None:
            about = trail.connection_id.in_(self.known(subject).connections | {subject.connection})
        query = select(tables.audit_trail).where(about).order_by(trail.at, trail.id).limit(limit)
        if since is not None:
            query = query.where(trail.at >= since)
        if after is not None:
            query = query.where(
                trail.at >= after[0], tuple_(trail.at, trail.id) > tuple_(literal(after[0], trail.at.type), after[1])
            )
        with self._database.reading() as connection:
            return [(found.id, record_of(found)) for found in connection.execute(query)]

    def vends(
        self, connections: Collection[ConnectionId], *, since: datetime | None, after: VendRecord | None, limit: int
    ) -> Sequence[VendRecord]:
        query = select(tables.vends).where(vend.connection_id.in_(connections))
        order = (vend.minute, vend.connection_id, vend.service, vend.address)
        if since is not None:
            query = query.where(vend.last_at >= since)
        if after is not None:
            last = (literal(after.minute, vend.minute.type), after.connection, after.service, after.address)
            query = query.where(vend.minute >= after.minute, tuple_(*order) > tuple_(*last))
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(*order).limit(limit))
            return [VendRecord(f.connection_id, f.minute, f.service, f.address, f.times, f.last_at) for f in found]

    def attempts(
        self, grants: Collection[GrantId], *, since: datetime | None, after: RotationAttempt | None, limit: int
    ) -> Sequence[RotationAttempt]:
        query = select(tables.attempts).where(attempt.grant_id.in_(grants))
        order = (attempt.at, attempt.grant_id, attempt.attempt_id)
        if since is not None:
            query = query.where(attempt.at >= since)
        if after is not None:
            last = (literal(after.at, attempt.at.type), after.grant, after.attempt)
            query = query.where(attempt.at >= after.at, tuple_(*order) > tuple_(*last))
        with self._database.reading() as connection:
            return [attempt_of(found) for found in connection.execute(query.order_by(*order).limit(limit))]

    def prune(self, now: datetime, *, retention: timedelta, limit: int) -> int:
        with self._database.changing() as connection:
            dropped = drop_records(connection, now - retention, limit=limit)
            dropped += drop_records(connection, now - min(BRIEFLY_KEPT, retention), limit=limit, briefly=True)
            dropped += drop_vends(connection, now - min(BRIEFLY_KEPT, retention), limit=limit)
            dropped += drop_attempts(connection, now - min(BRIEFLY_KEPT, retention), limit=limit)
            connection.execute(delete(tables.daily_counts).where(counts.day < day_of(now - retention)))
            connection.commit()
        return dropped

    def daily_counts(self, what: Counted, since: datetime) -> dict[tuple[str, str], int]:
        mine = (counts.what == what.value, counts.day >= day_of(since))
        query = select(counts.day, counts.name, counts.times).where(*mine)
        with self._database.reading() as connection:
            return {(found.day, found.name): found.times for found in connection.execute(query)}


def drop_records(connection: Connection, before: datetime, *, limit: int, briefly: bool = False) -> int:
    """Drop the oldest records of before then."""
    oldest = select(trail.id).where(trail.briefly.is_(briefly), trail.at < before).order_by(trail.at).limit(limit)
    return connection.execute(delete(tables.audit_trail).where(trail.id.in_(oldest.scalar_subquery()))).rowcount


def drop_vends(connection: Connection, before: datetime, *, limit: int) -> int:
    """Drop the oldest vends of before then, and count them by day and service."""
    key = (vend.connection_id, vend.minute, vend.service, vend.address)
    oldest = select(*key).where(vend.minute < before).order_by(vend.minute).limit(limit).with_for_update(skip_locked=True)
    gone = delete(tables.vends).where(tuple_(*key).in_(oldest)).returning(vend.minute, vend.service, vend.times)
    return count_by_day(connection, Counted.VENDS, connection.execute(gone).all())


def drop_attempts(connection: Connection, before: datetime, *, limit: int) -> int:
    """Drop the oldest attempts of before then, and count them by day and outcome."""
    key = (attempt.grant_id, attempt.at, attempt.attempt_id)
    oldest = select(*key).where(attempt.at < before).order_by(attempt.at).limit(limit).with_for_update(skip_locked=True)
    gone = delete(tables.attempts).where(tuple_(*key).in_(oldest)).returning(attempt.at, attempt.outcome, literal(1))
    return count_by_day(connection, Counted.ATTEMPTS, connection.execute(gone).all())


def count_by_day(connection: Connection, what: Counted, gone: Sequence[Row[datetime, str, int]]) -> int:
    """Add what is dropped to the counts of its days. How many rows it was."""
    by_day = Counter[tuple[str, str]]()
    for at, name, times in gone:
        by_day[day_of(at), name] += times
    if by_day:
        rows = [{"what": what.value, "day": day, "name": name, "times": times} for (day, name), times in by_day.items()]
        add_up_many(connection, tables.daily_counts, rows)
    return len(gone)


def day_of(time: datetime) -> str:
    """Its day in UTC."""
    return time.date().isoformat()
