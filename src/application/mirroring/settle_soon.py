"""Settling rows before a person is answered, within three seconds; what is not done by then goes by the outbox and the looks."""

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from application.mirroring.bounded_calls import SLOW, BoundedCalls, Progress
from application.mirroring.settle_row import SettleRow
from application.ports.connection_mirror import MirrorUnavailable
from domain.errors import Conflict, StoreUnavailable
from domain.ids import ConnectionId, OwnerId

log = logging.getLogger(__name__)

MIRRORED_WITHIN = timedelta(seconds=3)
"""How long a person's answer waits for all of their rows together."""

NOBODY = OwnerId("00000000-0000-4000-8000-000000000000")


@dataclass(slots=True)
class SettleSoon:
    """It never fails: the person's change is committed, and the mirror follows later if not at once."""

    settle: SettleRow
    calls: BoundedCalls
    look_soon: threading.Event
    """Set once a row was written."""
    _owed: ConnectionId | None = field(default=None, init=False)
    """The last row that could not be settled in time: the one to try again."""

    @property
    def longest(self) -> timedelta:
        """How long it may take."""
        return MIRRORED_WITHIN if self.settle.mirror.configured else timedelta(0)

    def __call__(self, connections: Iterable[ConnectionId]) -> None:
        """To be called after the commit, outside of any transaction."""
        ids = tuple(connections)
        if not ids or not self.settle.mirror.configured:
            return
        try:
            self.calls.call(lambda progress: self._settle(ids, progress), within=MIRRORED_WITHIN)
        except MirrorUnavailable as unavailable:
            self._owed = self._owed or ids[0]
            log.info("rows in the dashboard are settled later", extra={"connections": len(ids), "because": str(unavailable)})
        except Exception:  # the change is committed, so the person must be told so
            log.exception("rows in the dashboard could not be settled at once")

    def retry(self) -> None:
        """Where the dashboard was away: see whether it answers in time. To be called now and then, in a thread that may wait."""
        if not self.calls.contact.away:
            return
        progress = Progress()
        try:
            self._reach(self._owed or ConnectionId(NOBODY))
        except (MirrorUnavailable, StoreUnavailable, Conflict):
            return
        if progress.since_last() <= SLOW:
            self._owed = None
            self.calls.contact.regained()

    def _reach(self, connection: ConnectionId) -> None:
        """Settle the row; where that alone is hindered, by a lock on it for instance, an answer to a question will do."""
        try:
            self.settle(connection)
        except MirrorUnavailable:
            self.settle.mirror.row_is_there(connection, NOBODY)

    def _settle(self, connections: Sequence[ConnectionId], progress: Progress) -> None:
        for connection in connections:
            try:
                self.settle(connection)
            except MirrorUnavailable as unavailable:
                if not progress.stopped:
                    self._owed = connection
                    self.calls.contact.lost(str(unavailable))
                raise
            if progress.stopped:
                return  # what it was like when nobody waits any more says nothing of what it is like now
            if progress.since_last() > SLOW:
                self._owed = connection
                self.calls.contact.lost("a row took too long")
            self.look_soon.set()
            progress.step()
