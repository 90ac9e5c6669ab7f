from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, update

from adapters.sql import tables
from adapters.sql.database import Database, time_of
from adapters.sql.grants import reach_of
from adapters.sql.outbox import SqlOutbox
from adapters.sql.rows import attempt_columns, grant_of, health_columns, renewal_columns, token_columns
from application.ports.ambient import Clock, Ids
from application.ports.claims import Claim, Due, Kind, Settlement
from domain.errors import Conflict, StoreUnavailable
from domain.grant import Attempt, Grant
from domain.ids import AppId, AttemptId, GrantId

row = tables.grants.c


class SqlClaims:
    """Leases in the grants' rows, by the database's clock unless one is given. Claimed grants come with their reach alone."""

    def __init__(self, database: Database, *, host: str, ids: Ids, clock: Clock | None = None) -> None:
        self._database, self._host, self._ids, self._clock = database, host, ids, clock

    def take_due(self, app: AppId, *, limit: int, lease: timedelta, due: Due) -> list[Claim]:
        with self._writing() as connection:
            now = time_of(connection, self._clock)
            free = or_(row.attempt_lease_until.is_(None), row.attempt_lease_until <= now)
            urgency = row.access_expires_at if due.kind is Kind.EXPIRING else row.due_at
            query = select(tables.grants).where(is_due(app, due, now), free).order_by(urgency, row.id).limit(limit)
            found = connection.execute(query.with_for_update(skip_locked=True, key_share=True)).all()
            reach = reach_of(connection, [r.id for r in found])
            claims = [self._claim(grant_of(r, reach[r.id]), now, lease) for r in found]
            write_attempts(connection, claims)
            connection.commit()
        return claims

    def take(self, grant: GrantId, *, generation: int, lease: timedelta) -> Claim | None:
        with self._writing() as connection:
            query = select(tables.grants).where(row.id == grant).with_for_update(key_share=True)
            found = connection.execute(query).first()
            now = time_of(connection, self._clock)
            if found is None:
                return None
            held = grant_of(found, reach_of(connection, [grant])[grant])
            if held.erased or held.generation != generation or held.in_flight(now):
                return None
            claim = self._claim(held, now, lease)
            write_attempts(connection, [claim])
            connection.commit()
        return claim

    def current(self, claim: Claim) -> bool:
        with self._database.reading() as connection:
            return connection.scalar(select(row.generation).where(row.id == claim.grant.id)) == claim.generation

    def settle(self, grant: Grant, claim: Claim) -> Settlement:
        rotated = grant.generation > claim.generation
        fence = and_(row.id == grant.id, row.generation == claim.generation)
        values = {**health_columns(grant.health), **renewal_columns(grant.renewal)}
        if rotated:
            values |= {**token_columns(grant), "generation": grant.generation}
        else:
            fence = and_(fence, row.attempt_id == claim.attempt)
        with self._writing(first=True) as connection:
            if not connection.execute(update(tables.grants).where(fence).values(values)).rowcount:
                health = connection.scalar(select(row.health).where(row.id == grant.id))
                return FATES.get(health, Settlement.OVERTAKEN)
            SqlOutbox(connection).add(grant.events)
            connection.commit()
        grant.events.clear()
        return Settlement.STORED

    def release(self, claims: list[Claim]) -> None:
        if not claims:
            return
        with self._writing() as connection:
            mine = and_(row.id == bindparam("grant"), row.attempt_id == bindparam("mine"))
            connection.execute(
                update(tables.grants).where(mine).values(attempt_columns(None)),
                [{"grant": c.grant.id, "mine": c.attempt} for c in sorted(claims, key=lambda c: c.grant.id)],
            )
            connection.commit()

    def count_due(self, app: AppId, due: Due) -> int:
        with self._database.reading() as connection:
            now = time_of(connection, self._clock)
            query = select(func.count()).select_from(tables.grants).where(is_due(app, due, now))
            return connection.scalar(query) or 0

    def _claim(self, grant: Grant, now: datetime, lease: timedelta) -> Claim:
        attempt, before = Attempt(AttemptId(self._ids.new()), self._host, now, now + lease), grant.renewal
        grant.claim(attempt)
        return Claim(grant, grant.generation, attempt.id, before)

    @contextmanager
    def _writing(self, *, first: bool = False) -> Iterator[Connection]:
        """A short transaction; what a unit of work would be told is a Conflict is here one more reason to come back."""
        try:
            with self._database.writing(first=first) as connection:
                yield connection
        except Conflict as conflict:
            raise StoreUnavailable(str(conflict)) from conflict


FATES = {None: Settlement.SUPERSEDED, "superseded": Settlement.SUPERSEDED, "revoked": Settlement.REVOKED}
"""What to tell a settle that was fenced out, by the health of the row it missed."""


def is_due(app: AppId, due: Due, now: datetime) -> ColumnElement[bool]:
    """What `Due` means, in SQL."""
    which = and_(row.app == app, row.kind == due.kind.value, tables.RENEWABLE)
    if due.since is not None:
        which = and_(which, or_(row.settled_at.is_(None), row.settled_at < due.since))
    if due.everything:
        return and_(which, row.due_at.is_not(None))
    ready = row.due_at <= now
    if due.urgent_within is not None:
        ready = or_(ready, and_(tables.UNTROUBLED, row.urgent_at <= now + due.urgent_within))
    return and_(which, ready)


def write_attempts(connection: Connection, claims: list[Claim]) -> None:
    """Store the claims' attempts, in as few round trips as there can be."""
    if claims:
        connection.execute(
            update(tables.grants).where(row.id == bindparam("grant")),
            [
                {
                    "grant": claim.grant.id,
                    "in_doubt": claim.grant.renewal.in_doubt,
                    **attempt_columns(claim.grant.renewal.attempt),
                }
                for claim in claims
            ],
        )
