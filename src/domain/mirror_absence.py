"""Rows that are missing in the dashboard's database: since when, and what that comes to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.ids import ConnectionId, OwnerId
from domain.mirror_look import Look
from domain.mirror_state import MirrorState
from domain.mirrored_row import KnownRow

ENDS_AFTER = timedelta(hours=24)
"""How long a row must be missing at every look until that is a Disconnect."""

LONGEST_GAP = timedelta(hours=1)
"""After a longer time without a look nobody knows whether the row was missing all the while."""


@dataclass(frozen=True, slots=True)
class Absences:
    """What a look says of the rows that should be there. It holds for a connection only as long as `times_connected` and
    `missing_since` are what they were before the look: whoever stores or does what it says asks again in the same transaction.
    """

    missing_since: Mapping[ConnectionId, datetime | None]
    """By connection: None, the row is there."""
    disconnected: tuple[ConnectionId, ...]
    """Missing long enough: to be disconnected as if by the person."""
    erased: tuple[OwnerId, ...]
    """No users any more, and every row of theirs was missing long enough."""


def absences(noted: MirrorState, rows: Collection[KnownRow], look: Look, now: datetime) -> Absences:
    """What a look says that froze nothing. `noted` and `rows` are as they were before it."""
    there = {row.connection for row in look.rows}
    expected = [row for row in rows if row.is_expected]
    unbroken = noted.looked_at is not None and now - noted.looked_at <= LONGEST_GAP
    since = {
        row.written.connection: None if row.written.connection in there else _since(row, now, unbroken=unbroken)
        for row in expected
    }
    ended = {connection for connection, at in since.items() if at is not None and now - at >= ENDS_AFTER}
    remaining = {row.written.owner for row in expected if row.written.connection not in ended}
    erased = {row.written.owner for row in expected} & look.gone_users - remaining - {row.owner for row in look.rows}
    disconnected = (r.written.connection for r in expected if r.written.connection in ended and r.written.owner not in erased)
    return Absences(since, tuple(disconnected), tuple(sorted(erased)))


def none_missing(rows: Collection[KnownRow]) -> Mapping[ConnectionId, None]:
    """What a mirror that freezes says: it unlists nothing, and absences start anew when it thaws."""
    return {row.written.connection: None for row in rows if row.missing_since is not None}


def _since(row: KnownRow, now: datetime, *, unbroken: bool) -> datetime:
    return row.missing_since if unbroken and row.missing_since is not None else now
