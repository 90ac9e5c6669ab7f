"""What is kept of the dashboard's mirror, as rows."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql import tables
from adapters.sql.grant_rows import health_of
from domain.advertiser import Advertiser
from domain.ids import ConnectionId, GrantId, OwnerId
from domain.mirror_row_source import MirrorRowSource, in_order
from domain.mirror_state import MirrorState
from domain.mirrored_row import ERASED, KnownRow, WrittenRow

THE_NOTE = 1

IDS_AT_ONCE = 500
"""In one statement."""

connections, rows, notes = tables.connections.c, tables.mirrored_rows.c, tables.mirror_note.c

UNCONNECTED = ~exists(select(connections.id).where(connections.id == rows.connection_id))
"""Of a remembered row: its connection is gone."""


class SqlMirrorRecords:
    """Reads a connection with its grant's health alone; an owner may have ten thousand."""

    def __init__(self, connection: Connection, *, locks: bool) -> None:
        self._connection, self._locks = connection, locks
        self._insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert

    def connection(self, connection: ConnectionId) -> MirrorRowSource | None:
        row = self._connection.execute(to_show().where(connections.id == connection)).first()
        if row is None:
            return None
        same_moment = (connections.owner == row.owner, connections.created_at == row.created_at)
        earlier = select(func.count()).select_from(tables.connections).where(*same_moment, connections.id < row.id)
        return replace(to_show_of(row), earlier=self._connection.execute(earlier).scalar_one())

    def connections(self) -> list[MirrorRowSource]:
        return in_order(to_show_of(row) for row in self._connection.execute(to_show()))

    def of_grant(self, grant: GrantId) -> list[ConnectionId]:
        return list(
            self._connection.scalars(select(connections.id).where(connections.grant_id == grant).order_by(connections.id))
        )

    def written(self, connection: ConnectionId) -> WrittenRow | None:
        row = self._connection.execute(select(tables.mirrored_rows).where(rows.connection_id == connection)).first()
        return written_of(row) if row else None

    def left_over_of(self, owner: OwnerId) -> list[ConnectionId]:
        its = select(rows.connection_id).where(rows.owner == owner, rows.gone_at.is_(None), UNCONNECTED)
        return list(self._connection.scalars(its.order_by(rows.connection_id)))

    def known_rows(self) -> list[KnownRow]:
        beside = tables.mirrored_rows.outerjoin(tables.connections, connections.id == rows.connection_id)
        known = select(tables.mirrored_rows, connections.times_connected, connections.missing_since).select_from(beside)
        found = self._connection.execute(known.order_by(rows.connection_id))
        return [KnownRow(written_of(row), row.times_connected, row.missing_since) for row in found]

    def remember(self, row: WrittenRow) -> None:
        values = {
            "connection_id": row.connection,
            "owner": row.owner,
            "confirmed_for": row.confirmed_for,
            "stale": row.stale,
            "gone_at": row.gone_at,
        }
        self._connection.execute(self._insert(tables.mirrored_rows).values(values).on_conflict_do_nothing())

    def confirm(self, connection: ConnectionId, times_connected: int) -> None:
        fewer = or_(rows.confirmed_for.is_(None), rows.confirmed_for < times_connected)
        confirmed = update(tables.mirrored_rows).where(rows.connection_id == connection, fewer)
        self._connection.execute(confirmed.values(confirmed_for=times_connected))

    def doubt_all(self) -> None:
        self._connection.execute(update(tables.mirrored_rows).values(confirmed_for=None))

    def forget(self, connection: ConnectionId) -> None:
        self._connection.execute(delete(tables.mirrored_rows).where(rows.connection_id == connection))

    def note_gone(self, gone: Mapping[ConnectionId, datetime | None]) -> None:
        by_time = defaultdict[datetime | None, list[ConnectionId]](list)
        for connection, at in gone.items():
            by_time[at].append(connection)
        for at, ids in by_time.items():
            for first in range(0, len(ids), IDS_AT_ONCE):
                these = rows.connection_id.in_(ids[first : first + IDS_AT_ONCE])
                self._connection.execute(update(tables.mirrored_rows).where(these).values(gone_at=at))

    def forget_gone(self, before: datetime, *, limit: int) -> int:
        gone = select(rows.connection_id).where(rows.gone_at < before, UNCONNECTED).limit(limit)
        ids = list(self._connection.scalars(gone))
        self._connection.execute(delete(tables.mirrored_rows).where(rows.connection_id.in_(ids)))
        return len(ids)

    def forget_owner(self, owner: OwnerId) -> None:
        its = update(tables.mirrored_rows).where(rows.owner == owner, UNCONNECTED)
        self._connection.execute(its.values(owner=ERASED, stale=False))

    def clear(self) -> None:
        for table in (tables.mirrored_rows, tables.mirror_note):
            self._connection.execute(delete(table))

    def note(self) -> MirrorState:
        mine = select(notes.record).where(notes.number == THE_NOTE)
        if self._locks:
            new = self._insert(tables.mirror_note).values(number=THE_NOTE, record=MirrorState())
            self._connection.execute(new.on_conflict_do_nothing())
            mine = mine.with_for_update()
        return self._connection.scalar(mine) or MirrorState()

    def put_note(self, note: MirrorState) -> None:
        self._connection.execute(update(tables.mirror_note).where(notes.number == THE_NOTE).values(record=note))


def to_show() -> Select[Any]:
    """Connections with what tells the health of their grants."""
    health = [tables.grants.c[name] for name in HEALTH]
    return select(tables.connections, *health).join(tables.grants, tables.grants.c.id == connections.grant_id)


HEALTH = ("health", "reason", "usable_until", "believed", "since", "access", "access_expires_at", "settled_at")
"""What tells a grant's health, also one that a newer version wrote."""


def to_show_of(row: Row[Any]) -> MirrorRowSource:
    """A row as the connection to show."""
    return MirrorRowSource(
        connection=row.id,
        grant=row.grant_id,
        owner=row.owner,
        account=row.advertiser_id,
        account_name=Advertiser(row.advertiser_id, row.name).label,
        health=health_of(row),
        created_at=row.created_at,
        earlier=0,
        times_connected=row.times_connected,
        lost_at=row.lost_at,
        missing_since=row.missing_since,
    )


def written_of(row: Row[Any]) -> WrittenRow:
    """A row as what is remembered of the dashboard's."""
    return WrittenRow(row.connection_id, row.owner, row.confirmed_for, stale=row.stale, gone_at=row.gone_at)
