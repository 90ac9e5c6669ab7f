"""A few sealed tokens from the database, to try the keys with."""

from __future__ import annotations

from sqlalchemy import select

from adapters.sql import tables
from adapters.sql.database import Database
from domain.ids import GrantId
from domain.tokens import Sealed


def sealed_access_tokens(database: Database, *, limit: int) -> list[tuple[GrantId, Sealed]]:
    """Access tokens as they are stored: the newest, and as many of the oldest. Raises StoreUnavailable."""
    row = tables.grants.c
    stored = select(row.id, row.access).where(row.access.is_not(None)).limit(limit)
    with database.reading() as connection:
        newest = connection.execute(stored.order_by(row.created_at.desc())).all()
        oldest = connection.execute(stored.order_by(row.created_at)).all()
    return [(GrantId(grant), Sealed(access)) for grant, access in {(r.id, r.access) for r in (*newest, *oldest)}]
