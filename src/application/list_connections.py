"""The read side: what an owner is shown of their connections."""

from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.store import Store
from domain.connection_view import ConnectionView, view_of
from domain.ids import OwnerId


@dataclass(frozen=True, slots=True)
class ListConnections:
    """An owner's connections, by creation and then by id."""

    store: Store
    clock: Clock
    unlists: bool
    """Whether one is left out whose row is missing in the dashboard: it may have been disconnected there."""

    def __call__(self, owner: OwnerId) -> tuple[ConnectionView, ...]:
        """Raises StoreUnavailable."""
        with self.store.read() as work:
            grants = work.grants.of_owner(owner)
        now = self.clock.now()
        listed = [(g, c) for g in grants for c in g.connections.values() if not (self.unlists and c.missing_since)]
        views = [view_of(grant, connection, now) for grant, connection in listed]
        return tuple(sorted(views, key=lambda v: (v.connection.created_at, v.connection.id)))
