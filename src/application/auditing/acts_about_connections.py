"""Records of the audit trail about connections, and about what an operator begins."""

from collections.abc import Iterable
from datetime import datetime

from application.ports.store import Store
from domain.advertiser import Connection
from domain.audit_trail import Act, Actor, AuditRecord
from domain.grant import Grant


def about(connection: Connection, grant: Grant, act: Act, by: Actor, at: datetime, detail: str = "") -> AuditRecord:
    """An act that concerns one connection."""
    return AuditRecord(
        act,
        by,
        at,
        owner=grant.owner,
        grant=grant.id,
        connection=connection.id,
        account=connection.advertiser.id,
        detail=detail,
    )


def connected(connections: Iterable[Connection], grant: Grant, by: Actor, at: datetime) -> list[AuditRecord]:
    """That accounts came under a grant: for the first time, or anew."""
    return [about(connection, grant, Act.ACCOUNT_CONNECTED, by, at) for connection in connections]


def write_before(store: Store, act: Act, by: Actor, at: datetime, detail: str = "") -> None:
    """Record what is about to be done in transactions of its own: nothing of it is then done without a record. Raises
    StoreUnavailable.
    """
    with store.write() as work:
        work.audit_trail.add([AuditRecord(act, by, at, detail=detail)])
        work.commit()
