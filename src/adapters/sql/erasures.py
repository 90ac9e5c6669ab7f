"""Erased users, as rows."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from adapters.sql import tables
from adapters.sql.grant_rows import fields_of
from domain.erasure import Erasure


class SqlErasures:
    """A row for each. Of two units that note the same user at once, one is told Conflict."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, erasure: Erasure) -> None:
        row = tables.erasures.c
        self._connection.execute(delete(tables.erasures).where(row.owner_digest == erasure.owner_digest))
        self._connection.execute(insert(tables.erasures).values(fields_of(erasure)))

    def of(self, *owner_digests: str) -> Erasure | None:
        row = tables.erasures.c
        query = select(tables.erasures).where(row.owner_digest.in_(owner_digests)).order_by(row.at.desc()).limit(1)
        newest = self._connection.execute(query).first()
        return Erasure(newest.owner_digest, newest.receipt, newest.at) if newest else None

    def forget(self, before: datetime) -> int:
        return self._connection.execute(delete(tables.erasures).where(tables.erasures.c.at < before)).rowcount
