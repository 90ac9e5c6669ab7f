"""Say whose a connection is, for a service or an operator that names nobody."""

from dataclasses import dataclass

from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.errors import ConnectionNotFound
from domain.ids import ConnectionId, OwnerId


@dataclass(frozen=True, slots=True)
class FindOwner:
    """What is asked for next is asked for under this owner."""

    store: StoreOfAllOwners

    def __call__(self, connection: ConnectionId) -> OwnerId:
        """The owner of the grant that this connection is under. Raises ConnectionNotFound, StoreUnavailable."""
        with self.store.read() as work:
            grant = work.grants.of_connection(connection)
        if grant is None:
            raise ConnectionNotFound
        return grant.owner
