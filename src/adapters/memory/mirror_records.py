"""What is kept of the dashboard's mirror, in a database of this process."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from adapters.memory.database import Changes
from domain.advertiser import Connection
from domain.grant import Grant
from domain.ids import ConnectionId, GrantId, OwnerId
from domain.mirror_row_source import MirrorRowSource, in_order
from domain.mirror_state import MirrorState
from domain.mirrored_row import ERASED, KnownRow, WrittenRow

THE_NOTE = 1


class MemoryMirrorRecords:
    """Rows and the note in dictionaries."""

    def __init__(self, rows: Changes) -> None:
        self._rows = rows

    def connection(self, connection: ConnectionId) -> MirrorRowSource | None:
        for grant in self._grants_with(connection):
            if connection in grant.connections:
                owned = (c for g in self._of_owner(grant.owner) for c in g.connections.values())
                moment = grant.connections[connection].created_at
                earlier = sum(c.created_at == moment and c.id < connection for c in owned)
                return to_show(grant.connections[connection], grant, earlier)
        return None

    def connections(self) -> list[MirrorRowSource]:
        return in_order([to_show(c, grant) for grant in self._rows.grants.values() for c in grant.connections.values()])

    def of_grant(self, grant: GrantId) -> list[ConnectionId]:
        return sorted(self._rows.grants[grant].connections) if grant in self._rows.grants else []

    def written(self, connection: ConnectionId) -> WrittenRow | None:
        return self._rows.mirrored_rows.get(connection)

    def left_over_of(self, owner: OwnerId) -> list[ConnectionId]:
        return [key for key, row in self._unconnected() if row.owner == owner and row.gone_at is None]

    def known_rows(self) -> list[KnownRow]:
        held = self._held()
        known = ((written, held.get(key)) for key, written in sorted(self._rows.mirrored_rows.items()))
        return [KnownRow(w, c.times_connected, c.missing_since) if c else KnownRow(w, None) for w, c in known]

    def remember(self, row: WrittenRow) -> None:
        self._rows.mirrored_rows.setdefault(row.connection, row)

    def confirm(self, connection: ConnectionId, times_connected: int) -> None:
        row = self._rows.mirrored_rows.get(connection)
        if row is not None and (row.confirmed_for or 0) < times_connected:
            self._rows.mirrored_rows[connection] = replace(row, confirmed_for=times_connected)

    def doubt_all(self) -> None:
        for key, row in list(self._rows.mirrored_rows.items()):
            self._rows.mirrored_rows[key] = replace(row, confirmed_for=None)

    def forget(self, connection: ConnectionId) -> None:
        self._rows.mirrored_rows.pop(connection, None)

    def note_gone(self, gone: Mapping[ConnectionId, datetime | None]) -> None:
        for key, at in gone.items():
            if (row := self._rows.mirrored_rows.get(key)) is not None:
                self._rows.mirrored_rows[key] = replace(row, gone_at=at)

    def forget_gone(self, before: datetime, *, limit: int) -> int:
        gone = [key for key, row in self._unconnected() if row.gone_at is not None and row.gone_at < before][:limit]
        for key in gone:
            self.forget(key)
        return len(gone)

    def forget_owner(self, owner: OwnerId) -> None:
        for key, row in self._unconnected():
            if row.owner == owner:
                self._rows.mirrored_rows[key] = replace(row, owner=ERASED, stale=False)

    def clear(self) -> None:
        for table in (self._rows.mirrored_rows, self._rows.mirror_note):
            table.clear()

    def note(self) -> MirrorState:
        return self._rows.mirror_note.get(THE_NOTE) or MirrorState()

    def put_note(self, note: MirrorState) -> None:
        self._rows.mirror_note[THE_NOTE] = note

    def _held(self) -> dict[ConnectionId, Connection]:
        return {c.id: c for grant in self._rows.grants.values() for c in grant.connections.values()}

    def _unconnected(self) -> list[tuple[ConnectionId, WrittenRow]]:
        """Rows whose connections are gone, by id."""
        held = self._held()
        return [(key, row) for key, row in sorted(self._rows.mirrored_rows.items()) if key not in held]

    def _grants_with(self, connection: ConnectionId) -> Iterator[Grant]:
        changed, below = self._rows.grants.changed, self._rows.rows.grants.of_connection(connection)
        yield from changed.values()
        if below is not None and below not in changed:
            yield self._rows.grants[below]

    def _of_owner(self, owner: OwnerId) -> Iterator[Grant]:
        changed = {g.id for g in self._rows.grants.changed.values() if g.owner == owner}
        return (self._rows.grants[g] for g in changed.union(self._rows.rows.grants.of_owner(owner)))


def to_show(connection: Connection, grant: Grant, earlier: int = 0) -> MirrorRowSource:
    """A connection and its grant as far as the dashboard shows them."""
    return MirrorRowSource(
        connection=connection.id,
        grant=grant.id,
        owner=connection.owner,
        account=connection.advertiser.id,
        account_name=connection.advertiser.label,
        health=grant.health,
        created_at=connection.created_at,
        earlier=earlier,
        times_connected=connection.times_connected,
        lost_at=connection.lost_at,
        missing_since=connection.missing_since,
    )
