"""What was announced, as rows."""

from sqlalchemy import Connection, insert, select

from adapters.sql import tables
from domain.ids import GrantId


class SqlNotices:
    """What was announced, as rows. Of two units that announce the same at once, one is told Conflict."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def first(self, grant: GrantId, what: str) -> bool:
        row = tables.notices.c
        said = select(row.what).where(row.grant_id == grant, row.what == what)
        if self._connection.execute(said).first():
            return False
        self._connection.execute(insert(tables.notices).values(grant_id=grant, what=what))
        return True
