"""The read side: what an owner is shown of their connections."""

from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.store import Store
from domain.advertiser import Connection
from domain.connection_state import OVERDUE, ConnectionState, condition, waits_for_a_person
from domain.grant import Grant
from domain.ids import GrantId, OwnerId
from domain.reconnect_deadline import reconnect_by
from domain.tokens import Expiring


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """One connection with what its grant says of it. Times are None where they make no sense (a token without an end)."""

    connection: Connection
    grant: GrantId
    provider: str
    generation: int
    state: ConnectionState
    reason: str | None
    usable_until: datetime | None
    token_issued_at: datetime | None
    token_expires_at: datetime | None
    next_refresh_at: datetime | None
    refresh_token_expires_at: datetime | None
    reconnect_by: datetime | None
    """When a person must have authorised again, where one must."""

    @property
    def needs_reauth(self) -> bool:
        return self.state.needs_reauth

    @property
    def goes_on(self) -> bool:
        """Whether the permission is renewed without a person, as far as is known."""
        refused = self.state is ConnectionState.DEGRADED and self.reason != OVERDUE
        return not (self.needs_reauth or refused)


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


def view_of(grant: Grant, connection: Connection, now: datetime) -> ConnectionView:
    """A connection as it is shown at this moment."""
    state, reason, usable_until = condition(grant, connection, now)
    pair = grant.tokens if isinstance(grant.tokens, Expiring) else None
    return ConnectionView(
        connection=connection,
        grant=grant.id,
        provider=grant.provider,
        generation=grant.generation,
        state=state,
        reason=reason,
        usable_until=usable_until,
        token_issued_at=pair.issued_at if pair else None,
        token_expires_at=pair.access_expires_at if pair else None,
        next_refresh_at=grant.schedule.due_at if pair and not waits_for_a_person(grant, now) else None,
        refresh_token_expires_at=pair.refresh_expires_at if pair else None,
        reconnect_by=reconnect_by(grant, pair, now),
    )
