"""What a claim came to, as its history tells it: the call that was made, its outcome, and how it left the grant."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.ids import AttemptId, GrantId
from domain.outcomes import (
    Failure,
    InDoubt,
    Issued,
    Misconfigured,
    NotPermitted,
    OurFault,
    PathMissing,
    Reason,
    Refused,
    Throttled,
    Unavailable,
)


class CallMade(Enum):
    """What was asked of the platform."""

    REFRESH = "refresh"
    PROBE = "probe"
    JOURNAL = "journal"
    """A refresh whose answer lay in a journal."""
    NONE = "none"
    """Nothing: the tokens had ended, or could not be opened."""

    @classmethod
    def _missing_(cls, _word: object) -> "CallMade":
        """What a newer version calls by another word."""
        return cls.NONE


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What came of a call. `outcome` is a few words of ours, with the platform's code where there is one."""

    call: CallMade
    outcome: str
    request_id: str = ""
    """What the platform calls the call by, if it told: its support asks for that."""

    @classmethod
    def of_refresh(cls, answer: Issued | Failure) -> "CallOutcome":
        """A refresh."""
        return cls(CallMade.REFRESH, "rotated" if isinstance(answer, Issued) else words_of(answer), answer.request_id)

    @classmethod
    def of_probe(cls, failure: Failure | None) -> "CallOutcome":
        """A look whether the access token works."""
        return cls(CallMade.PROBE, words_of(failure), failure.request_id) if failure else cls(CallMade.PROBE, "works")

    @classmethod
    def of_lapse(cls, reason: Reason) -> "CallOutcome":
        """No call: the last token had ended."""
        return cls(CallMade.NONE, f"lapsed {reason.value}")


FROM_JOURNAL = CallOutcome(CallMade.JOURNAL, "rotated")
"""A pair that the database would not take at first."""

UNOPENED = CallOutcome(CallMade.NONE, "misconfigured")
"""The token can't be opened."""


@dataclass(frozen=True, slots=True)
class RotationAttempt:
    """An attempt that was settled."""

    grant: GrantId
    attempt: AttemptId
    at: datetime
    generation: int
    """The one that was claimed: a rotation left the next."""
    what: CallOutcome
    health: str
    """How it left the grant: a word of the fleet's (`active`, `degraded`, `needs_reauth`)."""


WORDS: dict[type[Failure], str] = {
    Refused: "refused",
    InDoubt: "in_doubt",
    Throttled: "throttled",
    Unavailable: "unavailable",
    Misconfigured: "misconfigured",
    PathMissing: "path_missing",
    OurFault: "our_fault",
    NotPermitted: "not_permitted",
}


def words_of(failure: Failure) -> str:
    """A failure in words that never change, since they are stored."""
    reason = failure.reason.value if isinstance(failure, Refused) else None
    code = failure.code if isinstance(failure, Refused | Unavailable | OurFault | NotPermitted) else None
    return " ".join(str(word) for word in (WORDS[type(failure)], reason, code) if word is not None)
