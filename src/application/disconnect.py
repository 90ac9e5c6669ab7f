"""Stop serving an account."""

from __future__ import annotations

from dataclasses import dataclass

from application.connecting.retire import revoke_if_unused
from application.connecting.retry_on_conflict import retry_on_conflict
from application.ports.store import Store
from application.ports.system import Clock, Ids
from domain.errors import ConnectionNotFound
from domain.events import AccountDisconnected
from domain.ids import ConnectionId, OwnerId


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Stop serving one account. The last one out erases the grant's tokens in the same commit and queues their revocation."""

    store: Store
    clock: Clock
    ids: Ids

    def __call__(self, owner: OwnerId, connection: ConnectionId) -> bool:
        """Whether the grant ended with it. No call to the platform is made here. Raises ConnectionNotFound."""
        return retry_on_conflict(lambda: self._disconnect(owner, connection))

    def _disconnect(self, owner: OwnerId, connection: ConnectionId) -> bool:
        now = self.clock.now()
        with self.store.write() as work:
            grant = work.grants.of_connection(connection)
            if grant is None or grant.owner != owner:
                raise ConnectionNotFound
            released = grant.release(connection)
            work.outbox.add([AccountDisconnected(grant.id, owner, released.id, at=now)])
            ended = revoke_if_unused(work, grant, self.ids, now)
            work.grants.save(grant)
            work.commit()
        return ended
