"""What one look at the dashboard's database reads: its identity, the rows of our kind, and who is a user no more."""

from collections.abc import Collection

from sqlalchemy import ARRAY, Connection, Uuid, any_, exists, literal, select

from adapters.wab.columns_and_privileges import TableShape
from adapters.wab.dashboard_tables import IS_TIKTOKS, IS_V7, connections, has_token, users
from adapters.wab.identity_and_standby import place_of
from adapters.wab.row_writing import uuid_of
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirror_look import Look, SeenRow

ROWS_AT_ONCE = 1_000


def look_at(connection: Connection, shape: TableShape, owners: Collection[OwnerId]) -> Look:
    """See it all. The transaction is of one moment."""
    place = place_of(connection, shape)
    gone_users, users_are_empty = users_gone(connection, owners)
    return Look(
        identity=place.identity,
        standby=place.standby,
        users_are_empty=users_are_empty,
        rows=rows_of_our_kind(connection, shape),
        gone_users=gone_users,
    )


def rows_of_our_kind(connection: Connection, shape: TableShape) -> tuple[SeenRow, ...]:
    """All rows of TikTok's with a v7 id, by id: fetched piece by piece, since each statement is bounded in time."""
    query = select(
        connections.c.id,
        connections.c.user_id,
        connections.c.account_id,
        connections.c.account_name,
        connections.c.status,
        has_token(shape.permitting("SELECT")).label("has_token"),
    ).where(IS_TIKTOKS, IS_V7)
    rows = (
        SeenRow(
            ConnectionId(str(row.id)),
            OwnerId(str(row.user_id)),
            AdvertiserId(row.account_id),
            row.account_name,
            row.status,
            row.has_token,
        )
        for row in connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    )
    return tuple(sorted(rows, key=lambda row: row.connection))


def users_gone(connection: Connection, owners: Collection[OwnerId]) -> tuple[frozenset[OwnerId], bool]:
    """Which of these are no users, and whether nobody is one."""
    ids = {owner: uuid_of(owner) for owner in owners}
    asked = literal([one for one in ids.values() if one], ARRAY(Uuid))
    query = select(users.c.id).where(users.c.id == any_(asked))
    there = set(connection.execute(query).scalars())
    return (
        frozenset(owner for owner, one in ids.items() if one not in there),
        not connection.execute(select(exists(select(users.c.id)))).scalar_one(),
    )
