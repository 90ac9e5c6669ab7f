"""Claims as leases in the grants' rows."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, or_, select, true, update

from adapters.sql import tables
from adapters.sql.attempts import settled
from adapters.sql.database import Database, time_of
from adapters.sql.grant_rows import attempt_columns, grant_of, health_columns, health_of, schedule_columns, token_columns
from adapters.sql.grants import reach_of
from adapters.sql.journal_register import note_lost
from adapters.sql.outbox_writing import SqlOutbox
from application.ports.claims_and_settlements import Claim, Due, Settlement, TokenModel, fenced_out
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from domain.attempts_and_failures import Attempt
from domain.grant import Grant
from domain.ids import AppId, AttemptId, GrantId, OwnerId
from domain.owner_turns import OWNER_TURNS, in_turns
from domain.refusal_repeats import HASTENED_AT_ONCE

row = tables.grants.c


class SqlClaims:
    """Leases in the grants' rows, by the database's clock unless one is given. Claimed grants come with their reach alone."""

    def __init__(
        self,
        database: Database,
        *,
        host: str,
        ids: Ids,
        keys: Collection[str] | None = None,
        clock: Clock | None = None,
        process_clock: Clock | None = None,
    ) -> None:
        """`keys`: the ids of those that are here; None: they count for nothing. `clock` takes the place of the database's own, in
        tests. `process_clock` is what `skew` compares that with.
        """
        self._database, self._host, self._ids, self._keys, self._clock = database, host, ids, keys, clock
        self._process_clock = process_clock

    def take_due(self, app: AppId, *, limit: int, lease: timedelta, due: Due) -> list[Claim]:
        look = take_repeats if due.repeats else take_most_urgent
        with self._database.changing() as connection:
            now = time_of(connection, self._clock)
            found = look(connection, self._ours(app), due, now, limit)
            reach = reach_of(connection, [r.id for r in found])
            claims = [self._claim(grant_of(r, reach[r.id]), now, lease) for r in found]
            write_attempts(connection, claims, now)
            connection.commit()
        return claims

    def take(self, grant: GrantId, *, generation: int, lease: timedelta, doubtful: bool = True) -> Claim | None:
        with self._database.changing() as connection:
            query = (
                select(tables.grants)
                .where(row.id == grant, tables.sealed_here(row.key_id, self._keys))
                .with_for_update(key_share=True)
            )
            found = connection.execute(query).first()
            now = time_of(connection, self._clock)
            if found is None:
                return None
            held = grant_of(found, reach_of(connection, [grant])[grant])
            if held.erased or held.generation != generation or held.in_flight(now):
                return None
            if not doubtful and held.schedule.doubtful:
                return None
            claim = self._claim(held, now, lease)
            write_attempts(connection, [claim], now)
            connection.commit()
        return claim

    def current(self, claim: Claim) -> bool:
        with self._database.reading() as connection:
            return connection.scalar(select(row.generation).where(row.id == claim.grant.id)) == claim.generation

    def settle(self, grant: Grant, claim: Claim) -> Settlement:
        rotated = grant.generation > claim.generation
        fence = and_(row.id == grant.id, row.generation == claim.generation)
        values = {**health_columns(grant.health), **schedule_columns(grant.schedule)}
        if rotated:
            anothers = and_(row.attempt_id.is_not(None), row.attempt_id != claim.attempt)
            values |= {**token_columns(grant), "generation": grant.generation, "in_doubt": anothers}
        else:
            fence = and_(fence, row.attempt_id == claim.attempt)
        with self._database.changing(first=True) as connection:
            if not settled(connection, update(tables.grants).where(fence).values(values), grant, claim):
                found = connection.execute(select(tables.grants).where(row.id == grant.id)).first()
                return fenced_out(health_of(found) if found else None)
            SqlOutbox(connection).add(grant.events)
            connection.commit()
        grant.events.clear()
        return Settlement.STORED

    def release(self, claims: list[Claim]) -> None:
        if not claims:
            return
        with self._database.changing() as connection:
            mine = and_(row.id == bindparam("grant"), row.attempt_id == bindparam("mine"))
            connection.execute(
                update(tables.grants).where(mine).values(attempt_columns(None)),
                [{"grant": c.grant.id, "mine": c.attempt} for c in sorted(claims, key=lambda c: c.grant.id)],
            )
            connection.commit()

    def count_due(self, app: AppId, due: Due) -> int:
        with self._database.reading() as connection:
            now = time_of(connection, self._clock)
            counting = select(func.count()).select_from(tables.grants)
            return sum(connection.scalar(counting.where(which)) or 0 for which in ways_to_be_due(self._ours(app), due, now))

    def hasten(self, app: AppId, count: int) -> None:
        ahead = and_(self._ours(app), tables.ROTATABLE, tables.REFUSED, row.health != "active")
        with self._database.changing() as connection:
            now = time_of(connection, self._clock)
            if (connection.scalar(select(func.count()).where(ahead, free(now))) or 0) >= HASTENED_AT_ONCE:
                return
            pairs = and_(self._ours(app), tables.IN_LINE, row.kind == TokenModel.EXPIRING.value)
            again = and_(row.due_at.is_not(None), row.access_works.is_not(None), free(now))
            chosen = in_turns(in_line(connection, and_(pairs, again), count), (), count)
            for found in connection.execute(select(tables.grants).where(row.id.in_(list(chosen))).with_for_update()).all():
                grant = grant_of(found)
                grant.hasten(now)
                connection.execute(update(tables.grants).where(row.id == grant.id).values(schedule_columns(grant.schedule)))
            connection.commit()

    def skew(self) -> timedelta:
        here = self._process_clock
        with self._database.reading() as connection:
            before = here.now() if here else None
            now = time_of(connection, self._clock)
            return now - (before + (here.now() - before) / 2) if here and before else timedelta(0)

    def _ours(self, app: AppId) -> ColumnElement[bool]:
        """Which grants this host can speak for."""
        return and_(row.app == app, tables.sealed_here(row.key_id, self._keys))

    def _claim(self, grant: Grant, now: datetime, lease: timedelta) -> Claim:
        attempt, before = Attempt(AttemptId(self._ids.new()), self._host, now, now + lease), grant.schedule
        grant.claim(attempt)
        return Claim(grant, grant.generation, attempt.id, before)


CROWD = 2000
"""From so many due grants on they are not all sorted for a few: the index in the order of expiry is walked instead."""


def free(now: datetime) -> ColumnElement[bool]:
    """Whether nobody has a lease on it."""
    return or_(row.attempt_lease_until.is_(None), row.attempt_lease_until <= now)


def take_most_urgent(connection: Connection, ours: ColumnElement[bool], due: Due, now: datetime, limit: int) -> list[Row[Any]]:
    """Lock the due grants whose access tokens end the earliest."""
    ways, urgency = where_to_look(connection, ours, due, now)
    found = list[Row[Any]]()
    for which in ways:
        query = select(tables.grants).where(which, free(now)).order_by(urgency, row.id).limit(limit)
        found += connection.execute(query.with_for_update(skip_locked=True, key_share=True))
    return sorted(found, key=lambda r: (r.access_expires_at or r.due_at, r.id))[:limit]


def take_repeats(connection: Connection, ours: ColumnElement[bool], due: Due, now: datetime, limit: int) -> list[Row[Any]]:
    """Lock the due grants of those in line whose turn it is."""
    [which] = ways_to_be_due(ours, due, now)
    mine = and_(ours, tables.IN_LINE)
    under_way = list(connection.scalars(select(row.owner).where(mine, row.attempt_lease_until > now)))
    again = select(row.owner).where(mine, tables.REFUSED, row.refused_last_at > row.refused_at)
    last = list(connection.scalars(again.order_by(row.refused_last_at.desc()).limit(OWNER_TURNS)))
    chosen = list(in_turns(in_line(connection, and_(which, free(now)), limit), [*reversed(last), *under_way], limit))
    query = select(tables.grants).where(row.id.in_(chosen), which, free(now))
    locked = {r.id: r for r in connection.execute(query.with_for_update(skip_locked=True, key_share=True))}
    return [locked[grant] for grant in chosen if grant in locked]


def in_line(connection: Connection, which: ColumnElement[bool], count: int) -> list[tuple[OwnerId, GrantId]]:
    """Enough of these grants for so many turns: those not believed first, then the most urgent, and some of each owner."""
    asked = func.coalesce(row.believed, true())
    order = (asked, func.coalesce(row.access_expires_at, row.due_at), row.id)
    turn = func.row_number().over(partition_by=row.owner, order_by=order).label("turn")
    some = select(row.id, row.owner, turn, *(o.label(f"order_{i}") for i, o in enumerate(order))).where(which).subquery()
    by_turn = select(some).order_by(some.c.turn, some.c.order_0, some.c.order_1, some.c.id).limit(count * OWNER_TURNS)
    found = sorted(connection.execute(by_turn), key=lambda r: (r.order_0, r.order_1, r.id))
    return [(r.owner, r.id) for r in found]


def rotatable(ours: ColumnElement[bool], due: Due) -> ColumnElement[bool]:
    """Which grants can be due at all."""
    which = and_(ours, tables.IN_LINE if due.repeats else and_(row.kind == due.kind.value, tables.ROTATABLE))
    if due.since is not None:
        which = and_(which, or_(row.settled_at.is_(None), row.settled_at < due.since, row.probed.is_(False)))
    return which


def ways_to_be_due(
    ours: ColumnElement[bool], due: Due, now: datetime, due_at: ColumnElement[datetime | None] = row.due_at
) -> list[ColumnElement[bool]]:
    """What `Due` means, in SQL: conditions that exclude one another, each with an index of its own (an OR would use none)."""
    which = rotatable(ours, due)
    if not due.doubtful:
        which = and_(which, ~row.in_doubt, row.attempt_id.is_(None))
    if due.repeats:
        return [and_(which, due_at <= now)]
    if due.everything:
        return [and_(which, due_at.is_not(None), or_(row.health == "active", due_at <= now))]
    ways = [and_(which, due_at <= now)]
    if due.urgent_within is not None:
        ways.append(and_(which, tables.UNTROUBLED, row.urgent_at <= now + due.urgent_within, due_at > now))
    return ways


def where_to_look(
    connection: Connection, ours: ColumnElement[bool], due: Due, now: datetime
) -> tuple[list[ColumnElement[bool]], ColumnElement[datetime | None]]:
    """Conditions, and the order within each, such that a few grants are found quickly among however many."""
    ways = ways_to_be_due(ours, due, now)
    if due.kind is TokenModel.LONG_TERM:
        return ways, row.due_at
    if due.everything or is_crowd(connection, ways[0]):
        late = ways_to_be_due(ours, due, now, without_index(row.due_at))
        return [and_(rotatable(ours, due), or_(*late))], row.access_expires_at
    return ways, without_index(row.access_expires_at)


def without_index(column: ColumnElement[datetime | None]) -> ColumnElement[datetime | None]:
    """The same value where no index is to be used for it: a database that guesses wrong looks at the whole fleet."""
    return func.coalesce(column, column)


def is_crowd(connection: Connection, which: ColumnElement[bool]) -> bool:
    """Whether there are more than can be sorted in a moment; it stops counting there."""
    some = select(row.id).where(which).limit(CROWD).subquery()
    return connection.scalar(select(func.count()).select_from(some)) == CROWD


def write_attempts(connection: Connection, claims: list[Claim], now: datetime) -> None:
    """Store the claims' attempts, in as few round trips as there can be, and whose earlier ones were found without outcome."""
    note_lost(connection, (claim.before.attempt.host for claim in claims if claim.before.attempt), now)
    if claims:
        connection.execute(
            update(tables.grants).where(row.id == bindparam("grant")),
            [
                {
                    "grant": claim.grant.id,
                    "in_doubt": claim.grant.schedule.in_doubt,
                    **attempt_columns(claim.grant.schedule.attempt),
                }
                for claim in claims
            ],
        )
