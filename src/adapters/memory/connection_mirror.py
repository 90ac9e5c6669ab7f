"""The mirror over a dashboard's database in memory."""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from adapters.memory.dashboard import ACTIVE, NEEDS_REAUTH, DashboardRow, MemoryDashboard
from application.ports.connection_mirror import Lack, MirrorUnavailable, RowOutcome, RowReport
from domain.ids import ConnectionId, OwnerId
from domain.mirror_look import Look, MirrorIdentity, SeenRow
from domain.mirrored_row import Intent, Leave, Remove, Show

LOCKED_WITHIN = 0.5
"""Seconds for which a row's lock is waited for."""


class MemoryConnectionMirror:
    """Writes rows into a dashboard in memory.

    `before_each` is called at the start of every request, in the thread that asks: a test may block there, or count.
    """

    configured = True

    def __init__(self, dashboard: MemoryDashboard, before_each: Callable[[], None] = lambda: None) -> None:
        self.dashboard, self.before_each = dashboard, before_each
        self._turns = defaultdict[ConnectionId, threading.Lock](threading.Lock)

    def settle(self, connection: ConnectionId, intent: Callable[[MirrorIdentity], Intent]) -> RowReport:
        with self.turn(connection):
            desired = intent(self.identity())
            with self.changing():
                match desired:
                    case Show():
                        return self._show(desired)
                    case Remove():
                        return self._remove(connection)
                    case Leave():
                        return RowReport(RowOutcome.LEFT)

    def row_is_there(self, connection: ConnectionId, owner: OwnerId) -> bool:
        self.ask()
        row = self.seen(connection)
        return row is not None and row.owner == owner and not row.token

    def is_user(self, owner: OwnerId) -> bool:
        self.ask()
        return owner in self.dashboard.users

    def look(self, owners: Collection[OwnerId]) -> Look:
        self.ask()
        with self.dashboard.lock:
            tables = self.dashboard.tables
            return Look(
                identity=self.identity(),
                standby=self.dashboard.standby,
                users_are_empty=not tables.users,
                rows=tuple(
                    SeenRow(row.id, row.owner, row.account, row.account_name, row.status, bool(row.token))
                    for row in sorted(tables.rows.values(), key=lambda row: row.id)
                    if row.is_of_our_kind and not self.dashboard.hidden
                ),
                gone_users=frozenset(owners) - tables.users,
            )

    def lacks(self) -> Sequence[Lack]:
        self.ask()
        return list(self.dashboard.lacks)

    def mark_stale(self, connection: ConnectionId, owner: OwnerId, now: datetime) -> None:
        self.ask()
        with self.changing():
            row = self.seen(connection)
            if row and row.owner == owner and not row.token:
                self.dashboard.rows[connection] = replace(row, status=NEEDS_REAUTH)

    @contextmanager
    def turn(self, connection: ConnectionId) -> Iterator[None]:
        """The lock of a connection there."""
        self.ask()
        with self.dashboard.lock:
            turn = self._turns[connection]
        if not turn.acquire(timeout=LOCKED_WITHIN):
            raise MirrorUnavailable("another holds the row")
        try:
            yield
        finally:
            turn.release()

    def ask(self) -> None:
        """The beginning of a request."""
        self.before_each()
        if self.dashboard.away:
            raise MirrorUnavailable("away")

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One transaction; it may be that only its answer is lost."""
        with self.dashboard.lock:
            if self.dashboard.away:
                raise MirrorUnavailable("away")
            if self.dashboard.standby:
                raise MirrorUnavailable("a standby takes no change")
            yield
            self.dashboard.advance()
            if self.dashboard.answers_to_lose:
                self.dashboard.answers_to_lose -= 1
                raise MirrorUnavailable("the answer was lost")

    def identity(self) -> MirrorIdentity:
        """Which database it is now."""
        tables = self.dashboard.tables
        return MirrorIdentity(tables.system, tables.table, None if self.dashboard.standby else tables.position)

    def seen(self, connection: ConnectionId) -> DashboardRow | None:
        """The row as this role sees it."""
        row = self.dashboard.rows.get(connection)
        return row if row and row.platform == "tiktok_ads" and not self.dashboard.hidden else None

    def _show(self, desired: Show) -> RowReport:
        row, there = desired.row, self.seen(desired.row.connection)
        status = NEEDS_REAUTH if row.needs_reauth else ACTIVE
        if there is None:
            return self._insert(desired, status) if desired.insert else RowReport(RowOutcome.MISSING)
        if there.token:
            return RowReport(RowOutcome.CONFLICT, "it holds a token, so it is not ours")
        if (there.owner, there.account) != (row.owner, row.account):
            return RowReport(RowOutcome.CONFLICT, "its user_id or account_id was changed")
        self.dashboard.rows[row.connection] = replace(there, account_name=row.account_name, status=status)
        return RowReport(RowOutcome.THERE)

    def _insert(self, desired: Show, status: str) -> RowReport:
        row = desired.row
        if row.connection in self.dashboard.rows or self.dashboard.hidden:
            return RowReport(RowOutcome.CONFLICT, "the table refuses the row")
        if row.owner not in self.dashboard.users:
            return RowReport(RowOutcome.CONFLICT, "its owner is no user there")
        older = [
            one
            for one in self.dashboard.rows.values()
            if (one.platform, one.owner, one.account) == ("tiktok_ads", row.owner, row.account)
            and (not one.is_of_our_kind or (one.id in desired.gives_way and not one.token))
        ]
        older.sort(key=lambda one: (one.is_of_our_kind, one.created_at))
        for one in older:
            del self.dashboard.rows[one.id]
        self.dashboard.rows[row.connection] = DashboardRow(
            row.connection,
            row.owner,
            row.account,
            row.account_name,
            min([row.created_at, *(one.created_at for one in older)]),
            status,
            spend=tuple(sorted({day for one in older for day in one.spend})),
            figures={day: rows for one in older for day, rows in one.figures.items()},
        )
        return RowReport(RowOutcome.THERE, took_over=tuple(sorted(one.id for one in older)))

    def _remove(self, connection: ConnectionId) -> RowReport:
        there = self.seen(connection)
        if there and there.token:
            return RowReport(RowOutcome.CONFLICT, "it holds a token, so it is not ours")
        if there:
            del self.dashboard.rows[connection]
        return RowReport(RowOutcome.GONE)
