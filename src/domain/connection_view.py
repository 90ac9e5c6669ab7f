"""A connection with what its grant says of it at one moment: all of it that others are shown."""

from dataclasses import dataclass
from datetime import datetime

from domain.advertiser import Connection
from domain.connection_state import OVERDUE, ConnectionState, condition, waits_for_a_person
from domain.grant import Grant
from domain.ids import GrantId
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
