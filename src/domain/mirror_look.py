"""What one look at the dashboard's database sees, in one snapshot."""

from dataclasses import dataclass

from domain.ids import AdvertiserId, ConnectionId, OwnerId


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row of ours, or of our kind (a v7 id), as a look found it."""

    connection: ConnectionId
    owner: OwnerId
    account: AdvertiserId
    account_name: str | None
    status: str
    has_token: bool


@dataclass(frozen=True, slots=True)
class MirrorIdentity:
    """By what a database and its table are known again."""

    system: str | None
    """PostgreSQL's system identifier with the database's name; None: it may not be asked."""
    table: int
    """The oid of the table of connections."""
    position: int | None
    """Bytes of its write-ahead log at the look; None on a standby, or where it may not be asked."""


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that one look saw, in one snapshot."""

    identity: MirrorIdentity
    standby: bool
    users_are_empty: bool
    rows: tuple[SeenRow, ...]
    gone_users: frozenset[OwnerId]
    """Which of the owners that were asked about are no users there."""
