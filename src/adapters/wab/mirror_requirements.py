"""What the mirror needs of the dashboard's database and does not have: a line each, with the statement that mends it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from adapters.wab.columns_and_privileges import TableShape, shapes_of
from adapters.wab.order_requirements import lacks_of_orders

READ, INSERT, UPDATE = "SELECT", "INSERT", "UPDATE"


@dataclass(frozen=True, slots=True)
class Need:
    """What is done with one column."""

    privileges: frozenset[str]
    type: str | None = None
    """The only type that will do; None: any text or time."""
    width: int = 0
    """Characters of the widest thing that is written."""
    fraction: int = 0
    """Digits of a second that have to be kept."""


def need(*privileges: str, type: str | None = None, width: int = 0, fraction: int = 0) -> Need:  # noqa: A002 (the word for it)
    """Build a need."""
    return Need(frozenset(privileges), type, width, fraction)


NEEDS: Mapping[str, Mapping[str, Need]] = {
    "users": {"id": need(READ, type="uuid")},
    "ad_platform_connections": {
        "id": need(READ, INSERT, type="uuid"),
        "user_id": need(READ, INSERT, type="uuid"),
        "platform": need(READ, INSERT, width=len("tiktok_ads")),
        "account_id": need(READ, INSERT, width=19),
        "account_name": need(READ, INSERT, UPDATE),
        "access_token": need(INSERT),
        "status": need(READ, INSERT, UPDATE, width=len("needs_reauth")),
        "created_at": need(READ, INSERT, fraction=6),
        "updated_at": need(INSERT, UPDATE),
    },
    "ad_spend": {
        "id": need(INSERT, type="uuid"),
        "connection_id": need(READ, INSERT, UPDATE, type="uuid"),
        "campaign_id": need(READ, INSERT, width=19),
        "campaign_name": need(READ, INSERT),
        "date": need(READ, INSERT, type="timestamp"),
        "spend": need(READ, INSERT, type="numeric"),
        "impressions": need(READ, INSERT),
        "clicks": need(READ, INSERT),
        "currency": need(READ, INSERT, width=3),
        "created_at": need(INSERT),
    },
}
"""What is done with each table. That tokens are read is not asked for: it is then seen which rows are not our own."""

CONNECTIONS, SPEND, STORES = "ad_platform_connections", "ad_spend", "stores"

COMMANDS: Mapping[str, frozenset[str]] = {
    "users": frozenset({READ}),
    CONNECTIONS: frozenset({READ, INSERT, UPDATE, "DELETE"}),
    SPEND: frozenset({READ, INSERT, UPDATE, "DELETE"}),
}

SHOWS_ALL = frozenset({"true", "((platform)::text = 'tiktok_ads'::text)", "(platform = 'tiktok_ads'::text)"})
"""How PostgreSQL writes the conditions of policies that hide no row of ours."""

POLICIES = text("""
SELECT tablename, cmd, permissive = 'PERMISSIVE' AS permissive, coalesce(qual, with_check) AS rule FROM pg_catalog.pg_policies
WHERE schemaname = (SELECT relnamespace::regnamespace::text FROM pg_catalog.pg_class WHERE oid = to_regclass(tablename))
    AND EXISTS (SELECT FROM unnest(roles) AS r WHERE r = 'public' OR pg_has_role(r, 'USAGE'))
""")

PLACE = text("SELECT quote_ident(current_user) AS role, current_setting('server_encoding') AS encoding")


def lacks_of(connection: Connection) -> Iterator[str]:
    """Compare needs with what is there."""
    role, encoding = connection.execute(PLACE).one()
    if encoding != "UTF8":
        yield f"the database's encoding is {encoding}, and not UTF8: names that it can't hold are not shown"
    shapes = shapes_of(connection, NEEDS)
    for table, shape in shapes.items():
        if shape.oid is None:
            yield f"{role} sees no table {table}: GRANT USAGE ON SCHEMA … TO {role}, or ALTER ROLE {role} SET search_path = …"
            continue
        yield from lacks_of_columns(table, shape)
        yield from privileges_lacking(table, shape, role)
        yield from others_to_fill(table, shape)
        if "DELETE" in COMMANDS[table] and not shape.may_delete:
            yield f"{role} may not delete rows of {table}: GRANT DELETE ON {table} TO {role}"
    yield from lacks_of_stores(connection, role)
    yield from lacks_of_row_security(connection, shapes, role)
    yield from lacks_of_orders(connection, role)


def others_to_fill(table: str, shape: TableShape) -> Iterator[str]:
    """Columns that have to be filled by whoever inserts, and are unknown here."""
    if INSERT not in COMMANDS[table]:
        return
    for column, there in shape.columns.items():
        if there.must_be_filled and column not in NEEDS[table]:
            yield (
                f"{table}.{column} has to be filled, and is not the mirror's to fill: "
                f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT …"
            )


def lacks_of_stores(connection: Connection, role: str) -> Iterator[str]:
    """Where stores have currencies, spend in another one is not delivered, so they have to be read."""
    shape = shapes_of(connection, [STORES])[STORES]
    columns = [column for column in ("user_id", "currency") if column not in shape.permitting(READ)]
    if "currency" in shape.columns and columns:
        names = ", ".join(columns)
        yield f"{role} may not {READ} {STORES} ({names}): GRANT {READ} ({names}) ON {STORES} TO {role}"


def lacks_of_columns(table: str, shape: TableShape) -> Iterator[str]:
    """Columns that are not there, of another type, or too narrow."""
    for column, needed in NEEDS[table].items():
        there = shape.columns.get(column)
        if there is None:
            yield f"{table} has no column {column}: it is not the table that the mirror was made for"
        elif needed.type and there.type != needed.type:
            yield f"{table}.{column} is {there.type}, and not {needed.type}: it is not the table that the mirror was made for"
        elif there.width is not None and there.width < needed.width:
            yield (
                f"{table}.{column} holds {there.width} characters, and {needed.width} are written: "
                f"ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar({needed.width})"
            )
        elif there.fraction is not None and there.fraction < needed.fraction:
            yield (
                f"{table}.{column} keeps {there.fraction} digits of a second, so accounts of one consent lose their order: "
                f"ALTER TABLE {table} ALTER COLUMN {column} TYPE timestamp"
            )


def privileges_lacking(table: str, shape: TableShape, role: str) -> Iterator[str]:
    """One line a privilege, with the columns that it lacks on."""
    for privilege in (READ, INSERT, UPDATE):
        permitted = shape.permitting(privilege)
        columns = [
            column
            for column, needed in NEEDS[table].items()
            if privilege in needed.privileges and column in shape.columns and column not in permitted
        ]
        if columns:
            names = ", ".join(columns)
            yield f"{role} may not {privilege} {table} ({names}): GRANT {privilege} ({names}) ON {table} TO {role}"


def lacks_of_row_security(connection: Connection, shapes: Mapping[str, TableShape], role: str) -> Iterator[str]:
    """Tables whose policies may hide rows of ours, or keep us from writing them."""
    policies = connection.execute(POLICIES).all()
    for table, shape in shapes.items():
        if not shape.row_security:
            continue
        commands = COMMANDS[table]
        shown = set[str]()
        hidden = False
        for policy in policies:
            if policy.tablename == table:
                shows_all = policy.rule in SHOWS_ALL or table == SPEND
                hidden |= not policy.permissive and not shows_all
                shown |= (commands if policy.cmd == "ALL" else {policy.cmd}) if policy.permissive and shows_all else set()
        if hidden or not commands <= shown:
            condition = "platform = 'tiktok_ads'" if table == CONNECTIONS else "true"
            yield (
                f"row-level security may hide rows of {table} from {role}: "
                f"CREATE POLICY tiktok_connect ON {table} TO {role} USING ({condition})"
            )
