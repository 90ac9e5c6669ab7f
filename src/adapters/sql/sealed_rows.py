"""Sealed tokens as they lie in the rows of grants and revocations."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from adapters.sql import tables
from adapters.sql.database import Database
from application.ports.claims_and_settlements import TokenModel
from application.ports.sealed_rows import Resealed, SealedIn, SealedRow, SealHead
from domain.ids import GrantId, OwnerId
from domain.key_use import RowSeals
from domain.seal_place import FIRST_FORMAT
from domain.tokens import Sealed

TABLES = {SealedIn.GRANTS: tables.grants, SealedIn.REVOCATIONS: tables.revocations}

grant = tables.grants.c


class SqlSealedRows:
    """Rows in the order of their ids, locked while they are sealed anew; those that others have locked are passed over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> RowSeals:
        with self._database.reading() as connection:
            grants, revocations = (
                connection.execute(select(t.c.key_id, func.count()).where(t.c.access.is_not(None)).group_by(t.c.key_id)).all()
                for t in TABLES.values()
            )
            return RowSeals({r[0]: r[1] for r in grants}, {r[0]: r[1] for r in revocations})

    def of_first_format(self) -> bool:
        first = bytes([FIRST_FORMAT])
        with self._database.reading() as connection:
            return any(
                connection.scalar(select(exists().where(or_(*(first_byte(text) == first for text in texts_in(table))))))
                for table in TABLES.values()
            )

    def besides(self, head: SealHead) -> int:
        with self._database.reading() as connection:
            others = (select(func.count()).where(begins_otherwise(table, head)) for table in TABLES.values())
            return sum(connection.scalar(count) or 0 for count in others)

    def reseal(
        self, where: SealedIn, head: SealHead, change: Callable[[SealedRow], SealedRow | None], *, after: str | None, limit: int
    ) -> Resealed:
        table = TABLES[where]
        with self._database.changing() as connection:
            old = to_reseal(table, head).where(table.c.id > (after or "")).order_by(table.c.id).limit(limit)
            rows = connection.execute(old.with_for_update(skip_locked=True, key_share=True)).all()
            resealed = [new for row in rows if (new := change(sealed_row(row))) is not None]
            if resealed:
                connection.execute(texts_of(table), [texts(new, table) for new in resealed])
                connection.commit()
        return Resealed(len(resealed), rows[-1].id if rows else None)

    def grants_of(self, key: str, *, after: GrantId | None, limit: int) -> list[GrantId]:
        return self._grants(select(grant.id).where(tables.SEALED, grant.key_id == key), after, limit)

    def long_term(self, *, after: GrantId | None, limit: int) -> list[GrantId]:
        return self._grants(select(grant.id).where(tables.SEALED, grant.kind == TokenModel.LONG_TERM.value), after, limit)

    def _grants(self, which: Select[Any], after: GrantId | None, limit: int) -> list[GrantId]:
        with self._database.reading() as connection:
            return list(connection.scalars(which.where(grant.id > (after or "")).order_by(grant.id).limit(limit)))


def to_reseal(table: Table, head: SealHead) -> Select[Any]:
    """What is sealed of the rows in which a text begins otherwise."""
    return select(*(table.c[name] for name in columns_of(table))).where(begins_otherwise(table, head))


def begins_otherwise(table: Table, head: SealHead) -> ColumnElement[bool]:
    """Whether another key sealed a row's texts, or they are of another format."""
    formats = [first_byte(text) != bytes([head.format]) for text in texts_in(table)]
    return and_(table.c.access.is_not(None), or_(table.c.key_id.is_distinct_from(head.key), *formats))


def texts_in(table: Table) -> list[Column[Any]]:
    """The columns that hold sealed texts."""
    return [table.c.access, table.c.refresh] if table is tables.grants else [table.c.access]


def first_byte(column: Column[Any]) -> ColumnElement[Any]:
    """In which the format stands."""
    return func.substr(column, 1, 1, type_=LargeBinary)


def columns_of(table: Table) -> tuple[str, ...]:
    """Those that are read."""
    if table is tables.grants:
        return ("id", "owner", "generation", "access", "refresh")
    return ("id", "grant_id", "owner", "generation", "access")


def texts_of(table: Table) -> Any:  # noqa: ANN401 -- an update of either table
    """The change of one row, at the generation that it was read at."""
    changed = update(table).where(table.c.id == bindparam("row"))
    if table is tables.grants:
        changed = changed.where(table.c.generation == bindparam("at"))
        return changed.values(access=bindparam("new_access"), refresh=bindparam("new_refresh"))
    return changed.values(access=bindparam("new_access"))


def texts(row: SealedRow, table: Table) -> dict[str, object]:
    """The values of that."""
    values: dict[str, object] = {"row": row.id, "new_access": row.access.ciphertext}
    if table is tables.grants:
        values |= {"at": row.generation, "new_refresh": row.refresh and row.refresh.ciphertext}
    return values


def sealed_row(row: Row[Any]) -> SealedRow:
    """A row of either table."""
    named = row._mapping  # noqa: SLF001 (SQLAlchemy's public name for it)
    return SealedRow(
        id=row.id,
        grant=GrantId(named.get("grant_id", row.id)),
        owner=OwnerId(row.owner),
        generation=row.generation,
        access=Sealed(row.access),
        refresh=Sealed(named["refresh"]) if named.get("refresh") else None,
    )
