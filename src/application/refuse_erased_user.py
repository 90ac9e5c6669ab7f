"""Refuse a session of a user whose everything was erased."""

from dataclasses import dataclass

from application.connecting.erased_users import ErasedUsers
from application.ports.clock import Clock
from application.ports.store import Store
from domain.ids import OwnerId


@dataclass(frozen=True, slots=True)
class RefuseErasedUser:
    """One look at the database for each request with a session, so that an erasure counts everywhere from its commit on."""

    store: Store
    clock: Clock
    erased_users: ErasedUsers

    def __call__(self, owner: OwnerId) -> None:
        """Raises UserWasErased, StoreUnavailable."""
        with self.store.read() as work:
            self.erased_users.refuse(work, owner, self.clock.now())
