"""The small world beside a dashboard in memory, whose rows follow our connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.memory.connection_mirror import MemoryConnectionMirror
from adapters.memory.dashboard import DashboardRow, MemoryDashboard
from adapters.memory.spend_sink import MemorySpendSink
from application.rotation.permit_turn import never
from domain.advertiser import Connection
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirror_row_source import MirrorRowSource
from domain.mirror_state import MirrorState
from domain.mirrored_row import WrittenRow
from support.builders import ANNA, BERT, MINUTE, SECOND
from support.world import World

LOOK_EVERY = 15 * SECOND


@dataclass
class MirroredWorld(World):
    """Its mirror has looked once, so that it writes."""

    dashboard: MemoryDashboard = field(default_factory=lambda: MemoryDashboard([ANNA, BERT]))

    def __post_init__(self) -> None:
        self.mirror = self.given_mirror = self.given_mirror or MemoryConnectionMirror(self.dashboard)
        if self.given_sink is None and isinstance(self.mirror, MemoryConnectionMirror):
            self.given_sink = MemorySpendSink(self.mirror)
        super().__post_init__()
        self.changes, self.contact_there = self.container.mirror_changes(), self.container.dashboard_contact()
        self.look()

    def look(self) -> None:
        """One look, whoever else looks."""
        self.container.look_at_mirror()(stopping=never)

    def turn(self) -> None:
        """What a process does every few seconds."""
        self.container.keep_mirror()(stopping=never)

    def look_for(self, span: timedelta, *, every: timedelta = 10 * MINUTE) -> None:
        """Let time pass with a look now and then, the last one at its end."""
        until = self.clock.now() + span
        while self.clock.now() < until:
            self.clock.advance(min(every, until - self.clock.now()))
            self.look()

    def follow(self) -> None:
        """Settle what the outbox tells of."""
        self.changes(stopping=never)

    def rows_of(self, owner: OwnerId = ANNA) -> list[DashboardRow]:
        """What the dashboard shows to a person, in its order."""
        return self.dashboard.shown_to(owner)

    def statuses(self, owner: OwnerId = ANNA) -> list[str]:
        return [row.status for row in self.rows_of(owner)]

    def listed(self, owner: OwnerId = ANNA) -> list[ConnectionId]:
        """What we list."""
        return [view.connection.id for view in self.list_connections(owner)]

    def shown(self, connection: ConnectionId) -> MirrorRowSource | None:
        assert self.store is not None
        with self.store.read() as work:
            return work.mirror.connection(connection)

    def missing_since(self, connection: ConnectionId) -> datetime | None:
        """Of a connection that there is."""
        shown = self.shown(connection)
        assert shown is not None
        return shown.missing_since

    def confirmed_for(self, connection: ConnectionId) -> int | None:
        """Of a row that is remembered."""
        written = self.written(connection)
        assert written is not None
        return written.confirmed_for

    def an_account_of(self, user: str) -> AdvertiserId:
        """The first."""
        return AdvertiserId(self.machine.accounts(user)[0].advertiser_id)

    def written(self, connection: ConnectionId) -> WrittenRow | None:
        assert self.store is not None
        with self.store.read() as work:
            return work.mirror.written(connection)

    @property
    def note(self) -> MirrorState:
        assert self.store is not None
        with self.store.read() as work:
            return work.mirror.note()

    def connect_many(self, owners: int) -> list[Connection]:
        """One account each for so many owners, who are users of the dashboard."""
        connections = list[Connection]()
        for number in range(owners):
            owner = OwnerId(f"owner-{number}")
            self.dashboard.users.add(owner)
            connections += self.connect("chloe", owner=owner)
        return connections
