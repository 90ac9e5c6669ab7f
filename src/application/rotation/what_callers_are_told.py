"""What a person or a service is told when a grant could not be renewed."""

from datetime import datetime, timedelta

from application.ports.budget import Obstacle, Permits
from domain.database_hold import Held
from domain.errors import (
    BudgetSpent,
    CallsPaused,
    OnHold,
    PlatformError,
    PlatformMisconfigured,
    PlatformThrottled,
    PlatformUnavailable,
    ReauthorisationNeeded,
    Refusal,
)
from domain.grant import Grant
from domain.grant_health import Degraded, NeedsReauth
from domain.outcomes import InDoubt, Misconfigured, NotPermitted, OurFault, PathMissing, Reason, Refused, Throttled, Unavailable
from domain.pause import Paused
from domain.tokens import LongTerm

SHORTEST_WAIT = timedelta(seconds=1)
UNSENT_FOR = timedelta(seconds=5)
"""After what time to come again when a call lost its turn, or all calls were stopped in between."""


def hopeless(grant: Grant) -> ReauthorisationNeeded | None:
    """A grant whose refresh was refused: no call can help."""
    if isinstance(grant.health, Degraded | NeedsReauth):
        return ReauthorisationNeeded(grant.health.reason)
    return ReauthorisationNeeded(Reason.AUTHORISATION_WITHDRAWN) if grant.erased else None


def refusal_of(grant: Grant, failure: Obstacle | None, now: datetime) -> Refusal:
    """Why this grant has no fresh token now, and whether waiting or a person helps."""
    if refusal := hopeless(grant):
        return refusal
    wait = max((grant.schedule.due_at or now) - now, SHORTEST_WAIT)
    return stopped(failure, wait, probing=isinstance(grant.tokens, LongTerm))


def refusal_of_unsent(permits: Permits) -> Refusal:
    """Why a call was not sent: all of the app's are stopped, or our own budget has none left for it."""
    wait = max(permits.wait, SHORTEST_WAIT)
    return stopped(permits.because, wait) if permits.because else BudgetSpent(wait)


def stopped(failure: Obstacle | None, wait: timedelta, *, probing: bool = True) -> Refusal:
    """The refusal that goes with a failure that is no connection's fault."""
    match failure:
        case Throttled():
            return PlatformThrottled(wait)
        case Misconfigured() | PathMissing():
            return PlatformMisconfigured(wait)
        case Held(hold=hold):
            return OnHold(hold, wait)
        case Paused(pause=pause):
            return CallsPaused(pause, wait)
        case OurFault(code=code) | NotPermitted(code=code) if probing:
            return PlatformError(code)
        case None | Refused() | InDoubt() | Unavailable() | OurFault() | NotPermitted():
            return PlatformUnavailable(wait)
