"""From an error's type to what a caller is told: one table, and the answers made from it (RFC 9457)."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from msgspec import UNSET, Meta, Struct, UnsetType

from application.rotation.batches import Swept
from application.rotation.call_and_settle import Ended
from domain import errors
from domain.consent import ConsentFailure
from domain.outcomes import Reason
from entrypoints.http import codes
from entrypoints.http.auth.jwt_claims import Unauthenticated, WrongSecret
from entrypoints.http.codes import Code

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"

USUAL_RETRY_AFTER = timedelta(seconds=5)
"""When to come again where nobody knows better: about how long a database takes to return."""


class Problem(Struct, rename="camel", frozen=True, kw_only=True):
    """Problem details (RFC 9457). `error` is a sentence for people, `code` is for programs, `detail` for developers."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    error: str
    code: str
    retry_after: Annotated[int, Meta(ge=1, description="Seconds after which to come again.")] | UnsetType = UNSET
    reconnect_url: Annotated[str, Meta(description="Where a person authorises again.")] | UnsetType = UNSET


class DoorRefusal(Exception):
    """Root of what the door itself refuses."""


class OriginRefused(DoorRefusal):
    """A write with a cookie from a page that isn't ours."""


class ScopeMissing(DoorRefusal):
    """A service that may not do this."""


class BodyCutShort(DoorRefusal):
    """The client left before the body's end, so nobody reads what is answered."""


class NotServed(DoorRefusal):
    """Nothing is here under these settings."""


class ReconnectFirst(DoorRefusal):
    """A service wants a token that only a person can bring back; `why` says so, and `url` is where that begins."""

    def __init__(self, why: errors.ReauthorisationNeeded | errors.AccountOutOfReach, url: str) -> None:
        super().__init__(str(why))
        self.why, self.url = why, url


REAUTHORISATION: Mapping[Reason, Code] = {
    Reason.REFRESH_TOKEN_EXPIRED: codes.REFRESH_TOKEN_EXPIRED,
    Reason.REFRESH_TOKEN_REFUSED: codes.REFRESH_TOKEN_EXPIRED,
    Reason.AUTHORISATION_WITHDRAWN: codes.REFRESH_TOKEN_EXPIRED,
    Reason.ROTATION_IN_DOUBT: codes.ROTATION_IN_DOUBT,
    Reason.ACCESS_TOKEN_REFUSED: codes.ACCESS_TOKEN_EXPIRED,
    Reason.RESTORED_BACKUP: codes.REFRESH_TOKEN_EXPIRED,
    Reason.COPIED_DATABASE: codes.REFRESH_TOKEN_EXPIRED,
}
"""What a person is told who must authorise again."""

CONSENT_FAILURE_CODES: Mapping[ConsentFailure, Code] = {
    ConsentFailure.DENIED: codes.AUTH_DENIED,
    ConsentFailure.INVALID_STATE: codes.INVALID_STATE,
    ConsentFailure.EXCHANGE_FAILED: codes.EXCHANGE_FAILED,
    ConsentFailure.NO_ADVERTISERS: codes.NO_ADVERTISERS,
    ConsentFailure.ACCOUNT_MISMATCH: codes.ACCOUNT_MISMATCH,
    ConsentFailure.THROTTLED: codes.THROTTLED,
    ConsentFailure.UNAVAILABLE: codes.TIKTOK_UNAVAILABLE,
    ConsentFailure.MISCONFIGURED: codes.MISCONFIGURED,
}
"""What a person is told whose consent led to no connection."""

ERRORS: Mapping[type[Exception], Code] = {
    errors.UnsafePolicy: codes.INTERNAL,
    errors.AlreadyRotated: codes.INTERNAL,
    errors.Erased: codes.CONNECTION_NOT_FOUND,
    errors.InvalidRequest: codes.INVALID_REQUEST,
    errors.ConnectionNotFound: codes.CONNECTION_NOT_FOUND,
    errors.OfferNotFound: codes.PENDING_NOT_FOUND,
    errors.OfferExpired: codes.PENDING_EXPIRED,
    errors.OfferUsed: codes.PENDING_USED,
    errors.AccountNotOnOffer: codes.ACCOUNT_NOT_ON_OFFER,
    errors.ReauthorisationNeeded: codes.REFRESH_TOKEN_EXPIRED,
    errors.AccountOutOfReach: codes.ACCOUNT_LOST,
    errors.PlatformThrottled: codes.THROTTLED,
    errors.PlatformUnavailable: codes.TIKTOK_UNAVAILABLE,
    errors.PlatformMisconfigured: codes.MISCONFIGURED,
    errors.OnHold: codes.ON_HOLD,
    errors.PlatformError: codes.API_ERROR,
    errors.StoreUnavailable: codes.UNAVAILABLE,
    errors.Unstorable: codes.UNAVAILABLE,
    errors.ClockSkewed: codes.UNAVAILABLE,
    errors.Conflict: codes.UNAVAILABLE,
    errors.CannotOpen: codes.MISCONFIGURED,
    errors.KeyAbsent: codes.MISCONFIGURED,
    Unauthenticated: codes.UNAUTHORIZED,
    OriginRefused: codes.ORIGIN_REFUSED,
    ScopeMissing: codes.FORBIDDEN,
    NotServed: codes.NOT_FOUND,
    BodyCutShort: codes.INVALID_REQUEST,
    ReconnectFirst: codes.REFRESH_TOKEN_EXPIRED,
}
"""Every error that can reach this door; `code_of` looks further into those that carry a reason."""

ENDING_CODES: Mapping[Ended, Code] = {
    Ended.REFUSED: codes.REFRESH_TOKEN_EXPIRED,
    Ended.IN_DOUBT: codes.TIKTOK_UNAVAILABLE,
    Ended.THROTTLED: codes.THROTTLED,
    Ended.UNAVAILABLE: codes.TIKTOK_UNAVAILABLE,
    Ended.MISCONFIGURED: codes.MISCONFIGURED,
    Ended.OUR_FAULT: codes.API_ERROR,
}
"""What is said of a grant that a sweep did not rotate; of one that was released unsent there is nothing to say."""

FRAMEWORK: Mapping[int, Code] = {
    404: codes.NOT_FOUND,
    405: codes.METHOD_NOT_ALLOWED,
    413: codes.PAYLOAD_TOO_LARGE,
}
"""What Litestar refuses by itself; its other refusals below 500 are malformed requests."""


def prefers_a_page(request: Request[Any, Any, Any]) -> bool:
    """Whether HTML serves whoever asks better than problem details, by the Accept header."""
    return request.accept.best_match([PROBLEM_JSON, MediaType.JSON, MediaType.HTML]) == MediaType.HTML


def code_of(error: Exception) -> Code:
    """What to call an error; INTERNAL for one that nobody foresaw."""
    if isinstance(error, ReconnectFirst):
        return code_of(error.why)
    if isinstance(error, errors.ReauthorisationNeeded):
        return REAUTHORISATION[error.reason]
    return next((ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS), codes.INTERNAL)


def code_of_ending(swept: Swept) -> Code | None:
    """What is said of a grant after a sweep; None for one that was rotated, or released unsent."""
    if swept.ended is Ended.REFUSED and swept.reason:
        return REAUTHORISATION[swept.reason]
    return ENDING_CODES.get(swept.ended)


def wait_of(error: Exception) -> timedelta | None:
    """When to come again, where waiting helps."""
    if isinstance(error, errors.TryLater):
        return error.retry_after
    return USUAL_RETRY_AFTER if code_of(error).status == HTTPStatus.SERVICE_UNAVAILABLE else None


def problem(
    code: Code,
    *,
    status: int | None = None,
    detail: str | None = None,
    wait: timedelta | None = None,
    headers: Mapping[str, str] | None = None,
    reconnect_url: str | None = None,
) -> Response[Problem]:
    """Problem details that also carry `error` and `code`. `detail` is for developers; people are shown the sentence."""
    status = status or code.status
    retry_after = max(1, math.ceil(wait.total_seconds())) if wait is not None else None
    sent = dict(headers or {})
    if retry_after is not None:
        sent["Retry-After"] = str(retry_after)
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail or code.sentence,
        error=code.sentence,
        code=code.name,
        retry_after=UNSET if retry_after is None else retry_after,
        reconnect_url=UNSET if reconnect_url is None else reconnect_url,
    )
    return Response(body, status_code=status, media_type=PROBLEM_JSON, headers=sent)


def tell_refusal(_: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """The answer to an error of the table."""
    code = code_of(error)
    if code is codes.INTERNAL:
        log.error("an error that no caller can cause", exc_info=error)
    if isinstance(error, Unauthenticated):
        log.info("nobody is let in", extra={"because": error.reason})
    if isinstance(error, ReconnectFirst):
        return problem(code, status=HTTPStatus.CONFLICT, reconnect_url=error.url)
    detail = str(error) if isinstance(error, (errors.InvalidRequest, WrongSecret)) else None
    return problem(code, detail=detail, wait=wait_of(error))


def tell_framework(_: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """The answer to what Litestar refuses."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("an error inside the framework", exc_info=error)
        return problem(codes.INTERNAL)
    code = FRAMEWORK.get(error.status_code, codes.INVALID_REQUEST)
    return problem(code, detail=what_is_wrong(error) if code is codes.INVALID_REQUEST else None, headers=error.headers)


def tell_unreadable(_: Request[Any, Any, Any], __: Exception) -> Response[Problem]:
    """The answer to a body that makes the parser itself fail: nested without end, or not in UTF-8."""
    return problem(codes.INVALID_REQUEST, detail="the body can't be read as JSON")


def tell_surprise(_: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """The answer to an error that nobody foresaw; its text stays in the log."""
    log.error("an unforeseen error", exc_info=error)
    return problem(codes.INTERNAL)


def what_is_wrong(error: HTTPException) -> str | None:
    """The parser's own words, for developers: they name fields and types, never values."""
    if isinstance(error.extra, list):
        found = [f"{e.get('key', 'request')}: {e.get('message', '')}" for e in error.extra if isinstance(e, dict)]
        return "; ".join(found) or None
    return error.detail


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    errors.Refusal: tell_refusal,
    DoorRefusal: tell_refusal,
    Unauthenticated: tell_refusal,
    HTTPException: tell_framework,
    RecursionError: tell_unreadable,
    UnicodeDecodeError: tell_unreadable,
    Exception: tell_surprise,
}
