"""What there is: our database, theirs, writers and looks under way, and what happened in truth. Values only."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirror_look import Look, MirrorIdentity, SeenRow
from domain.mirror_state import MirrorState
from domain.mirrored_row import ERASED, Intent, KnownRow, MirroredRow, WrittenRow

START = datetime(2026, 11, 1, tzinfo=UTC)
HALF_A_DAY = timedelta(hours=12)


class Connection(NamedTuple):
    """A connection of ours. Every owner has one account."""

    id: ConnectionId
    owner: OwnerId
    times_connected: int = 1
    needs_reauth: bool = False
    missing_since: datetime | None = None

    @property
    def row(self) -> MirroredRow:
        account = AdvertiserId(self.owner)
        return MirroredRow(self.id, self.owner, account, "Shop", needs_reauth=self.needs_reauth, created_at=START)


class Message(NamedTuple):
    """One of the outbox. It names a connection, and no more."""

    connection: ConnectionId
    carried: Intent | None = None
    """Where the wrong choice is made to carry it."""


class Ours(NamedTuple):
    """Our database."""

    connections: tuple[Connection, ...] = ()
    written: tuple[WrittenRow, ...] = ()
    note: MirrorState = MirrorState()
    outbox: tuple[Message, ...] = ()
    hold: bool = False
    """It was restored from a backup, and not adopted yet."""

    def connection(self, connection: ConnectionId) -> Connection | None:
        return next((c for c in self.connections if c.id == connection), None)

    def of(self, owner: OwnerId) -> Connection | None:
        return next((c for c in self.connections if c.owner == owner), None)

    def with_connection(self, connection: Connection) -> "Ours":
        others = (c for c in self.connections if c.id != connection.id)
        return self._replace(connections=tuple(sorted([*others, connection])))

    def without(self, connection: ConnectionId) -> "Ours":
        return self._replace(connections=tuple(c for c in self.connections if c.id != connection))

    def written_row(self, connection: ConnectionId) -> WrittenRow | None:
        return next((w for w in self.written if w.connection == connection), None)

    def with_written(self, row: WrittenRow) -> "Ours":
        others = (w for w in self.written if w.connection != row.connection)
        return self._replace(written=tuple(sorted([*others, row], key=lambda w: w.connection)))

    def forgetting(self, *rows: ConnectionId) -> "Ours":
        return self._replace(written=tuple(w for w in self.written if w.connection not in rows))

    def left_over_of(self, owner: OwnerId) -> tuple[ConnectionId, ...]:
        its = (w.connection for w in self.written if w.owner == owner and w.gone_at is None)
        return tuple(row for row in its if self.connection(row) is None)

    def forgetting_owner(self, owner: OwnerId) -> "Ours":
        """Whose its rows without connections were; a stale one is to go."""
        ours = self
        for row in self.written:
            if row.owner == owner and self.connection(row.connection) is None:
                ours = ours.with_written(replace(row, owner=ERASED, stale=False))
        return ours

    def known_rows(self) -> tuple[KnownRow, ...]:
        connections = {c.id: c for c in self.connections}
        pairs = ((w, connections.get(w.connection)) for w in self.written)
        return tuple(KnownRow(w, c.times_connected, c.missing_since) if c else KnownRow(w, None) for w, c in pairs)

    def sent(self, connection: ConnectionId, carried: Intent | None = None) -> "Ours":
        """With one more message in the outbox; a second equal one that waits adds nothing."""
        message = Message(connection, carried)
        if message in self.outbox:
            return self
        return self._replace(outbox=(*self.outbox, message))


class Row(NamedTuple):
    """A row of theirs of our kind."""

    id: ConnectionId
    owner: OwnerId
    needs_reauth: bool = False


class Theirs(NamedTuple):
    """A database of a dashboard."""

    system: str = "dashboard"
    table: int = 1
    position: int = 1
    users: frozenset[OwnerId] = frozenset()
    rows: tuple[Row, ...] = ()
    standby: bool = False
    hidden: bool = False
    """Behind row-level security: the rows are there, and not for us."""

    @property
    def identity(self) -> MirrorIdentity:
        return MirrorIdentity(self.system, self.table, None if self.standby else self.position)

    @property
    def visible(self) -> tuple[Row, ...]:
        return () if self.hidden else self.rows

    def row(self, connection: ConnectionId) -> Row | None:
        return next((r for r in self.visible if r.id == connection), None)

    def with_row(self, row: Row) -> "Theirs":
        others = (r for r in self.rows if r.id != row.id)
        return self._replace(rows=tuple(sorted([*others, row])), position=self.position + 1)

    def without(self, *gone: ConnectionId) -> "Theirs":
        return self._replace(rows=tuple(r for r in self.rows if r.id not in gone), position=self.position + 1)

    def look(self, owners: frozenset[OwnerId]) -> Look:
        rows = (
            SeenRow(r.id, r.owner, AdvertiserId(r.owner), "Shop", "needs_reauth" if r.needs_reauth else "active", has_token=False)
            for r in self.visible
        )
        return Look(self.identity, self.standby, not self.users, tuple(rows), owners - self.users)


class Writer(NamedTuple):
    """One that settles a row, between two of its steps. It holds the row's lock there until it has written."""

    message: Message
    intent: Intent | None = None
    """None: it waits for the lock."""
    times_connected: int = 0
    left_over: tuple[ConnectionId, ...] = ()
    """Rows of the same owner that were known to be left over when the intent was read."""
    wrote: bool = False
    there: bool | None = None
    """What became of the row: it is there, it is gone, or nothing that could be concluded from."""


class LookUnderWay(NamedTuple):
    """A look between two of its steps."""

    note: MirrorState
    rows: tuple[KnownRow, ...]
    look: Look | None = None
    disconnects: tuple[KnownRow, ...] = ()


class Chances(NamedTuple):
    """How often what may happen may still happen."""

    connects: int = 0
    reconnects: int = 0
    disconnects: int = 0
    old_routes: int = 0
    status_changes: int = 0
    deleted_users: int = 0
    half_days: int = 0
    """Looked through."""
    gaps: int = 0
    """Half days in which nobody looks."""
    slow_writers: int = 0
    lost_answers: int = 0
    crashes: int = 0
    slow_looks: int = 0
    outages: int = 0
    backups: int = 0
    restores: int = 0
    rows_restored: int = 0
    """In place: the log goes on, and the backup's rows and users are there."""
    truncations: int = 0
    truncations_with_users: int = 0
    replacements: int = 0
    """The table is made anew, or another server has the data."""
    wrong_addresses: int = 0
    """A process is started with the address of another dashboard, and later with ours."""
    standbys: int = 0
    hidings: int = 0
    strangers: int = 0
    our_backups: int = 0
    our_restores: int = 0
    rebuilds: int = 0
    erasures: int = 0
    """A person asks to be erased here."""
    years: int = 0
    """More than a year of looks, in which nothing else happens."""
    switches: int = 0


class Truth(NamedTuple):
    """What happened, whoever knows it."""

    absent: tuple[tuple[ConnectionId, int], ...] = ()
    """By connection for how many half days every look missed its row while nothing was frozen."""
    ended: frozenset[ConnectionId] = frozenset()
    """Ended by a person, an erasure, or an absence."""
    removed: frozenset[ConnectionId] = frozenset()
    """Ended, and the row was removed there."""
    shown: frozenset[tuple[ConnectionId, int]] = frozenset()
    """The row was there at some time after its person connected for this time."""
    vanished: frozenset[tuple[ConnectionId, int]] = frozenset()
    """Deleted there although it was certain to have been there since its person connected for this time."""
    struck: frozenset[ConnectionId] = frozenset()
    """Rows that were taken by what is no person's doing."""
    misfortunes: int = 0
    """What befell a database."""
    removals: tuple[ConnectionId, ...] = ()
    """Noted beside the journal since our last backup."""
    at_backup: tuple[datetime, tuple[tuple[ConnectionId, int], ...]] = (START, ())
    """When our last backup was made, and `absent` then."""
    erased: frozenset[OwnerId] = frozenset()
    """Who was erased, and has not connected since."""


class World(NamedTuple):
    """Everything at one moment."""

    left: Chances
    owners: tuple[OwnerId, ...]
    now: datetime = START
    ids: int = 0
    """How many connections there ever were."""
    ours: Ours = Ours()
    theirs: Theirs = Theirs()
    away: bool = False
    elsewhere: Theirs | None = None
    """Our dashboard's database, while the address in use is another's."""
    their_backup: Theirs | None = None
    our_backup: Ours | None = None
    writers: tuple[Writer, ...] = ()
    looks: tuple[LookUnderWay, ...] = ()
    truth: Truth = Truth()
    sin: str = ""

    def less(self, chance: str) -> "World":
        return self._replace(left=self.left._replace(**{chance: getattr(self.left, chance) - 1}))

    def knowing(self, truth: Truth) -> "World":
        return self._replace(truth=truth)

    def sinned(self, rule: str) -> "World":
        return self if self.sin else self._replace(sin=rule)


Step = tuple[str, Callable[[], World]]
"""What may happen next: its kind, a colon, whom it concerns; and what comes of it."""
Steps = Iterator[Step]
