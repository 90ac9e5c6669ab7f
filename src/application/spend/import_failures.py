"""What a reading that could not go on means for its account: when it is tried again, and what people are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from application.ports.budget import Permits
from application.spend.report_turns import ReadingStopped, is_used_up
from domain.errors import (
    AccountOutOfReach,
    CallsPaused,
    CannotOpen,
    ConnectionNotFound,
    OnHold,
    ReauthorisationNeeded,
    Refusal,
    TryLater,
)
from domain.outcomes import InDoubt, Misconfigured, NotPermitted, OurFault, PathMissing, Refused, Throttled, Unavailable
from domain.report_failures import AccountRefused, InvalidMetrics, QueryTooLarge, ReportFailure, ReportTimedOut

UNTIL_A_PERSON_ACTS = timedelta(minutes=10)
"""When an account is looked at again that waits for its person, or for an operator. No call to the platform is made for that."""

ROTATION_TAKES = timedelta(seconds=15)
"""How long a rotation is waited for that somebody else has begun."""


NEXT_TRY = timedelta(hours=1)
"""For how long at most an account waits that can't go back further today: its newest days are read meanwhile."""

WITHOUT_TOKEN: Mapping[type[Refusal], str] = {
    ReauthorisationNeeded: "the connection has to be made again",
    AccountOutOfReach: "the connection no longer reaches this account",
    ConnectionNotFound: "the account is no longer connected",
    CannotOpen: "the token can't be opened: is its key configured here?",
}

FAILED_REPORTS: Mapping[type[ReportFailure], str] = {
    AccountRefused: "the platform does not let this connection read the account's reports",
    Refused: "the platform no longer takes the token",
    NotPermitted: "the app lacks the permission for reports",
    QueryTooLarge: "a single day is too large a question",
    InvalidMetrics: "the platform does not know what is asked for",
    OurFault: "the platform calls the question malformed",
    ReportTimedOut: "a report took too long",
    Unavailable: "the platform did not answer",
    InDoubt: "the platform did not answer",
    Misconfigured: "the app is not set up for reports",
    PathMissing: "the platform does not know this report",
    Throttled: "the platform takes no more calls now",
}


class ImportStopped(Exception):
    """Somebody is renewing the token: soon there is another."""


@dataclass(frozen=True, slots=True)
class Pause:
    """When an account is tried again, and why."""

    reason: str
    lasts: timedelta | None = None
    """None: longer at each failure in a row."""
    blames_account: bool = True
    """False: nothing is wrong with the account, and nothing is counted against it."""
    stops_slice: bool = False
    """Whether others would fare the same."""
    is_silence: bool = False
    """Whether the platform did not answer."""


def pause_after(stopped: Exception) -> Pause:
    """What comes of it."""
    match stopped:
        case ReadingStopped(because=because):
            return _after_report(because)
        case ImportStopped():
            return Pause("the token is being renewed", ROTATION_TAKES, blames_account=False)
        case OnHold(retry_after=wait) | CallsPaused(retry_after=wait):
            return Pause("nothing is sent to the platform now", wait, blames_account=False, stops_slice=True)
        case TryLater(retry_after=wait):
            return Pause(f"there is no token now: {stopped}", max(wait, ROTATION_TAKES))
        case ReauthorisationNeeded() | AccountOutOfReach() | ConnectionNotFound() | CannotOpen():
            why = next(words for kind, words in WITHOUT_TOKEN.items() if isinstance(stopped, kind))
            return Pause(why, UNTIL_A_PERSON_ACTS)
        case _:
            return Pause(str(stopped) or type(stopped).__name__)


def _after_report(failure: ReportFailure | Permits) -> Pause:
    if is_used_up(failure) and isinstance(failure, Permits):
        return Pause("the day's calls for reports of shops are used up", min(failure.wait, NEXT_TRY), blames_account=False)
    if isinstance(failure, Permits):
        return Pause("no call to spare", failure.wait, blames_account=False, stops_slice=True)
    if isinstance(failure, Throttled):
        return Pause(FAILED_REPORTS[Throttled], blames_account=False, stops_slice=True)
    detail = getattr(failure, "code", None) or getattr(failure, "detail", "")
    silent = isinstance(failure, InDoubt | Unavailable | ReportTimedOut)
    return Pause(f"{FAILED_REPORTS[type(failure)]} ({detail})", is_silence=silent)
