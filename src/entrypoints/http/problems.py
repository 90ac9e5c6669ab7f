"""Problem details (RFC 9457): how a failure is told to programs."""

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

from domain import errors
from entrypoints.http import error_codes_and_sentences as codes
from entrypoints.http.auth.jwt_claims import Unauthenticated, WrongSecret
from entrypoints.http.error_codes_and_sentences import Code
from entrypoints.http.exception_to_error_code import FRAMEWORK, DoorRefusal, ReconnectFirst, code_of, wait_of

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"


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


def prefers_a_page(request: Request[Any, Any, Any]) -> bool:
    """Whether HTML serves whoever asks better than problem details, by the Accept header."""
    return request.accept.best_match([PROBLEM_JSON, MediaType.JSON, MediaType.HTML]) == MediaType.HTML


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
        return problem(code, reconnect_url=error.url)
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
