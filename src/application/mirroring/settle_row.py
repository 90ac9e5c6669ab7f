"""Settling one row of the dashboard: what our state asks is read under the row's lock there, and no value travels."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from application.ports.clock import Clock
from application.ports.connection_mirror import ConnectionMirror, RowOutcome, RowReport
from application.ports.store import Store
from domain.ids import ConnectionId
from domain.mirror_freeze import why_not_ours
from domain.mirror_look import MirrorIdentity
from domain.mirrored_row import Intent, KnownRow, Leave, WrittenRow

log = logging.getLogger(__name__)

MOST_TOLD = 10_000
"""Differences that are remembered, so that each is logged once."""


@dataclass(frozen=True, slots=True)
class SettleRow:
    """Call it after a commit, never inside: it reads what was committed. Twice is as good as once."""

    mirror: ConnectionMirror
    store: Store
    clock: Clock
    hold: Callable[[], object | None]
    """Why nothing may be concluded from our own database; None: it is what it was."""
    _told: dict[ConnectionId, str] = field(default_factory=dict, init=False)

    def __call__(self, connection: ConnectionId) -> RowReport:
        """What became of the row. Raises MirrorUnavailable, StoreUnavailable: then nothing is confirmed."""
        reading = _StateReading(self, connection)
        report = self.mirror.settle(connection, reading.intent)
        match report.outcome:
            case RowOutcome.THERE if reading.unconfirmed_for is not None:
                self._confirm(connection, reading.unconfirmed_for)
            case RowOutcome.GONE:
                self._forget(connection)
            case _:
                pass
        self._tell(connection, report)
        return report

    def _confirm(self, connection: ConnectionId, times_connected: int) -> None:
        with self.store.write() as work:
            work.mirror.confirm(connection, times_connected)
            work.commit()

    def _forget(self, connection: ConnectionId) -> None:
        with self.store.write() as work:
            if work.mirror.connection(connection) is None:
                work.mirror.forget(connection)
                work.commit()

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


@dataclass(slots=True)
class _StateReading:
    """What was read for one row while its lock was held."""

    step: SettleRow
    connection: ConnectionId
    unconfirmed_for: int | None = None
    """For how many consents the row is to be confirmed once it is there; None: it is, or must not be."""

    def intent(self, identity: MirrorIdentity) -> Intent:
        """What our state asks now. A row is remembered before it may be written. Raises StoreUnavailable."""
        if self.step.hold() is not None:
            return Leave()
        with self.step.store.read() as work:
            note = work.mirror.note()
            to_show, written = work.mirror.connection(self.connection), work.mirror.written(self.connection)
        if not note.writes or why_not_ours(note.identity, identity, standby=False) is not None:
            return Leave()
        if to_show is None:
            return KnownRow(written, None).intent(None, writes=True) if written else Leave()
        if written is None:
            written = self._remember(WrittenRow(self.connection, to_show.owner))
        known = KnownRow(written, to_show.times_connected, to_show.missing_since)
        self.unconfirmed_for = None if known.is_expected else to_show.times_connected
        return known.intent(to_show.row(self.step.clock.now()), writes=True)

    def _remember(self, row: WrittenRow) -> WrittenRow:
        with self.step.store.write() as work:
            work.mirror.remember(row)
            work.commit()
        return row
