"""What a claim came to, and as what reports count it."""

from dataclasses import dataclass
from enum import Enum

from application.ports.budget import Obstacle
from domain.grant import Grant
from domain.outcomes import (
    Failure,
    InDoubt,
    Misconfigured,
    NotPermitted,
    OurFault,
    PathMissing,
    Refused,
    Throttled,
    Unavailable,
)


class Counted(Enum):
    """As what reports count a claim's ending."""

    REFRESHED = "refreshed"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT = "not"


class Ended(Enum):
    """How one claim ended."""

    ROTATED = "renewed"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    MISCONFIGURED = "misconfigured"
    OUR_FAULT = "our_fault"
    UNSENT = "unsent"
    OVERTAKEN = "overtaken"

    @property
    def tally(self) -> Counted:
        """As what it is counted; one that somebody else overtook is counted there."""
        match self:
            case Ended.ROTATED:
                return Counted.REFRESHED
            case Ended.REFUSED | Ended.IN_DOUBT:
                return Counted.FAILED
            case Ended.THROTTLED | Ended.UNAVAILABLE | Ended.MISCONFIGURED | Ended.OUR_FAULT | Ended.UNSENT:
                return Counted.SKIPPED
            case Ended.OVERTAKEN:
                return Counted.NOT


@dataclass(frozen=True, slots=True)
class Rotation:
    """What one claim came to. `failure` beside UNSENT: what kept it from being sent, if anything but time did."""

    grant: Grant
    ended: Ended
    failure: Obstacle | None = None


@dataclass(frozen=True, slots=True)
class InFlight:
    """Somebody is renewing this grant right now: ask again in a moment, with the same question."""


def ended_by(failure: Failure) -> Ended:
    """The failure's kind as an ending."""
    match failure:
        case Refused():
            return Ended.REFUSED
        case InDoubt():
            return Ended.IN_DOUBT
        case Throttled():
            return Ended.THROTTLED
        case Misconfigured() | PathMissing():
            return Ended.MISCONFIGURED
        case OurFault():
            return Ended.OUR_FAULT
        case Unavailable() | NotPermitted():
            return Ended.UNAVAILABLE
