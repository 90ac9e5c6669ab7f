"""What a look recognises: rows that are there from now on, rows that are gone, and stale ones whose people are back."""

from collections.abc import Collection, Mapping
from datetime import datetime

from domain.ids import ConnectionId
from domain.mirror_look import Look
from domain.mirrored_row import KnownRow, WrittenRow


def seen_anew(rows: Collection[KnownRow], look: Look) -> Mapping[ConnectionId, int]:
    """By connection for how many consents its row is confirmed: as many as there were before the look."""
    there = {row.connection for row in look.rows}
    unconfirmed = (row for row in rows if row.written.connection in there and not row.is_expected)
    return {row.written.connection: row.times_connected for row in unconfirmed if row.times_connected is not None}


def gone_anew(rows: Collection[KnownRow], look: Look, now: datetime) -> Mapping[ConnectionId, datetime | None]:
    """By connection since when neither it nor its row is there, where the look says another thing than what is remembered."""
    there = {row.connection for row in look.rows}
    gone = {row.written.connection for row in rows if row.times_connected is None and row.written.connection not in there}
    return {
        row.written.connection: now if row.written.connection in gone else None
        for row in rows
        if (row.written.gone_at is not None) != (row.written.connection in gone)
    }


def stale_no_longer(rows: Collection[KnownRow], look: Look) -> tuple[WrittenRow, ...]:
    """Rows that say "connect again" beside the row of the same owner and account who has: they are to go."""
    there = {row.connection: (row.owner, row.account) for row in look.rows}
    connected = {there.get(row.written.connection) for row in rows if row.times_connected is not None}
    stale = (row.written for row in rows if row.written.stale and row.times_connected is None)
    return tuple(row for row in stale if row.connection in there and there[row.connection] in connected)
