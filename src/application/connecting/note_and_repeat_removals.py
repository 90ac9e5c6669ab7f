"""Removals: noted beside the journal when they happen, and made once more in a restored backup."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from application.auditing.pseudonyms_of_erased_users import forget_in_audit_trail
from application.connecting.erase_and_revoke_unused_grant import let_go
from application.connecting.erased_users import ErasedUsers
from application.connecting.retry_on_conflict import retry_on_conflict
from application.ports.clock import Clock
from application.ports.database_identity import IdentityRecord
from application.ports.ids_and_nonces import Ids
from application.ports.journal import JournalUnavailable
from application.ports.removals import Disconnected, Removal, Removals, UserErased
from application.ports.sealer import Sealer
from application.ports.store_of_all_owners import StoreOfAllOwners, UnitOfWorkOfAllOwners
from domain.database_identity import DatabaseIdentity
from domain.errors import StoreUnavailable
from domain.grant import Grant
from domain.ids import ConnectionId, OwnerId

log = logging.getLogger(__name__)

CLOCKS_APART = timedelta(hours=1)
"""How far the clock by which a removal was noted may be from the database's."""


@dataclass(frozen=True, slots=True)
class NoteRemoval:
    """Note what was removed. It never fails a removal that the database has committed."""

    record: IdentityRecord
    removals: Removals
    here: str | None

    def __call__(self, removal: Removal) -> None:
        """A copy elsewhere notes nothing: the notes may be those of the database that it was copied from."""
        try:
            identity = self.record.read()
            if identity.at_home(self.here):
                self.removals.note(identity.id, removal)
        except (JournalUnavailable, StoreUnavailable) as unavailable:
            log.warning(
                "a removal could not be noted: a backup that is restored would bring it back", extra={"because": str(unavailable)}
            )


@dataclass(frozen=True, slots=True)
class RepeatRemovals:
    """Make removals of this host's notes once more. What is gone already, or was connected anew since, is left as it is."""

    removals: Removals
    store: StoreOfAllOwners
    clock: Clock
    ids: Ids
    forget_spend: Callable[[OwnerId], None]
    sealer: Sealer
    erased_users: ErasedUsers

    def __call__(self, identity: DatabaseIdentity) -> None:
        """Raises StoreUnavailable."""
        self.sealer.sync()
        try:
            removals = [r for r in self.removals.noted(identity.id) if is_lost(r, identity)]
        except JournalUnavailable as unusable:
            log.critical("what was removed since the backup can't be read", extra={"because": str(unusable)})
            return
        repeated = sum(retry_on_conflict(lambda removal=removal: self._repeat(removal)) for removal in removals)  # type: ignore[misc]
        if repeated:
            log.warning("what people had removed since the backup was removed again", extra={"connections": repeated})

    def _repeat(self, removal: Removal) -> int:
        with self.store.write() as work:
            rest = isinstance(removal, UserErased) and erase_rest(work, removal, self.erased_users, self.ids)
            affected = [
                (grant, connection)
                for grant in self._grants(work, removal)
                if grant.created_at <= removal.at
                for connection in self._connections(grant, removal)
            ]
            for grant, connection in affected:
                let_go(work, grant, connection, self.ids, self.clock.now())
            if isinstance(removal, UserErased):
                work.mirror.forget_owner(removal.owner)
            work.commit()
        if isinstance(removal, UserErased) and rest:
            forget_in_audit_trail(self.store, removal.owner, self.sealer.pseudonym)
            self.forget_spend(removal.owner)
        return len(affected)

    def _grants(self, work: UnitOfWorkOfAllOwners, removal: Removal) -> list[Grant]:
        match removal:
            case Disconnected(connection=connection):
                grant = work.grants.of_connection(connection)
                return [grant] if grant else []
            case UserErased(owner=owner):
                return work.grants.of_owner(owner)

    def _connections(self, grant: Grant, removal: Removal) -> list[ConnectionId]:
        match removal:
            case Disconnected(connection=connection):
                return [connection]
            case UserErased():
                return list(grant.connections)


def erase_rest(work: UnitOfWorkOfAllOwners, removal: UserErased, erased_users: ErasedUsers, ids: Ids) -> bool:
    """What else an erasure takes, unless the user connected anew since. Whether it does."""
    if any(grant.created_at > removal.at for grant in work.grants.of_owner(removal.owner)):
        return False
    erased_users.note(work, removal.owner, ids, removal.at)
    work.consents.forget_of(removal.owner)
    work.offers.empty_of(removal.owner)
    return True


def is_lost(removal: Removal, identity: DatabaseIdentity) -> bool:
    """Whether the database may have forgotten it: it was made between the backup and the adoption, give or take the clocks."""
    after = identity.restored_to is None or removal.at > identity.restored_to - CLOCKS_APART
    return after and (identity.restored_at is None or removal.at < identity.restored_at + CLOCKS_APART)
