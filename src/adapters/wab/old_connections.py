"""The dashboard's own TikTok connections from before: rows with tokens that it sealed, read and emptied for the import."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    MetaData,
    Table,
    Text,
    Uuid,
    cast,
    func,
    not_,
    select,
    text,
    update,
)
from sqlalchemy.engine import Row

from adapters.wab.dashboard_database import DashboardDatabase
from adapters.wab.dashboard_tables import TIKTOK
from application.ports.connection_mirror import Lack
from application.ports.old_connections import Emptied, OldRow
from domain.ids import AdvertiserId, ConnectionId, OwnerId

rows = Table(
    "ad_platform_connections",
    MetaData(),
    Column("id", Uuid),
    Column("user_id", Uuid),
    Column("platform", Text),
    Column("account_id", Text),
    Column("account_name", Text),
    Column("access_token", Text),
    Column("refresh_token", Text),
    Column("token_expires_at", DateTime),
    Column("status", Text),
    Column("created_at", DateTime),
    Column("updated_at", DateTime),
)
"""With the columns that hold tokens, which only this reads."""

IS_OLD = (rows.c.platform == TIKTOK, not_(func.substr(cast(rows.c.id, Text), 15, 1) == "7"), rows.c.access_token != "")

TOKEN_COLUMNS = ("access_token", "refresh_token", "token_expires_at")

NEEDED = {"SELECT": (*TOKEN_COLUMNS, "updated_at"), "UPDATE": TOKEN_COLUMNS}

PRIVILEGES = text("""
SELECT quote_ident(current_user) AS role, privilege, string_agg(attname, ', ' ORDER BY attnum) AS columns
FROM pg_catalog.pg_attribute
JOIN unnest(CAST(:privileges AS text[]), CAST(:columns AS text[])) AS needed (privilege, name) ON name = attname
WHERE attrelid = to_regclass('ad_platform_connections') AND NOT has_column_privilege(attrelid, attnum, privilege)
GROUP BY privilege ORDER BY privilege
""")


class WabOldConnections:
    """Keeps the promises of the port `OldConnections`. It connects at its first use."""

    def __init__(self, url: str) -> None:
        self._database = DashboardDatabase(url)

    def dispose(self) -> None:
        """Close the connections; the next use makes new ones."""
        self._database.dispose()

    def lacks(self) -> Sequence[Lack]:
        pairs = [(privilege, column) for privilege, columns in NEEDED.items() for column in columns]
        with self._database.seeing() as transaction:
            lacking = transaction.execute(
                PRIVILEGES, {"privileges": [pair[0] for pair in pairs], "columns": [pair[1] for pair in pairs]}
            ).all()
        return [
            Lack(
                f"{row.role} may not {row.privilege} ad_platform_connections ({row.columns}), which the import needs: "
                f"GRANT {row.privilege} ({row.columns}) ON ad_platform_connections TO {row.role}"
            )
            for row in lacking
        ]

    def owners(self) -> Sequence[OwnerId]:
        with self._database.seeing() as transaction:
            users = transaction.execute(select(rows.c.user_id).where(*IS_OLD).distinct().order_by(rows.c.user_id)).scalars()
            return [OwnerId(str(user)) for user in users]

    def of_owner(self, owner: OwnerId) -> Sequence[OldRow]:
        query = select(rows).where(rows.c.user_id == UUID(owner), *IS_OLD).order_by(rows.c.id)
        with self._database.seeing() as transaction:
            return [old_row(row) for row in transaction.execute(query)]

    def empty(self, row: OldRow) -> Emptied:
        name = UUID(row.id)
        as_read = (rows.c.access_token == row.access_text, rows.c.refresh_token.is_not_distinct_from(row.refresh_text))
        with self._database.changing() as transaction:
            emptied = transaction.execute(
                update(rows)
                .where(rows.c.id == name, rows.c.platform == TIKTOK, *as_read)
                .values(access_token="", refresh_token=None, token_expires_at=None)
            )
            return Emptied.EMPTIED if emptied.rowcount else found(transaction, rows.c.id == name)


def found(transaction: Connection, is_row: ColumnElement[bool]) -> Emptied:
    """What is known of a row that was not as it was read."""
    there = transaction.execute(select(rows.c.access_token != "").where(is_row, rows.c.platform == TIKTOK)).scalar_one_or_none()
    match there:
        case None:
            return Emptied.GONE
        case True:
            return Emptied.CHANGED
        case _:
            return Emptied.EMPTIED


def old_row(row: Row[tuple[object, ...]]) -> OldRow:
    """From the table's columns."""
    return OldRow(
        id=ConnectionId(str(row.id)),
        owner=OwnerId(str(row.user_id)),
        account=AdvertiserId(row.account_id),
        account_name=row.account_name,
        access_text=row.access_token,
        refresh_text=row.refresh_token,
        token_expires_at=row.token_expires_at and in_utc(row.token_expires_at),
        status=row.status,
        created_at=in_utc(row.created_at),
        updated_at=in_utc(row.updated_at),
    )


def in_utc(moment: datetime) -> datetime:
    """A time as the dashboard writes it."""
    return moment.replace(tzinfo=UTC)
