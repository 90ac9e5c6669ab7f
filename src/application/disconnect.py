"""Stop serving an account."""

from __future__ import annotations

from dataclasses import dataclass

from application.connecting.removals import NoteRemoval
from application.connecting.retire import let_go
from application.connecting.retry_on_conflict import retry_on_conflict
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.removals import Disconnected
from application.ports.store import Store
from domain.errors import ConnectionNotFound
from domain.ids import ConnectionId, OwnerId


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Stop serving one account. The last one out erases the grant's tokens in the same commit and queues their revocation."""

    store: Store
    clock: Clock
    ids: Ids
    note_removal: NoteRemoval

    def __call__(self, owner: OwnerId, connection: ConnectionId) -> bool:
        """Whether the grant ended with it. No call to the platform is made here. Raises ConnectionNotFound."""
        ended = retry_on_conflict(lambda: self._disconnect(owner, connection))
        self.note_removal(Disconnected(connection, self.clock.now()))
        return ended

    def _disconnect(self, owner: OwnerId, connection: ConnectionId) -> bool:
        now = self.clock.now()
        with self.store.write() as work:
            grant = work.grants.of_connection(connection)
            if grant is None or grant.owner != owner:
                raise ConnectionNotFound
            ended = let_go(work, grant, connection, self.ids, now)
            work.commit()
        return ended
