"""By when a person must authorise again (`reconnectBy`)."""

from datetime import datetime, timedelta

from domain.grant import Grant
from domain.grant_health import Degraded, NeedsReauth
from domain.tokens import Expiring

YEAR_ENDS_SOON = timedelta(days=60)
"""How long before its refresh token's end a grant is said to need a person (the first of the announced days)."""


def reconnect_by(grant: Grant, pair: Expiring | None, now: datetime) -> datetime | None:
    """The time by which a person must act: the end of what can still be served, or of the refresh token's year."""
    match grant.health:
        case Degraded(usable_until=until, believed=True):
            return until
        case NeedsReauth(since=since):
            return since
        case _:
            pass
    if pair is not None and pair.refresh_expires_at - now <= YEAR_ENDS_SOON:
        return pair.refresh_expires_at
    return None
