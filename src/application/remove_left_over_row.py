"""Remove a row from the dashboard whose connection is gone here: what is left of a Disconnect that was not brought there."""

import re
from dataclasses import dataclass
from datetime import timedelta

from application.mirroring.bounded_calls import BoundedCalls
from application.mirroring.settle_soon import SettleSoon
from application.ports.connection_mirror import ConnectionMirror, MirrorUnavailable
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.ids import ConnectionId, OwnerId
from domain.mirrored_row import ERASED, WrittenRow

FOUND_WITHIN = timedelta(seconds=1)

OURS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""A UUIDv7: the dashboard's own ids are of version 4, and their rows are its own."""


@dataclass(frozen=True, slots=True)
class RemoveLeftOverRow:
    """For whoever disconnects what is no connection any more."""

    mirror: ConnectionMirror
    store: StoreOfAllOwners
    calls: BoundedCalls
    settle_soon: SettleSoon

    def __call__(self, owner: OwnerId, connection: ConnectionId) -> bool:
        """Whether there is such a row of this owner, as far as can be told at once. It is removed now or soon.

        Raises StoreUnavailable.
        """
        if not self.mirror.configured or not OURS.fullmatch(connection):
            return False
        with self.store.read() as work:
            written, connected = work.mirror.written(connection), work.mirror.connection(connection)
        if connected is not None or (written is not None and written.owner not in {owner, ERASED}):
            return False
        is_there = self._is_there(connection, owner)
        if is_there is False or (is_there is None and (written is None or written.stale or written.owner == ERASED)):
            return False
        if written is None or written.stale:
            with self.store.write() as work:
                work.mirror.forget(connection)
                work.mirror.remember(WrittenRow(connection, owner))
                work.commit()
        self.settle_soon([connection])
        return True

    def _is_there(self, connection: ConnectionId, owner: OwnerId) -> bool | None:
        """None: nobody can tell now."""
        try:
            return self.calls.call(lambda _: self.mirror.row_is_there(connection, owner), within=FOUND_WITHIN)
        except MirrorUnavailable:
            return None
