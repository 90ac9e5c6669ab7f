"""What claims came to, as rows that are written with the settle's own statement."""

from typing import Any

from sqlalchemy import Connection, Row, Update, literal, select

from adapters.sql import tables
from adapters.sql.bulk_writes import upsert
from adapters.sql.grant_rows import Columns, health_columns
from application.ports.claims_and_settlements import Claim
from domain.grant import Grant
from domain.ids import AttemptId, GrantId
from domain.rotation_attempt import CallMade, CallOutcome, RotationAttempt

row = tables.attempts.c


def settled(connection: Connection, update: Update, grant: Grant, claim: Claim) -> bool:
    """Carry out the update of a grant's row and, where it changed one, store the attempt. Whether it did.

    PostgreSQL gets one statement for both, so that a settle costs no further round trip. An attempt that is there already is
    left alone: nothing about it may keep a new pair from being stored.
    """
    if claim.came_to is None or grant.schedule.settled_at is None:
        return bool(connection.execute(update).rowcount)
    attempt = columns_of(grant, claim, claim.came_to)
    if connection.dialect.name != "postgresql":
        changed = bool(connection.execute(update).rowcount)
        if changed:
            connection.execute(upsert(connection, tables.attempts).values(attempt).on_conflict_do_nothing())
        return changed
    changed_row = update.returning(tables.grants.c.id).cte("changed")
    values = [changed_row.c.id, *(literal(value, row[name].type) for name, value in attempt.items() if name != "grant_id")]
    names = ["grant_id", *(name for name in attempt if name != "grant_id")]
    noted = upsert(connection, tables.attempts).from_select(names, select(*values)).on_conflict_do_nothing().cte("noted")
    return connection.execute(select(changed_row.c.id).add_cte(noted)).first() is not None


def columns_of(grant: Grant, claim: Claim, came_to: CallOutcome) -> Columns:
    """An attempt as it is stored."""
    return {
        "grant_id": grant.id,
        "at": grant.schedule.settled_at,
        "attempt_id": claim.attempt,
        "generation": claim.generation,
        "call": came_to.call.value,
        "outcome": came_to.outcome,
        "request_id": came_to.request_id,
        "health": health_columns(grant.health)["health"],
    }


def attempt_of(found: Row[Any]) -> RotationAttempt:
    """A stored row as the attempt that it was."""
    came_to = CallOutcome(CallMade(found.call), found.outcome, found.request_id)
    return RotationAttempt(
        GrantId(found.grant_id), AttemptId(found.attempt_id), found.at, found.generation, came_to, found.health
    )
