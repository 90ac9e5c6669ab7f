"""Deliver imported spend to where people see it besides here: the newest days first, every account in its turn."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from application.mirroring.settle_in_turns import CONFLICT_LASTS, HINDERED_FOR, TRIES_IN_VAIN
from application.ports.clock import Clock
from application.ports.connection_mirror import MirrorUnavailable
from application.ports.spend_deliveries import SpendDeliveries, VersionedDay
from application.ports.spend_sink import DeliveryOutcome, DeliveryReport, SpendSink
from application.ports.spend_store import SpendAccount
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.delivered_spend import DaysToDeliver, delivered_rows
from domain.ids import ConnectionId
from domain.mirror_freeze_judgement import is_written
from domain.mirror_look import MirrorIdentity
from domain.mirror_row_source import MirrorRowSource
from domain.mirror_state import MirrorState
from domain.owner_turns import round_robin

log = logging.getLogger(__name__)

DELIVERS_FOR = timedelta(seconds=5)
"""How long one turn delivers: rows of the mirror wait meanwhile."""

MOST_ROWS = 500
"""In one transaction: a person's Disconnect waits for it."""

CONCLUSIVE = frozenset({DeliveryOutcome.THERE, DeliveryOutcome.WITHHELD, DeliveryOutcome.CONFLICT})
"""After these it is known whether anything is in the way."""

MOST_REPORTED = 10_000
"""Differences that are remembered, so that each is logged once."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A version of a day that is there, and the last look before it was found or written."""

    version: int
    looked_at: datetime | None


@dataclass(slots=True)
class DeliverSpend:
    """What is delivered is read under the connection's lock there. It is marked as delivered once it is found there again after
    a look: a standby that takes over may lack what no look had seen, and nobody would know.

    Remembers in this process what it found, which accounts are left alone for a while, and whose turn it is.
    """

    spend_sink: SpendSink
    spend_deliveries: SpendDeliveries
    store: StoreOfAllOwners
    clock: Clock
    hold: Callable[[], object | None]
    """Why nothing may be concluded from our own database; None: it is what it was."""
    _again_at: dict[ConnectionId, timedelta] = field(default_factory=dict, init=False)
    _reported: set[tuple[ConnectionId, str]] = field(default_factory=set, init=False)
    _hindrances: dict[SpendAccount, str] = field(default_factory=dict, init=False)
    """The first line of each turn under way."""
    _sightings: dict[SpendAccount, dict[date, Sighting]] = field(default_factory=dict, init=False)
    _done_at: dict[SpendAccount, datetime | None] = field(default_factory=dict, init=False)
    """Accounts of which everything was delivered, and the last look before: the next one is waited for."""
    _last: ConnectionId | None = field(default=None, init=False)

    def __call__(self, *, stopping: Callable[[], bool]) -> None:
        """Deliver for a few seconds. Raises MirrorUnavailable, StoreUnavailable."""
        if not self.spend_sink.configured or self.hold() is not None:
            return
        until, in_vain = self.clock.monotonic() + DELIVERS_FOR, 0
        turns = deque[tuple[ConnectionId, SpendAccount, date | None]]((*waiting, None) for waiting in self._waiting())
        while turns and self.clock.monotonic() <= until and not stopping():
            connection, account, before = turns.popleft()
            self._last = connection
            try:
                older = self._deliver(connection, account, before)
            except MirrorUnavailable as unavailable:
                in_vain += 1
                if in_vain == TRIES_IN_VAIN:
                    raise
                self._again_at[connection] = self.clock.monotonic() + HINDERED_FOR
                hindered = {"connection": connection, "because": str(unavailable)}
                log.warning("an account's spend could not be delivered to the dashboard", extra=hindered)
                continue
            in_vain = 0
            if older is not None:
                turns.append((connection, account, older))

    def _waiting(self) -> list[tuple[ConnectionId, SpendAccount]]:
        """Connections with something to be delivered, one of each owner first, from where the last turn ended."""
        with self.store.read() as work:
            note = work.mirror.note()
        if not note.writes:
            return []
        self._done_at = {account: looked_at for account, looked_at in self._done_at.items() if looked_at == note.looked_at}
        accounts = set(self.spend_deliveries.accounts()) - self._done_at.keys()
        if not accounts:
            return []
        with self.store.read() as work:
            connections = {c.connection: c for c in work.mirror.connections() if account_of(c) in accounts}
        now = self.clock.monotonic()
        self._again_at = {connection: at for connection, at in self._again_at.items() if at > now}
        shown = (c for c in connections.values() if c.missing_since is None and c.connection not in self._again_at)
        order = [(c, account_of(connections[c])) for c in round_robin((c.owner, c.connection) for c in shown)]
        after = next((place + 1 for place, (c, _) in enumerate(order) if c == self._last), 0)
        return order[after:] + order[:after]

    def _deliver(self, connection: ConnectionId, account: SpendAccount, before: date | None) -> date | None:
        """Deliver one piece; before which day to go on, or None."""
        days = list[VersionedDay]()
        looked_at: datetime | None = None

        def desired(identity: MirrorIdentity) -> DaysToDeliver | None:
            nonlocal looked_at
            if (note := self._note_if_written(connection, identity)) is None:
                return None
            looked_at = note.looked_at
            days.extend(self.spend_deliveries.undelivered(account, before=before, most_rows=MOST_ROWS))
            return DaysToDeliver(account.owner, account.account, {one.day: delivered_rows(one.rows) for one in days})

        report = self.spend_sink.deliver(connection, desired)
        self._mark(account, {one.day: Sighting(one.version, looked_at) for one in days if one.day in report.delivered}, report)
        lines = [
            *([report.difference] if report.difference else []),
            *(f"{d}: {why}" for d, why in sorted(report.refused.items())),
        ]
        self._report(connection, lines)
        if report.refused or report.outcome in {DeliveryOutcome.WITHHELD, DeliveryOutcome.CONFLICT}:
            self._again_at[connection] = self.clock.monotonic() + CONFLICT_LASTS
        older = days[-1].day if days and report.outcome is DeliveryOutcome.THERE else None
        self._note_hindrance(account, lines, report.outcome, begins=before is None, ends=older is None)
        if older is None:
            self._done_at[account] = looked_at
        return older

    def _note_hindrance(
        self, account: SpendAccount, lines: Sequence[str], outcome: DeliveryOutcome, *, begins: bool, ends: bool
    ) -> None:
        """The first line of all pieces of a turn, for the account's person; none, once everything is there."""
        if begins:
            self._hindrances.pop(account, None)
        if lines:
            self._hindrances.setdefault(account, lines[0])
        if ends and outcome in CONCLUSIVE:
            self.spend_deliveries.note_hindrance(account, self._hindrances.pop(account, None))

    def _mark(self, account: SpendAccount, seen: Mapping[date, Sighting], report: DeliveryReport) -> None:
        """Mark what was there before a look and is there after it; remember the rest."""
        sightings = self._sightings.setdefault(account, {})
        versions = dict[date, int]()
        for day, now in seen.items():
            before = sightings.get(day)
            if day in report.different or before is None or before.version != now.version:
                sightings[day] = now
            elif before.looked_at != now.looked_at:
                versions[day] = now.version
                del sightings[day]
        if versions:
            self.spend_deliveries.mark(account, versions)
        if not sightings:
            del self._sightings[account]

    def _note_if_written(self, connection: ConnectionId, identity: MirrorIdentity) -> MirrorState | None:
        """What is noted of the mirror, if the row is one that we write and this the database. Raises StoreUnavailable."""
        if self.hold() is not None:
            return None
        with self.store.read() as work:
            note, to_show, written = work.mirror.note(), work.mirror.connection(connection), work.mirror.written(connection)
        is_ours = written is not None and to_show is not None and to_show.missing_since is None
        return note if is_ours and is_written(note, identity) else None

    def _report(self, connection: ConnectionId, lines: Sequence[str]) -> None:
        """One line for each difference, however often it is met."""
        for line in lines:
            if (connection, line) in self._reported:
                continue
            if len(self._reported) >= MOST_REPORTED:
                self._reported.clear()
            self._reported.add((connection, line))
            different = {"connection": connection, "because": line}
            log.error("spend is not delivered to the dashboard: see `tiktok-connect wab check`", extra=different)


def account_of(connection: MirrorRowSource) -> SpendAccount:
    """Whose spend is delivered under a connection."""
    return SpendAccount(connection.owner, connection.account)
