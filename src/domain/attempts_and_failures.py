"""How a grant's attempts stand: the claim under way, failures in a row, and how long each kind of failure puts it off."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.back_off import again_at
from domain.ids import AttemptId, GrantId
from domain.outcomes import (
    Failure,
    InDoubt,
    Misconfigured,
    NotPermitted,
    OurFault,
    PathMissing,
    Throttled,
    Unavailable,
)
from domain.refusal_repeats import Refusals
from domain.restored_grants import Restored
from domain.tokens import Tokens

NotRefused = InDoubt | Throttled | Misconfigured | PathMissing | Unavailable | OurFault | NotPermitted


@dataclass(frozen=True, slots=True)
class Attempt:
    """A claim: who is renewing this grant, and until when nobody else may."""

    id: AttemptId
    host: str
    started_at: datetime
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """Where the renewal of a grant's tokens stands."""

    due_at: datetime | None
    """When somebody should look at this grant next; None when nobody should."""
    attempt: Attempt | None = None
    failures: int = 0
    """Attempts in a row that brought nothing; they set the back-off and count against nobody."""
    last_failure: Failure | None = None
    in_doubt: bool = False
    """Whether an attempt at this generation ended without an outcome: its refresh token may be spent."""
    settled_at: datetime | None = None
    """When the last attempt ended."""
    refusals: Refusals | None = None
    """The refusals of this generation, if there were any."""

    restored: Restored | None = None
    """The tokens came with a restored backup, and no answer has confirmed them since."""

    @property
    def doubtful(self) -> bool:
        """Whether the refresh token may be spent: an attempt ended without an outcome, or none has ended yet."""
        return self.in_doubt or self.attempt is not None

    def settled(self, now: datetime, failure: Failure | None = None) -> "Schedule":
        """Its attempt has ended now, with this failure if with any."""
        return replace(self, attempt=None, last_failure=failure or self.last_failure, settled_at=now)

    def backed_off(self, tokens: Tokens | None, grant: GrantId, now: datetime, pause: timedelta | None) -> "Schedule":
        """After one more failure in a row. `pause`: how long it waits at the least, where it must."""
        again = again_at(tokens, grant, self.failures + 1, now)
        return replace(self, due_at=max(again, now + (pause or timedelta(0))), failures=self.failures + 1)


def after_failure(
    was: Schedule, failure: NotRefused, tokens: Tokens | None, grant: GrantId, now: datetime, pause: timedelta | None
) -> Schedule:
    """After a refresh that brought no tokens and was not refused. `pause`: how long the whole app has to wait, where it must."""
    settled = was.settled(now, failure)
    match failure:
        case InDoubt():
            lease_left = was.attempt.lease_until - now if was.attempt else None
            return replace(settled.backed_off(tokens, grant, now, lease_left), in_doubt=True)
        case Throttled() | Misconfigured() | PathMissing():
            return replace(settled, due_at=now + pause if pause else was.due_at)
        case Unavailable() | OurFault() | NotPermitted():
            return settled.backed_off(tokens, grant, now, pause)


def counted(failure: Failure, before: Failure | None) -> Failure:
    """A failure, with the number of times that it was this code in a row."""
    if not isinstance(failure, Unavailable) or failure.code is None or not isinstance(before, Unavailable):
        return failure
    return replace(failure, times=before.times + 1) if before.code == failure.code else failure
