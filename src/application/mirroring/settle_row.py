"""Settling one row of the dashboard: what our state asks is read under the row's lock there, and no value travels."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from application.ports.clock import Clock
from application.ports.connection_mirror import ConnectionMirror, RowReport
from application.ports.spend_deliveries import SpendDeliveries
from application.ports.spend_store import SpendAccount
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.ids import ConnectionId
from domain.mirror_freeze_judgement import is_written
from domain.mirror_look import MirrorIdentity
from domain.mirrored_row import Intent, KnownRow, Leave, Show, WrittenRow

log = logging.getLogger(__name__)

MOST_TOLD = 10_000
"""Differences that are remembered, so that each is logged once."""


@dataclass(frozen=True, slots=True)
class SettleRow:
    """Call it after a commit, never inside: it reads what was committed. Twice is as good as once. What becomes of the row is for
    a look to confirm.
    """

    mirror: ConnectionMirror
    store: StoreOfAllOwners
    clock: Clock
    spend_deliveries: SpendDeliveries
    hold: Callable[[], object | None]
    """Why nothing may be concluded from our own database; None: it is what it was."""
    _told: dict[ConnectionId, str] = field(default_factory=dict, init=False)

    def __call__(self, connection: ConnectionId) -> RowReport:
        """What became of the row. Raises MirrorUnavailable, StoreUnavailable: then nobody can tell."""
        report = self.mirror.settle(connection, lambda identity: self._intent(connection, identity))
        self._tell(connection, report)
        return report

    def _tell(self, connection: ConnectionId, report: RowReport) -> None:
        """One line for each difference, however often it is met."""
        if report.took_over:
            older = {"connection": connection, "older_rows": ", ".join(report.took_over)}
            log.info("an older row of the same account in the dashboard gave way to ours", extra=older)
        if report.difference is None:
            self._told.pop(connection, None)
        elif self._told.get(connection) != report.difference:
            if len(self._told) >= MOST_TOLD:
                self._told.clear()
            self._told[connection] = report.difference
            different = {"connection": connection, "because": report.difference}
            log.error("a row in the dashboard is not as it should be: see `tiktok-connect wab check`", extra=different)

    def _intent(self, connection: ConnectionId, identity: MirrorIdentity) -> Intent:
        """What our state asks now. A row is remembered before it may be written. Raises StoreUnavailable."""
        if self.hold() is not None:
            return Leave()
        with self.store.read() as work:
            note = work.mirror.note()
            to_show, written = work.mirror.connection(connection), work.mirror.written(connection)
            left_over = work.mirror.left_over_of(to_show.owner) if to_show else []
        if not is_written(note, identity):
            return Leave()
        if to_show is None:
            return KnownRow(written, None).intent(None, writes=True) if written else Leave()
        if written is None and (written := self._remember(WrittenRow(connection, to_show.owner))) is None:
            return Leave()
        known = KnownRow(written, to_show.times_connected, to_show.missing_since)
        intent = known.intent(to_show.row(self.clock.now()), writes=True, left_over=left_over)
        if isinstance(intent, Show) and intent.insert:
            # Under the row's lock, so that no delivery to the row before this one counts for this one.
            self.spend_deliveries.deliver_anew(SpendAccount(to_show.owner, to_show.account))
        return intent

    def _remember(self, row: WrittenRow) -> WrittenRow | None:
        """None: it is no connection any more. Its owner may be erased, and then nothing of theirs is kept."""
        with self.store.write() as work:
            if work.mirror.connection(row.connection) is None:
                return None
            work.mirror.remember(row)
            work.commit()
        return row
