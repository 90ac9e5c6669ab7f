"""The audit trail as rows, written in the transaction of the act."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from adapters.sql import tables
from adapters.sql.bulk_writes import add_up_many
from adapters.sql.grant_rows import Columns
from domain.audit_trail import Act, Actor, ActorKind, AuditRecord, VendRecord, counted_together
from domain.ids import ConnectionId, GrantId, OwnerId

row = tables.audit_trail.c

ID_LENGTH = 32
"""Hexadecimal digits: 128 bits of SHA-256."""


class SqlAuditTrail:
    """A row for what is alike within a minute."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, records: Iterable[AuditRecord]) -> None:
        if rows := [row_of(record) for record in counted_together(records)]:
            add_up_many(self._connection, tables.audit_trail, rows)

    def add_vends(self, vends: Iterable[VendRecord]) -> None:
        if rows := [vend_row_of(vend) for vend in counted_together(vends)]:
            add_up_many(self._connection, tables.vends, rows)

    def forget_owner(self, owner: OwnerId, pseudonym_of: Callable[[str], str], *, limit: int) -> int:
        theirs = select(row.id, row.actor_kind, row.actor, row.owner, row.account).where(row.owner == owner).limit(limit)
        found = self._connection.execute(theirs.with_for_update()).all()
        if found:
            changes = update(tables.audit_trail).where(row.id == bindparam("old"))
            self._connection.execute(changes, [pseudonymous(record, pseudonym_of) for record in found])
        return len(found)


def row_of(record: AuditRecord) -> Columns:
    """A record as it is stored."""
    return {
        "id": sha256("\0".join(map(str, record.likeness)).encode()).hexdigest()[:ID_LENGTH],
        "at": record.at,
        "last_at": record.last_at or record.at,
        "times": record.count,
        "act": record.act.value,
        "actor_kind": record.actor.kind.value,
        "actor": record.actor.name,
        "address": record.actor.address,
        "owner": record.owner,
        "grant_id": record.grant,
        "connection_id": record.connection,
        "account": record.account,
        "detail": record.detail,
        "briefly": record.act.briefly_kept,
    }


def vend_row_of(vend: VendRecord) -> Columns:
    """Vends of a minute as they are stored."""
    return {
        "connection_id": vend.connection,
        "minute": vend.minute,
        "service": vend.service,
        "address": vend.address,
        "times": vend.count,
        "last_at": vend.last_at,
    }


def record_of(found: Row[Any]) -> AuditRecord:
    """A stored row as the record that it was."""
    return AuditRecord(
        Act(found.act),
        Actor(ActorKind(found.actor_kind), found.actor, found.address),
        found.at,
        owner=found.owner,
        grant=GrantId(found.grant_id) if found.grant_id else None,
        connection=ConnectionId(found.connection_id) if found.connection_id else None,
        account=found.account,
        detail=found.detail,
        count=found.times,
        last_at=found.last_at,
    )


def pseudonymous(found: Row[*tuple[Any, ...]], pseudonym_of: Callable[[str], str]) -> Columns:
    """What a row becomes when its owner is erased. Its id goes too: it is a digest in which the owner could be guessed."""
    is_theirs = found.actor_kind == ActorKind.USER.value and found.actor == found.owner
    return {
        "old": found.id,
        "id": pseudonym_of(found.id)[:ID_LENGTH],
        "owner": pseudonym_of(found.owner),
        "actor": pseudonym_of(found.actor) if is_theirs else found.actor,
        "account": pseudonym_of(found.account) if found.account else None,
        "address": None,
    }
