"""Many rows in few statements: one each would take ten thousand accounts half a minute."""

from collections.abc import Sequence

from sqlalchemy import Connection, Insert, Table, insert
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.rows import Columns


def add_many(connection: Connection, table: Table, rows: Sequence[Columns]) -> None:
    """Insert these rows, of which there is one at least."""
    _send(connection, table, insert(table), rows)


def put_many(connection: Connection, table: Table, rows: Sequence[Columns]) -> None:
    """The same, and where a row of the same key exists it is changed."""
    key = [column.name for column in table.primary_key]
    putting = upsert(connection, table)
    changed = {name: putting.excluded[name] for name in rows[0] if name not in key}
    _send(connection, table, putting.on_conflict_do_update(index_elements=key, set_=changed), rows)


def upsert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insertion that may say what is done where the row is there."""
    return (postgresql.insert if _is_postgresql(connection) else sqlite.insert)(table)


def _send(connection: Connection, table: Table, adding: Insert, rows: Sequence[Columns]) -> None:
    """To a server what returns something is sent many rows at a time; SQLite takes them one by one, and quicker."""
    connection.execute(adding.returning(*table.primary_key) if _is_postgresql(connection) else adding, rows)


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
