"""Token buckets as rows: one statement takes, and a row that says nothing more is dropped."""

import threading
from datetime import timedelta

from sqlalchemy import BigInteger, bindparam, case, delete, select

from adapters.sql import tables
from adapters.sql.bulk_writes import upsert
from adapters.sql.database import Database, time_of
from application.ports.clock import Clock
from domain.allowance import EPOCH
from domain.rate_limit import RateLimit

MICROSECOND = timedelta(microseconds=1)

DROPS_EVERY, MOST_DROPPED = timedelta(seconds=20), 2_000
"""How often a process drops rows of full buckets, and how many at once."""


class SqlTokenBuckets:
    """The port `TokenBuckets` in the database, dated by its clock unless one is given. `domain.rate_limit` says the same rule."""

    def __init__(self, database: Database, process_clock: Clock, *, clock: Clock | None = None) -> None:
        self._database, self._clock, self._process_clock = database, clock, process_clock
        self._drops_at, self._lock = process_clock.monotonic() + DROPS_EVERY, threading.Lock()

    def take(self, key: str, limit: RateLimit, count: int) -> timedelta:
        row, cost = tables.rate_limits.c, count * limit.refill // MICROSECOND
        with self._database.changing() as connection:
            now = (time_of(connection, self._clock) - EPOCH) // MICROSECOND
            latest = now + limit.refill_of_all // MICROSECOND
            first = bindparam("now", now, BigInteger)
            last = bindparam("latest", latest, BigInteger)
            full_at = case((row.full_at < first, first), (row.full_at > last, last), else_=row.full_at)
            putting = upsert(connection, tables.rate_limits).values(key=key, full_at=now + cost)
            taking = putting.on_conflict_do_update(
                index_elements=[row.key], set_={"full_at": full_at + cost}, where=full_at + cost <= last
            ).returning(row.full_at)
            taken = connection.execute(taking).first()
            if taken is None:
                stored = connection.scalar(select(row.full_at).where(row.key == key))
                missing = min(max(stored or now, now), latest) + cost - latest
                return max(missing, 1) * MICROSECOND
            connection.commit()
        self._drop_full_ones(now)
        return timedelta(0)

    def _drop_full_ones(self, now: int) -> None:
        with self._lock:
            if self._process_clock.monotonic() < self._drops_at:
                return
            self._drops_at = self._process_clock.monotonic() + DROPS_EVERY
        row = tables.rate_limits.c
        full = select(row.key).where(row.full_at < now).limit(MOST_DROPPED).with_for_update(skip_locked=True)
        with self._database.changing() as connection:
            connection.execute(delete(tables.rate_limits).where(row.key.in_(full), row.full_at < now))
            connection.commit()
