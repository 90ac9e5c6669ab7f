"""The queue of revocations as rows."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, insert, or_, select, update

from adapters.sql import tables
from adapters.sql.grant_rows import fields_of
from domain.ids import AppId, OwnerId, RevocationId
from domain.queued_revocation import Revocation
from domain.tokens import Sealed


class SqlRevocations:
    """The queue of tokens on their way out. A lease is a due time further on; whoever takes one skips what others take now."""

    def __init__(self, connection: Connection, *, keys: Collection[str] | None) -> None:
        """`keys`: the ids of those that are here; None: whatever they are."""
        self._connection, self._keys = connection, keys

    def add(self, revocation: Revocation) -> None:
        columns = fields_of(revocation)
        columns |= {"grant_id": columns.pop("grant"), "access": revocation.access.ciphertext}
        self._connection.execute(insert(tables.revocations).values(columns))

    def take_due(
        self, app: AppId, *, limit: int, lease: timedelta, now: datetime, served: Collection[OwnerId] = ()
    ) -> list[Revocation]:
        queue = tables.revocations
        order = (queue.c.owner.in_(list(served)), queue.c.due_at, queue.c.id)
        due = select(queue).where(is_due(app, now, self._keys)).order_by(*order).limit(limit)
        taken = [revocation_of(row) for row in self._connection.execute(due.with_for_update(skip_locked=True))]
        if taken:
            leased = (
                update(queue).where(queue.c.id.in_([r.id for r in taken])).values(due_at=now + lease, leased_until=now + lease)
            )
            self._connection.execute(leased)
        return taken

    def any_due(self, app: AppId, now: datetime) -> bool:
        return bool(self._connection.scalar(select(exists().where(is_due(app, now, self._keys)))))

    def under_way(self, now: datetime) -> bool:
        return bool(self._connection.scalar(select(exists().where(tables.revocations.c.leased_until > now))))

    def save(self, revocation: Revocation) -> None:
        self._connection.execute(
            update(tables.revocations)
            .where(tables.revocations.c.id == revocation.id)
            .values(failures=revocation.failures, due_at=revocation.due_at, leased_until=None)
        )

    def sealed_by(self, key: str, *, limit: int) -> list[Revocation]:
        queue = tables.revocations
        sealed = select(queue).where(queue.c.key_id == key).order_by(queue.c.id).limit(limit)
        return [revocation_of(row) for row in self._connection.execute(sealed)]

    def done(self, revocation: RevocationId) -> None:
        self._connection.execute(delete(tables.revocations).where(tables.revocations.c.id == revocation))

    def clear(self) -> None:
        self._connection.execute(delete(tables.revocations))


def is_due(app: AppId, now: datetime, keys: Collection[str] | None) -> ColumnElement[bool]:
    """Whether a row is this app's and these keys' to be tried, or anybody's to be given up."""
    row = tables.revocations.c
    return and_(row.due_at <= now, or_(and_(row.app == app, tables.sealed_here(row.key_id, keys)), row.give_up_at <= now))


def revocation_of(row: Row[Any]) -> Revocation:
    """A row as the revocation it was."""
    return Revocation(
        id=row.id,
        grant=row.grant_id,
        owner=row.owner,
        app=row.app,
        access=Sealed(row.access),
        fingerprint=row.fingerprint,
        reach=row.reach,
        due_at=row.due_at,
        give_up_at=row.give_up_at,
        failures=row.failures,
        queued_at=row.queued_at,
        generation=row.generation,
    )
