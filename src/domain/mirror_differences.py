"""Where the dashboard's rows differ from our connections: what is to be settled, and what only an operator can mend."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.ids import ConnectionId, OwnerId
from domain.mirror_look import Look, SeenRow
from domain.mirror_row_source import MirrorRowSource
from domain.mirrored_row import KnownRow

ACTIVE, NEEDS_REAUTH = "active", "needs_reauth"
"""The dashboard's words for a status."""

CUT_FROM = 64
"""A name there that is at least so long, and with which ours begins, counts as ours cut to its column's width."""


@dataclass(frozen=True, slots=True)
class MirrorDifferences:
    """Each with its owner and connection."""

    unwritten: tuple[tuple[OwnerId, ConnectionId], ...]
    """Not there, and not seen there since the person last connected."""
    left_over: tuple[tuple[OwnerId, ConnectionId], ...]
    """There, though their connections are gone here."""
    changed: tuple[tuple[OwnerId, ConnectionId], ...]
    """Status or name are others there."""
    foreign: tuple[tuple[OwnerId, ConnectionId], ...]
    """A row under our id with another owner or account, or with a token: never mended."""
    missing: tuple[tuple[OwnerId, ConnectionId], ...]
    """They were there, and are not."""

    @property
    def to_settle(self) -> tuple[tuple[OwnerId, ConnectionId], ...]:
        """What a look settles. Foreign ones too: that tells of them, and changes nothing."""
        return (*self.unwritten, *self.left_over, *self.changed, *self.foreign)


def differences(
    connections: Collection[MirrorRowSource], known: Collection[KnownRow], look: Look, now: datetime
) -> MirrorDifferences:
    """What a look that froze nothing says. Connections and rows were read before it."""
    rows = {row.connection: row for row in look.rows}
    expected = {row.written.connection for row in known if row.is_expected}
    listed = [c for c in connections if c.missing_since is None]
    seen = [(c, rows[c.connection]) for c in connections if c.connection in rows]
    return MirrorDifferences(
        unwritten=named(c for c in listed if c.connection not in expected and c.connection not in rows),
        left_over=tuple(
            (row.written.owner, row.written.connection)
            for row in known
            if row.times_connected is None and not row.written.stale and row.written.connection in rows
        ),
        changed=named(c for c, row in seen if not is_foreign(c, row) and has_changed(c, row, now)),
        foreign=named(c for c, row in seen if is_foreign(c, row)),
        missing=named(c for c in connections if c.connection in expected and c.connection not in rows),
    )


def named(connections: Iterator[MirrorRowSource]) -> tuple[tuple[OwnerId, ConnectionId], ...]:
    """Each with its owner."""
    return tuple((c.owner, c.connection) for c in connections)


def is_foreign(connection: MirrorRowSource, row: SeenRow) -> bool:
    """Whether the row is not the one that we wrote."""
    mine = (connection.owner.lower(), connection.account)  # UUIDs, whose letters count the same in either case
    return row.has_token or (row.owner.lower(), row.account) != mine


def has_changed(connection: MirrorRowSource, row: SeenRow, now: datetime) -> bool:
    """Whether it shows what ours does not say."""
    mine = connection.row(now)
    status = NEEDS_REAUTH if mine.needs_reauth else ACTIVE
    return row.status != status or not is_name_of(mine.account_name, row.account_name or "")


def is_name_of(name: str, there: str) -> bool:
    """Whether the name there is ours, whole or cut."""
    return there == name or (len(there) >= CUT_FROM and name.startswith(there))
