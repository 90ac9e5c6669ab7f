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

    def of(self, owner_digest: str) -> Erasure | None:
        query = select(tables.erasures).where(tables.erasures.c.owner_digest == owner_digest)
        row = self._connection.execute(query).first()
        return Erasure(row.owner_digest, row.receipt, row.at) if row else None

    def forget(self, before: datetime) -> int:
        return self._connection.execute(delete(tables.erasures).where(tables.erasures.c.at < before)).rowcount
