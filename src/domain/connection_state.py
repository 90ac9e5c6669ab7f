"""How a connection does, from its grant and its account: the state that is shown, and its reason."""

from datetime import datetime
from enum import Enum

from domain.advertiser import Connection, Standing
from domain.grant import Grant
from domain.grant_health import Active, Degraded, Health, NeedsReauth, Revoked, Superseded
from domain.tokens import Expiring

OVERDUE = "renewal_overdue"
"""The reason of a grant that nobody refused, and whose token ended before the platform could be asked."""


class ConnectionState(Enum):
    """How a connection does, the worst first: when several hold, the first is shown."""

    NEEDS_REAUTH = "needs_reauth"
    ACCOUNT_LOST = "account_lost"
    DEGRADED = "degraded"
    IN_DOUBT = "in_doubt"
    ACCOUNT_SUSPENDED = "account_suspended"
    OK = "ok"

    @property
    def needs_reauth(self) -> bool:
        """Whether the dashboard is told `needs_reauth`; else it is told `active`, for it knows no third word."""
        return self in {ConnectionState.NEEDS_REAUTH, ConnectionState.ACCOUNT_LOST}


Condition = tuple[ConnectionState, str | None, datetime | None]


def condition(grant: Grant, connection: Connection, now: datetime) -> Condition:
    """The state to show, why, and until when the token can be served."""
    refused = _refused(grant.health, now)
    if refused and refused[0] is ConnectionState.NEEDS_REAUTH:
        return refused
    if connection.lost_at is not None:
        return ConnectionState.ACCOUNT_LOST, "account_not_reached", None
    return refused or _rotation_state(grant, connection, now)


def needs_reauth(health: Health, lost_at: datetime | None, now: datetime) -> bool:
    """Whether the dashboard is told `needs_reauth` of a connection of this grant, as `condition` has it."""
    refused = _refused(health, now)
    return lost_at is not None or (refused is not None and refused[0].needs_reauth)


def _refused(health: Health, now: datetime) -> Condition | None:
    """What a refusal left: a deadline, or nothing."""
    match health:
        case NeedsReauth(reason=reason):
            return ConnectionState.NEEDS_REAUTH, reason.value, None
        case Degraded(usable_until=until, reason=reason):
            return (
                (ConnectionState.NEEDS_REAUTH, reason.value, None)
                if until <= now
                else (ConnectionState.DEGRADED, reason.value, until)
            )
        case Active() | Revoked() | Superseded():
            return None


def waits_for_a_person(grant: Grant, now: datetime) -> bool:
    """Whether nothing is to be expected but that somebody authorises again."""
    refused = _refused(grant.health, now)
    return grant.asked_because is not None or (refused is not None and refused[0] is ConnectionState.NEEDS_REAUTH)


def _rotation_state(grant: Grant, connection: Connection, now: datetime) -> Condition:
    """How a grant does that nobody refused."""
    ends = grant.tokens.access_expires_at if isinstance(grant.tokens, Expiring) else None
    if ends is not None and ends <= now:
        return ConnectionState.DEGRADED, OVERDUE, ends
    if grant.schedule.in_doubt:
        return ConnectionState.IN_DOUBT, "rotation_in_doubt", ends
    if connection.advertiser.standing not in {Standing.OPEN, Standing.UNREAD}:
        return ConnectionState.ACCOUNT_SUSPENDED, connection.advertiser.standing.value, ends
    return ConnectionState.OK, None, None
