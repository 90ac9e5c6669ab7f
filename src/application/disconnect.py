"""Stop serving an account."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from application.auditing.acts_about_connections import about
from application.connecting.erase_and_revoke_unused_grant import let_go
from application.connecting.note_and_repeat_removals import NoteRemoval
from application.connecting.retry_on_conflict import retry_on_conflict
from application.mirroring.settle_soon import SettleSoon
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.removals import Disconnected
from application.ports.store import Store
from domain.advertiser import Connection
from domain.audit_trail import SYSTEM, Act, Actor
from domain.errors import ConnectionNotFound
from domain.ids import ConnectionId, OwnerId


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Stop serving one account. The last one out erases the grant's tokens in the same commit and queues their revocation."""

    store: Store
    clock: Clock
    ids: Ids
    note_removal: NoteRemoval
    settle_soon: SettleSoon

    def __call__(self, owner: OwnerId, connection: ConnectionId, *, by: Actor | None = None) -> bool:
        """Whether the grant ended with it. No call to the platform is made here. Raises ConnectionNotFound.
        `by`: the owner with their address, for the audit trail.
        """
        return self._disconnected(owner, connection, lambda _: True, by or Actor.user(owner))

    def if_still_missing(self, owner: OwnerId, connection: ConnectionId, holds: Callable[[datetime | None], bool]) -> None:
        """The same, if `holds` of the time since which its row is missing in the dashboard. Raises ConnectionNotFound."""
        self._disconnected(owner, connection, lambda stored: holds(stored.missing_since), SYSTEM)

    def _disconnected(self, owner: OwnerId, connection: ConnectionId, holds: Callable[[Connection], bool], by: Actor) -> bool:
        ended, current = retry_on_conflict(lambda: self._disconnect(owner, connection, holds, by))
        self.note_removal(Disconnected(connection, self.clock.now()))
        self.settle_soon([current])
        return ended

    def _disconnect(
        self, owner: OwnerId, connection: ConnectionId, holds: Callable[[Connection], bool], by: Actor
    ) -> tuple[bool, ConnectionId]:
        """Whether the grant ended, and the connection's present id."""
        now = self.clock.now()
        with self.store.write() as work:
            grant = work.grants.of_connection(connection, owner=owner)
            if grant is None or not holds(stored := grant.connection(connection)):
                raise ConnectionNotFound
            ended = let_go(work, grant, connection, self.ids, now)
            work.audit_trail.add([about(stored, grant, Act.DISCONNECTED, by, now, "with_its_grant" if ended else "")])
            work.commit()
        return ended, stored.id
