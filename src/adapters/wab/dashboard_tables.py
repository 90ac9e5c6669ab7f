"""The dashboard's tables, with the columns that the mirror uses, and the condition that every statement carries."""

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    and_,
    cast,
    false,
    func,
    literal_column,
    or_,
)

metadata = MetaData()

users = Table("users", metadata, Column("id", Uuid))

connections = Table(
    "ad_platform_connections",
    metadata,
    Column("id", Uuid),
    Column("user_id", Uuid),
    Column("platform", Text),
    Column("account_id", Text),
    Column("account_name", Text),
    Column("access_token", Text),
    Column("refresh_token", Text),
    Column("status", Text),
    Column("created_at", DateTime),
    Column("updated_at", DateTime),
)

ad_spend = Table(
    "ad_spend",
    metadata,
    Column("id", Uuid),
    Column("connection_id", Uuid),
    Column("campaign_id", Text),
    Column("campaign_name", Text),
    Column("date", DateTime),
    Column("spend", Numeric),
    Column("impressions", Integer),
    Column("clicks", Integer),
    Column("currency", Text),
    Column("created_at", DateTime),
)

stores = Table("stores", metadata, Column("user_id", Uuid), Column("currency", Text))

TIKTOK: ColumnElement[str] = literal_column("'tiktok_ads'")
"""Written out in each statement, so that whoever reads their server's log sees it."""

IS_TIKTOKS = connections.c.platform == TIKTOK

IS_V7 = func.substr(cast(connections.c.id, Text), 15, 1) == "7"
"""Our kind of id. The dashboard's own are v4."""

NOW = func.timezone("UTC", func.now())


def has_token(readable: frozenset[str]) -> ColumnElement[bool]:
    """Whether a row holds a token, as far as its token columns may be read; where none may, no row is known to."""
    columns = [column for column in (connections.c.access_token, connections.c.refresh_token) if column.name in readable]
    return or_(false(), *(and_(column.is_not(None), column != "") for column in columns))
