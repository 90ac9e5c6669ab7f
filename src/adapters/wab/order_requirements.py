"""What reading orders needs of the dashboard's database and does not have: a line each, with the statement that mends it."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from adapters.wab.columns_and_privileges import shapes_of

READ = "SELECT"

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "stores": ("id", "user_id"),
    "orders": ("id", "store_id", "external_id", "total", "currency", "status", "attribution", "date_created"),
}
"""What is read of each table: nothing of a customer, and no shop's credentials."""


def lacks_of_orders(connection: Connection, role: str) -> Iterator[str]:
    """Without these, pages and API know spend and no revenue."""
    for table, shape in shapes_of(connection, COLUMNS).items():
        if shape.oid is None:
            yield f"{role} sees no table {table}, so no revenue is shown: GRANT USAGE ON SCHEMA … TO {role}"
            continue
        if absent := [column for column in COLUMNS[table] if column not in shape.columns]:
            yield f"{table} has no column {', '.join(absent)}: it is not the table that orders are read from"
        if forbidden := [column for column in COLUMNS[table] if column in shape.columns.keys() - shape.permitting(READ)]:
            names = ", ".join(forbidden)
            yield f"{role} may not {READ} {table} ({names}): GRANT {READ} ({names}) ON {table} TO {role}"
