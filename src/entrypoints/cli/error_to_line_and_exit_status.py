"""From an error to its line on stderr and the exit status: one table."""

import errno
from datetime import datetime

import click

from application.database_hold.pause_watch import BY_SETTING
from application.ports.budget import Obstacle
from application.ports.connection_mirror import MirrorUnavailable
from domain.database_hold import Elsewhere, Held, Hold, WentBack
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
    StoreUnavailable,
)
from domain.outcomes import InDoubt, Misconfigured, NotPermitted, OurFault, PathMissing, Refused, Throttled, Unavailable
from domain.pause import Pause, Paused
from entrypoints.cli.database_remedies import database_sentence
from entrypoints.settings import InvalidSettings
from entrypoints.telemetry.redaction import Redaction

FAILURE, USAGE = 1, 2

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class CommandFailure(Exception):
    """What went wrong and what to do about it, as a sentence for a person."""


def explain(error: Exception) -> tuple[str, int]:
    """The line, without secrets, and the exit status."""
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "tiktok-connect"
        missing = isinstance(error, click.exceptions.NoArgsIsHelpError)
        return f"{'A command is missing.' if missing else one_line(error.format_message())} See: {path} --help", USAGE
    return sentence(error), FAILURE


def sentence(error: Exception) -> str:
    """What to tell a person of it."""
    match error:
        case click.ClickException():
            return one_line(error.format_message())
        case CommandFailure() | InvalidSettings():
            return one_line(str(error))
        case MirrorUnavailable():
            return one_line(f"the dashboard's database (WAB_DATABASE_URL) can't be used: {error}")
        case Refusal() if told := refused(error):
            return told
        case OSError(strerror=str(why), filename=place):
            told = one_line(f"{place}: {why}" if place else why)
            return f"{told}: {'make room' if error.errno in FULL else 'see that it is there and that this user may use it'}"
        case _:
            return f"failed unexpectedly ({type(error).__name__}); --debug shows where"


def refused(refusal: Refusal) -> str:
    """The same of what the inside refuses; empty when it is nothing that a person should come to see."""
    match refusal:
        case StoreUnavailable():
            return one_line(f"the database {database_sentence(refusal)}")
        case ReauthorisationNeeded(reason=reason):
            return f"TikTok refused it ({reason.value}): its user has to connect the account again"
        case BudgetSpent() | PlatformThrottled() | PlatformMisconfigured() | PlatformUnavailable():
            return f"{OBSTACLES[type(refusal)]}; {refusal}"
        case OnHold() | CallsPaused():
            return why_waiting(Held(refusal.hold) if isinstance(refusal, OnHold) else Paused(refusal.pause))
        case PlatformError(code=code):
            return f"TikTok answered with its error {code}: see its list of return codes"
        case _:
            return one_line(str(refusal))


OBSTACLES: dict[type, str] = {
    BudgetSpent: "TIKTOK_QPS leaves no call for this now: others are ahead",
    PlatformThrottled: "TikTok takes no more calls of this app for now",
    PlatformMisconfigured: "TikTok does not take TIKTOK_APP_ID and TIKTOK_APP_SECRET, another app obtained the "
    "grant, or no key in TOKEN_ENCRYPTION_KEYS opens its token: `tiktok-connect doctor` tries them all",
    PlatformUnavailable: "TikTok can't be reached, or gave no definite answer",
}


def why_held(hold: Hold) -> str:
    """Why the database is on hold, and what to do."""
    match hold:
        case WentBack(restored_to=restored_to, noted_at=noted_at):
            lacks = f"it lacks what it held between {instant(restored_to)} and {instant(noted_at)}"
            return f"{lacks}. If a backup was restored, run `tiktok-connect adopt --restored`"
        case Elsewhere(home=home, here=here):
            places = f"it belongs to {home}, and TIKTOK_REDIRECT_URI here is at {here or 'an address of this machine alone'}"
            return f"{places}. If this is a copy, run `tiktok-connect adopt --copy --yes`; if it has moved, `adopt --moved`"


def why_waiting(stop: Held | Paused) -> str:
    """Why nothing is sent until an operator says so."""
    match stop:
        case Held(hold=hold):
            return f"the database is on hold: {why_held(hold)}"
        case Paused(pause=pause):
            return why_paused(pause)


def why_paused(pause: Pause) -> str:
    """Since when calls are paused and by whom, and what ends it."""
    ends = "set PAUSED no longer" if pause.by == BY_SETTING else "`tiktok-connect resume` ends it"
    return f"all calls to TikTok are paused since {instant(pause.since)} by {one_line(pause.by)}: {ends}"


def instant(at: datetime) -> str:
    """A time, for people."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def obstacle(failure: Obstacle | BudgetSpent) -> str:
    """What stops all calls of the app."""
    match failure:
        case Held() | Paused():
            return why_waiting(failure)
        case BudgetSpent():
            return OBSTACLES[BudgetSpent]
        case Throttled():
            return OBSTACLES[PlatformThrottled]
        case Misconfigured():
            return OBSTACLES[PlatformMisconfigured]
        case PathMissing(detail=detail):
            return f"TikTok does not know a path that is called here ({detail}): see TIKTOK_API_URL"
        case Refused() | InDoubt() | Unavailable() | OurFault() | NotPermitted():
            return OBSTACLES[PlatformUnavailable]


def one_line(text: str) -> str:
    """The text on one line, without what looks like a secret."""
    return Redaction().text(" ".join(text.split()))
