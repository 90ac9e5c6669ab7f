"""From TikTok's hundred codes to our few outcomes: the body's code first, then the HTTP status.

Codes and names are those of the return-code list of TikTok's official SDK.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from functools import partial

from application.metrics.catalogue import OTHER
from domain.outcomes import (
    Failure,
    InDoubt,
    Misconfigured,
    NotPermitted,
    OurFault,
    PathMissing,
    Reason,
    Refused,
    Throttled,
    Unavailable,
)

log = logging.getLogger(__name__)

FORBIDDEN, NO_SUCH_PATH, TOO_MANY_REQUESTS, SERVER_ERROR = 403, (404, 405), 429, 500
"""HTTP statuses (RFC 6585, RFC 9110)."""

NO_SCHEMA = 40006
"""TikTok's "no schema found", where it comes with HTTP 403."""

LONGEST_PAUSE = timedelta(days=1)
"""TikTok's longest limit is a day's; a server that asks for more is not believed."""


class CallKind(Enum):
    """What sort of call it was: the same code means different things."""

    REFRESH = "refresh"
    EXCHANGE = "exchange"
    WITH_TOKEN = "with access token"
    REVOKE = "revoke"

    @property
    def spends(self) -> bool:
        """Whether TikTok may have used up what was sent: then nothing uncertain may be called a failure."""
        return self in {CallKind.REFRESH, CallKind.EXCHANGE}


def path_missing(code: int) -> PathMissing:
    """What an unknown path is answered with."""
    return PathMissing(f"TikTok does not know the path ({code})")


def _each(failure: Callable[[int], Failure], *codes: int) -> dict[int, Failure]:
    return {code: failure(code) for code in codes}


def _refused(reason: Reason, *codes: int) -> dict[int, Failure]:
    return _each(partial(Refused, reason), *codes)


_BACKEND = (50000, 50002, *range(51000, 51100), *range(52000, 52205))
"""System error, time-out, and the services behind: it may have been carried out."""

_ALWAYS: dict[int, Failure] = {
    **_each(lambda _: Throttled(), 40100, 40016, 40132, 40133, 61000),  # REQUEST_TOO_FREQUENT and kin
    60001: Unavailable("TikTok is in maintenance"),  # MAINTENANCE
    40101: Misconfigured("TikTok says that app id and secret do not match (40101)"),  # INVALID_PARTNER
    40113: Misconfigured("TikTok has forbidden the app (40113)"),  # APP_FORBIDDEN
    **_each(
        lambda code: Misconfigured(f"TikTok has suspended or restricted the app, or not approved it yet ({code})"),
        *(40117, 40118, 40124, 40125),
    ),
    **_each(OurFault, 40000, 40002, 40011, 40108),  # parameters, a list that is too long, grant type
    **_each(path_missing, 40051, 40400, 40405, 41001),
}
_SPENDING: dict[int, Failure] = {**_ALWAYS, **_each(lambda _: InDoubt("TikTok reports a failure of its own"), *_BACKEND)}
_REPEATABLE: dict[int, Failure] = {
    **_ALWAYS,
    **_each(lambda _: Unavailable("TikTok reports a failure of its own"), *_BACKEND),
    **_each(NotPermitted, 40001),  # PERMISSION_ERROR
    **_each(NotPermitted, 40130, 40131),  # a scope is missing
    **_each(NotPermitted, 40300, 40301),  # the account is punished or closed
    **_refused(Reason.ACCESS_TOKEN_REFUSED, 40102, 40105),  # ACCESS_TOKEN_EXPIRE, INVALID_ACCESS_TOKEN
    **_refused(Reason.AUTHORISATION_WITHDRAWN, 40106, 40114),  # INVALID_CORE_USER, ADVERTISER_LOGOUT
    **_each(OurFault, 40104),  # EMPTY_ACCESS_TOKEN
}

TABLE: dict[CallKind, dict[int, Failure]] = {
    CallKind.REFRESH: {
        **_SPENDING,
        **_refused(Reason.REFRESH_TOKEN_EXPIRED, 40103),  # REFRESH_TOKEN_EXPIRE
        **_refused(Reason.REFRESH_TOKEN_REFUSED, 40104, 40105, 40107),  # EMPTY_…, INVALID_ACCESS_TOKEN, INVALID_REFRESH_TOKEN
        **_refused(Reason.AUTHORISATION_WITHDRAWN, 40106, 40114),
    },
    CallKind.EXCHANGE: {
        **_SPENDING,
        **_each(NotPermitted, 40001),
        **_refused(Reason.AUTHORISATION_WITHDRAWN, 40106, 40110, 40114),  # AUTH_CODE_ERROR: consent anew
    },
    CallKind.WITH_TOKEN: _REPEATABLE,
    CallKind.REVOKE: _REPEATABLE,
}


_LABELLED = frozenset(code for codes in TABLE.values() for code in codes) - frozenset(_BACKEND) | {
    0,
    20001,
    40002,
    40067,
    50000,
    50002,
}


def code_label(code: int) -> str:
    """A code as a label: itself if it is known here, one word for the services behind TikTok's door, one for all others."""
    if code in _LABELLED:
        return str(code)
    return "backend" if code in _BACKEND else OTHER


def uncertain(kind: CallKind, detail: str) -> Failure:
    """It was sent, and nothing definite came of it."""
    return InDoubt(detail) if kind.spends else Unavailable(detail)


def failure_of(kind: CallKind, code: int | None, status: int, retry_after: timedelta | None) -> Failure:
    """What an answer comes to that is no success; `code` None: it is not in TikTok's envelope."""
    if code is None:
        return _without_envelope(kind, status, retry_after)
    outcome = TABLE[kind].get(code)
    if isinstance(outcome, Throttled):
        return replace(outcome, retry_after=retry_after)
    if outcome is not None:
        return outcome
    if code == NO_SCHEMA and status == FORBIDDEN:
        return path_missing(code)
    return _unknown(kind, code, status, retry_after)


def _without_envelope(kind: CallKind, status: int, retry_after: timedelta | None) -> Failure:
    if status == TOO_MANY_REQUESTS:
        return Throttled(retry_after)
    if status in NO_SUCH_PATH:
        return PathMissing(f"HTTP {status}")
    return uncertain(kind, f"HTTP {status} without TikTok's envelope")


def _unknown(kind: CallKind, code: int, status: int, retry_after: timedelta | None) -> Failure:
    log.critical("TikTok answered a %s call with a code that is not known here: %d", kind.value, code)
    if status == TOO_MANY_REQUESTS:
        return Throttled(retry_after)
    if status >= SERVER_ERROR:
        return uncertain(kind, f"HTTP {status} with the unknown code {code}")
    return Unavailable(f"unknown code {code}", code)


def pause_of(retry_after: str | None, now: datetime) -> timedelta | None:
    """The header Retry-After (RFC 9110, 10.2.3): seconds or a date. None for what can't be read, or is over."""
    if retry_after is None:
        return None
    try:
        if (text := retry_after.strip()).isdecimal():
            pause = min(timedelta(seconds=int(text[:9])), LONGEST_PAUSE)
        else:
            date = parsedate_to_datetime(text)
            pause = min((date if date.tzinfo else date.replace(tzinfo=UTC)) - now, LONGEST_PAUSE)
    except (ValueError, OverflowError):
        return None
    return pause if pause > timedelta(0) else None
