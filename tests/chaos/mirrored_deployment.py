"""Our use-cases over a real PostgreSQL, the dashboard's own database over another, and what must hold whatever happens."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.ports.connection_mirror import MirrorUnavailable
from application.ports.store_of_all_owners import StoreOfAllOwners
from application.rotation.permit_turn import never
from chaos.troubled_mirror import Killed, TroubledMirror
from domain.errors import ConnectionNotFound, InvalidRequest, UnknownUser
from domain.ids import ConnectionId, OwnerId
from domain.mirror_look import Look
from domain.mirror_row_source import MirrorRowSource
from domain.mirror_state import MirrorState
from entrypoints.settings import Settings
from entrypoints.testing import ApplicationOverMemory
from support.dashboard_database import DashboardDatabase
from support.databases import Kept
from support.simulator_as_ad_platform import SimulatorAsAdPlatform
from support.world import World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AUDITS = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of our kind there."""

    owner: OwnerId
    status: str


class Stored(World):
    """The world over a whole database; its mirror is given."""

    def __init__(self, kept: Kept, mirror: TroubledMirror) -> None:
        self._kept = kept
        super().__init__(
            clock=kept.clock,
            store=kept.store,
            claims=kept.claims,
            ids=kept.ids,
            given_tallies=kept.tallies,
            given_fleet=kept.fleet,
            given_mirror=mirror,
        )

    def over(self, settings: Settings, **more: object) -> ApplicationOverMemory[SimulatorAsAdPlatform]:
        return super().over(settings, outbox_feed=self._kept.feed, heartbeats=self._kept.heartbeats, **more)


class MirroredDeployment:
    """What steps are carried out with, and how what came of them is judged. The steps are in `mirror_schedule.py`."""

    def __init__(self, kept: Kept, home: DashboardDatabase, owners: Iterable[OwnerId]) -> None:
        self.kept, self.home, self.owners = kept, home, list(owners)
        for owner in self.owners:
            home.add_user(owner)
        self.mirror = TroubledMirror(home.url)
        self.mirror.on_look = self._note_absences
        self.world = Stored(kept, self.mirror)
        self.misfortunes = 0
        """What befell a database, or the way to it."""
        self.absent: dict[ConnectionId, datetime] = {}
        """Since when each look has missed the row, none an hour after the one before, and nothing was frozen."""
        self.looked_at: datetime | None = None
        self.ended: set[ConnectionId] = set()
        """Disconnected by people or operators."""
        self.removed: set[ConnectionId] = set()
        """Ended, and seen to be gone there."""
        self.vanished: dict[ConnectionId, int] = {}
        """Deleted there although a look had seen it, with how often its person had connected by then."""
        self.here: dict[ConnectionId, MirrorRowSource] = {}
        self.there: dict[ConnectionId, Shown] = {}
        self.broken: list[str] = []
        self.step(self.look)

    # ---- steps

    def step(self, do: Callable[[], object], *, restored: bool = False) -> None:
        """Carry something out, which may fail as in a process, and judge what came of it. `restored`: operators of theirs brought
        rows back.
        """
        with suppress(MirrorUnavailable, Killed, ConnectionNotFound, UnknownUser, InvalidRequest):
            do()
        self.mirror.rest()
        self.judge(restored=restored)

    def look(self) -> None:
        self.world.container.look_at_mirror()(stopping=never)

    def turn(self) -> None:
        """What a process does every few seconds."""
        self.world.container.keep_mirror()(stopping=never)

    def connect(self, owner: OwnerId) -> None:
        before = {c.connection: c.times_connected for c in self.here.values() if c.owner == owner}
        self.world.connect("chloe", owner=owner)
        for connection in before:
            self.absent.pop(connection, None)

    def disconnect(self, connection: MirrorRowSource) -> None:
        self.ended.add(connection.connection)
        self.world.disconnect(connection.owner, connection.connection)

    def half_a_day(self) -> None:
        """With a look in time all the while."""
        for _ in range(13):
            self.world.clock.advance(HOUR - timedelta(seconds=1))
            self.step(self.look)

    def refuse(self, connection: MirrorRowSource) -> None:
        """Its grant is dead at the platform, and that is known here."""
        with self.store.write() as work:
            grant = work.grants.of_connection(connection.connection)
            if grant is not None:
                grant.disown(self.world.clock.now())
                work.grants.save(grant)
                work.commit()

    def rebuild(self) -> None:
        """An operator says that theirs is right as it is."""
        rebuild = self.world.container.rebuild_mirror()
        plan = rebuild.plan()
        self.ended |= {connection for _, connection in plan.disconnected}
        self.vanished.clear()
        self.absent.clear()
        rebuild.apply(plan, stopping=never)

    def switch(self, *, off: bool) -> None:
        self.absent.clear()
        self.world.container.rebuild_mirror().turn(off=off)

    def befalls(self, do: Callable[[], object], *, freezes: bool, restored: bool = False) -> None:
        """A misfortune of their database. `freezes`: what a look that comes at once must conclude."""
        self.misfortunes += 1
        self.note_vanishing(do, restored=restored)
        if freezes and self.note().writes:
            self.step(self.look)
            if not self.note().frozen:
                self.broken.append("it did not freeze")

    def bereft_owners(self) -> int:
        """How many owners have a row that counts as seen, and is there."""
        return len({self.here[c].owner for c in self.certain() if c in self.there and self.here[c].missing_since is None})

    def note_vanishing(self, do: Callable[[], object], *, restored: bool = False) -> None:
        """Something is deleted there: what a look had seen is not to be made again unless its person connects."""
        certain = self.certain()
        self.step(do, restored=restored)
        self.vanished |= {c: times for c, times in certain.items() if c not in self.there and c in self.here}

    def certain(self) -> dict[ConnectionId, int]:
        """Rows that count as seen, with how often their people connected. None where a writer is at work that very moment."""
        if any(standstill.thread.is_alive() for standstill in self.mirror.standstills):
            return {}
        with self.store.read() as work:
            known = work.mirror.known_rows()
        return {row.written.connection: row.times_connected or 0 for row in known if row.is_expected}

    # ---- what must hold

    def judge(self, *, restored: bool) -> None:
        here, there, note = self.read_here(), self.read_there(), self.note()
        for connection in self.here.keys() - here.keys() - self.ended:
            since = self.absent.get(connection)
            if since is None or self.world.clock.now() - since < DAY:
                self.broken.append(f"revoked by nobody: {connection}, missing since {since}")
            self.ended.add(connection)
        for connection in there.keys() - self.there.keys() if not restored else ():
            times = here[connection].times_connected if connection in here else None
            if connection in self.removed or (times is not None and self.vanished.get(connection) == times):
                self.broken.append(f"resurrected: {connection}")
        if note.frozen and not self.misfortunes:
            self.broken.append(f"frozen for nothing: {note.frozen}")
        self.removed |= {c for c in self.ended if c in self.there and c not in there and c not in here}
        self.here, self.there = here, there

    def audit(self) -> None:
        """When all is quiet both sides agree, and nothing is there that nobody here knows."""
        for _ in range(AUDITS):
            self.world.clock.advance(timedelta(minutes=6))  # what was left alone is tried again
            self.step(self.turn)
            self.step(self.look)
        if self.note().frozen or self.broken:
            return
        with self.store.read() as work:
            stale = {row.written.connection for row in work.mirror.known_rows() if row.written.stale}
        for connection, row in self.there.items():
            mine = self.here.get(connection)
            if mine is None and connection not in stale:
                self.broken.append(f"a ghost: {connection}")
            if mine is not None and (mine.missing_since is not None or row.status != self.status_of(mine)):
                self.broken.append(f"both sides differ: {connection} is {row.status} there, and here {mine}")
        for connection, mine in self.here.items():
            if connection not in self.there and mine.missing_since is None and self.is_user(mine.owner):
                self.broken.append(f"not shown: {connection}")

    def _note_absences(self, look: Look) -> None:
        """From what the look saw alone: not from what was concluded of it."""
        now, seen = self.world.clock.now(), {row.connection for row in look.rows}
        if self.looked_at is None or now - self.looked_at > HOUR or self.note().frozen or self.note().off:
            self.absent.clear()
        self.looked_at = now
        self.absent = {c: self.absent.get(c, now) for c in self.here if c not in seen}

    # ---- what is read

    @property
    def store(self) -> StoreOfAllOwners:
        return self.kept.store

    def note(self) -> MirrorState:
        with self.store.read() as work:
            return work.mirror.note()

    def read_here(self) -> dict[ConnectionId, MirrorRowSource]:
        with self.store.read() as work:
            return {connection.connection: connection for connection in work.mirror.connections()}

    def read_there(self) -> dict[ConnectionId, Shown]:
        rows = self.home.ask("SELECT id::text, user_id::text, status FROM ad_platform_connections WHERE access_token = ''")
        return {ConnectionId(str(row)): Shown(OwnerId(str(owner)), str(status)) for row, owner, status in rows}

    def is_user(self, owner: OwnerId) -> bool:
        return (owner,) in self.home.ask("SELECT id::text FROM users")

    def status_of(self, connection: MirrorRowSource) -> str:
        return "needs_reauth" if connection.row(self.world.clock.now()).needs_reauth else "active"

    def close(self) -> None:
        for standstill in self.mirror.standstills:
            standstill.go_on()
        self.mirror.real.dispose()
