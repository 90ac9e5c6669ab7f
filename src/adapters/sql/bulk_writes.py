"""Many rows in few statements: one each would take ten thousand accounts half a minute."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Connection, Insert, Table, case, cast, func, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.grant_rows import Columns


def add_many(connection: Connection, table: Table, rows: Sequence[Columns]) -> None:
    """Insert these rows, of which there is one at least."""
    _send(connection, table, insert(table), rows)


def put_many(connection: Connection, table: Table, rows: Sequence[Columns]) -> None:
    """The same, and where a row of the same key exists it is changed."""
    key = [column.name for column in table.primary_key]
    putting = upsert(connection, table)
    changed = {name: putting.excluded[name] for name in rows[0] if name not in key}
    _send(connection, table, putting.on_conflict_do_update(index_elements=key, set_=changed), rows)


def add_up_many(connection: Connection, table: Table, rows: Sequence[Columns]) -> None:
    """Insert these rows; where one of the same key exists, `times` is added to its own, and the later `last_at` stays.

    No two of the rows may have one key. There is one row at least.
    """
    key = [column.name for column in table.primary_key]
    putting = upsert(connection, table)
    new = putting.excluded
    changed = {"times": table.c["times"] + new["times"]}
    if "last_at" in table.c:
        changed["last_at"] = case((new["last_at"] > table.c["last_at"], new["last_at"]), else_=table.c["last_at"])
    in_order = sorted(rows, key=lambda row: [str(row[name]) for name in key])  # nobody waits for one who waits for them
    _send(connection, table, putting.on_conflict_do_update(index_elements=key, set_=changed), in_order)


def add_in_arrays(connection: Connection, table: Table, rows: Sequence[Columns]) -> None:
    """The same as `add_many`, for thousands of narrow rows: PostgreSQL gets a parameter a column, and not one a value."""
    if not _is_postgresql(connection):
        add_many(connection, table, rows)
        return
    columns = [table.c[name] for name in rows[0]]
    arrays = [cast(literal([row[column.name] for row in rows], ARRAY(column.type)), ARRAY(column.type)) for column in columns]
    unnested = func.unnest(*arrays).table_valued(*(column.name for column in columns)).render_derived()
    connection.execute(insert(table).from_select([column.name for column in columns], select(unnested)))


def upsert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insertion that may say what is done where the row is there."""
    return (postgresql.insert if _is_postgresql(connection) else sqlite.insert)(table)


def _send(connection: Connection, table: Table, adding: Insert, rows: Sequence[Columns]) -> None:
    """To a server what returns something is sent many rows at a time; SQLite takes them one by one, and quicker."""
    connection.execute(adding.returning(*table.primary_key) if _is_postgresql(connection) else adding, rows)


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
