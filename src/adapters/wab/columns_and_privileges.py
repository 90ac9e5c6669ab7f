"""What the dashboard's tables are like today: columns, widths, and what this role may do with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

READ = text("""
SELECT name, c.oid::bigint AS oid, row_security_active(c.oid) AS row_security, has_table_privilege(c.oid, 'DELETE') AS may_delete,
    a.attname AS column, t.typname AS type, a.atttypmod AS modifier, a.attnotnull AS not_null,
    a.atthasdef OR a.attidentity <> '' AS fills_itself,
    has_column_privilege(c.oid, a.attnum, 'SELECT') AS may_select,
    has_column_privilege(c.oid, a.attnum, 'INSERT') AS may_insert,
    has_column_privilege(c.oid, a.attnum, 'UPDATE') AS may_update
FROM unnest(CAST(:names AS text[])) AS name
JOIN pg_catalog.pg_class c ON c.oid = to_regclass(name)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
""")
"""pg_catalog and not information_schema, which hides the columns that one has no privilege on."""

LENGTH_HEADER = 4
"""PostgreSQL adds these bytes to the width of varchar(n) where it stores it."""


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """One column."""

    type: str
    width: int | None
    """Characters; None: as many as one likes."""
    fraction: int | None
    """Digits of a second that a time keeps; None: all six."""
    digits: tuple[int, int] | None
    """Of a decimal number before and behind its point; None: as many as one likes."""
    must_be_filled: bool
    """NOT NULL, and nothing but an INSERT fills it."""
    permitted: frozenset[str]
    """Of SELECT, INSERT and UPDATE."""


@dataclass(frozen=True, slots=True)
class TableShape:
    """One table, without columns if it is not there."""

    oid: int | None = None
    row_security: bool = False
    """Whether row-level security hides rows from this role."""
    may_delete: bool = False
    columns: dict[str, ColumnShape] = field(default_factory=dict)

    def permitting(self, privilege: str) -> frozenset[str]:
        """The columns on which this role has a privilege."""
        return frozenset(name for name, column in self.columns.items() if privilege in column.permitted)

    def cut(self, value: str, column: str) -> str:
        """A text as the column takes it: without NUL, no wider than it is."""
        shape = self.columns.get(column)
        return value.replace("\0", "")[: shape.width if shape else None]


def shapes_of(connection: Connection, names: Iterable[str]) -> Mapping[str, TableShape]:
    """Read the shapes of these tables; a table that is not there has an empty one."""
    shapes = {name: TableShape() for name in names}
    for row in connection.execute(READ, {"names": list(shapes)}).mappings():
        if not shapes[row["name"]].columns:
            shapes[row["name"]] = TableShape(row["oid"], row["row_security"], row["may_delete"])
        limited = row["modifier"] >= 0
        shapes[row["name"]].columns[row["column"]] = ColumnShape(
            type=row["type"],
            width=row["modifier"] - LENGTH_HEADER if limited and row["type"] in {"varchar", "bpchar"} else None,
            fraction=row["modifier"] if limited and row["type"].startswith("timestamp") else None,
            digits=digits_of(row["modifier"] - LENGTH_HEADER) if limited and row["type"] == "numeric" else None,
            must_be_filled=row["not_null"] and not row["fills_itself"],
            permitted=frozenset(name for name in ("SELECT", "INSERT", "UPDATE") if row[f"may_{name.lower()}"]),
        )
    return shapes


def digits_of(packed: int) -> tuple[int, int]:
    """How many digits numeric(precision, scale) keeps before and behind the point; the scale is of eleven bits, and signed."""
    precision, scale = packed >> 16 & 0xFFFF, (packed & 0x7FF ^ 0x400) - 0x400
    return precision - scale, scale
