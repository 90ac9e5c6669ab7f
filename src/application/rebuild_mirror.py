"""Rebuild the dashboard's rows because an operator says that its database is the right one; and turn the mirror off and on."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from application.mirroring.relist import Relist
from application.mirroring.settle_in_turns import SettleInTurns
from application.ports.clock import Clock
from application.ports.connection_mirror import ConnectionMirror
from application.ports.spend_deliveries import SpendDeliveries
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.errors import ConnectionNotFound, InvalidRequest
from domain.ids import ConnectionId, OwnerId
from domain.mirror_look import Look
from domain.mirrored_row import WrittenRow

REBUILDS_FOR = timedelta(hours=1)

Rows = tuple[tuple[OwnerId, ConnectionId], ...]


@dataclass(frozen=True, slots=True)
class RebuildPlan:
    """What a rebuild would do."""

    look: Look
    written: Rows
    """Connections whose rows would be written."""
    disconnected: Rows
    """Connections whose owners are no users there."""
    stale: Rows
    """Rows of our kind that nobody here knows: they would say that their people must connect again."""


@dataclass(frozen=True, slots=True)
class RebuildMirror:
    """Nothing is done before `apply`; both may be repeated."""

    mirror: ConnectionMirror
    store: StoreOfAllOwners
    clock: Clock
    settle_all: SettleInTurns
    disconnect: Callable[[OwnerId, ConnectionId], bool]
    relist: Relist
    spend_deliveries: SpendDeliveries
    hold: Callable[[], object | None]
    """Why nothing may be concluded from our own database; None: it is what it was."""

    def plan(self) -> RebuildPlan:
        """Raises InvalidRequest where nothing sensible can be done, MirrorUnavailable, StoreUnavailable."""
        if self.hold() is not None:
            raise InvalidRequest("our own database is on hold: adopt it first, see `tiktok-connect doctor`")
        with self.store.read() as work:
            known, connections = work.mirror.known_rows(), work.mirror.connections()
        look = self.mirror.look({connection.owner for connection in connections})
        if look.standby:
            raise InvalidRequest("the dashboard's database is a standby: WAB_DATABASE_URL has to name the one that takes changes")
        if look.users_are_empty and connections:
            raise InvalidRequest("the dashboard has no users, so everybody would be disconnected: restore its users first")
        kept = [c for c in connections if c.owner not in look.gone_users]
        ours = {c.connection for c in connections} | {r.written.connection for r in known if r.times_connected is not None}
        removed = {r.written.connection for r in known if r.times_connected is None and not r.written.stale}
        return RebuildPlan(
            look=look,
            written=tuple((c.owner, c.connection) for c in kept),
            disconnected=tuple((c.owner, c.connection) for c in connections if c.owner in look.gone_users),
            stale=tuple(
                (row.owner, row.connection)
                for row in look.rows
                if not row.has_token and row.connection not in ours and row.connection not in removed
            ),
        )

    def apply(self, plan: RebuildPlan, *, stopping: Callable[[], bool]) -> int:
        """Do it; how many rows are left to the looks. Raises MirrorUnavailable, StoreUnavailable."""
        self._start_anew(plan)
        for owner, connection in plan.disconnected:
            with suppress(ConnectionNotFound):
                self.disconnect(owner, connection)
        for owner, connection in plan.stale:
            self.mirror.mark_stale(connection, owner, self.clock.now())
        return self.settle_all(plan.written, for_at_most=REBUILDS_FOR, stopping=stopping)

    def turn(self, *, off: bool) -> None:
        """Off: nothing is written there and nothing is concluded. Raises StoreUnavailable."""
        with self.store.write() as work:
            work.mirror.put_note(work.mirror.note().turned(off=off))
            work.commit()
        if off:
            self.relist()

    def _start_anew(self, plan: RebuildPlan) -> None:
        self.spend_deliveries.deliver_all_anew()
        with self.store.write() as work:
            note = work.mirror.note()
            work.mirror.doubt_all()
            for owner, connection in plan.stale:
                work.mirror.remember(WrittenRow(connection, owner, stale=True))
            work.mirror.put_note(note.rebuilt(plan.look, self.clock.now()))
            work.commit()
        self.relist()
