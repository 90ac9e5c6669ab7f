"""Pages that say what went wrong and how to go on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from domain.errors import OnHold, Refusal
from entrypoints.http import error_codes_and_sentences as codes
from entrypoints.http.addresses import CONNECT, PLATFORMS
from entrypoints.http.auth.jwt_claims import Unauthenticated
from entrypoints.http.error_codes_and_sentences import Code
from entrypoints.http.exception_to_error_code import FRAMEWORK, DoorRefusal, code_of
from entrypoints.http.pages.rendering import AnyRequest, page
from entrypoints.http.pages.sign_in_redirect import sign_in_first
from entrypoints.http.problems import prefers_a_page, tell_refusal

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Way:
    """A way onward."""

    words: str
    href: str


BACK = Way("Back to the platforms", PLATFORMS)
AGAIN = Way("Connect again", CONNECT)

TITLES = {
    codes.INVALID_REQUEST: "Something is missing",
    codes.ORIGIN_REFUSED: "This form was refused",
    codes.NOT_FOUND: "This page does not exist",
    codes.PENDING_NOT_FOUND: "Nothing to choose here",
    codes.CONNECTION_NOT_FOUND: "This account is not connected",
    codes.METHOD_NOT_ALLOWED: "This page can't be used like that",
    codes.PENDING_USED: "This choice has been made",
    codes.PENDING_EXPIRED: "This choice is over",
    codes.PAYLOAD_TOO_LARGE: "That is too much at once",
    codes.ON_HOLD: "Not now",
    codes.UNAVAILABLE: "One moment, please",
}
"""Headings; the text below is the code's own sentence."""

CHOICES = {codes.PENDING_NOT_FOUND, codes.PENDING_USED, codes.PENDING_EXPIRED}
"""Where a new consent is the way onward."""


def error_page(request: AnyRequest, code: Code, headers: Mapping[str, str] | None = None) -> Response[str]:
    """A page that says what went wrong and how to go on. `headers` are those that problem details would have."""
    answer = page(
        request,
        "error.html",
        code.status,
        title=TITLES.get(code, "That did not work"),
        text=code.sentence,
        ways=(AGAIN, BACK) if code in CHOICES else (BACK,),
    )
    answer.headers.update(headers or {})
    return answer


def show_refusal(request: AnyRequest, error: Exception) -> Response[str]:
    """The page for an error of the door's table."""
    return error_page(request, code_of(error), tell_refusal(request, error).headers)


def show_framework(request: AnyRequest, error: HTTPException) -> Response[str]:
    """The page for what Litestar refuses."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return show_surprise(request, error)
    return error_page(request, FRAMEWORK.get(error.status_code, codes.INVALID_REQUEST), error.headers)


def show_unreadable(request: AnyRequest, _: Exception) -> Response[str]:
    """The page for a body that can't be read."""
    return error_page(request, codes.INVALID_REQUEST)


def show_hold(request: AnyRequest, error: OnHold) -> Response[Any]:
    """The answer while the database is on hold: a page for a person on the way to TikTok or back, problem details for others."""
    if request.method != "GET" or not prefers_a_page(request):
        return tell_refusal(request, error)
    return show_refusal(request, error)


def show_surprise(request: AnyRequest, error: Exception) -> Response[str]:
    """The page for an error that nobody foresaw; its text stays in the log."""
    log.error("an unforeseen error", exc_info=error)
    return error_page(request, codes.INTERNAL)


ERROR_PAGES: dict[Any, Any] = {
    Unauthenticated: sign_in_first,
    Refusal: show_refusal,
    DoorRefusal: show_refusal,
    HTTPException: show_framework,
    RecursionError: show_unreadable,
    UnicodeDecodeError: show_unreadable,
    Exception: show_surprise,
}
"""For the pages, whoever asks."""

Handler = Callable[[AnyRequest, Any], Response[Any]]


def page_or(problem: Handler, shown: Handler) -> Handler:
    """A page for whom it serves better than problem details, which are all that the API tells."""

    def handle(request: AnyRequest, error: Exception) -> Response[Any]:
        api = f"{request.scope['path']}/".startswith("/api/")
        return problem(request, error) if api or not prefers_a_page(request) else shown(request, error)

    return handle


def for_whoever_asks(problems: ExceptionHandlersMap) -> ExceptionHandlersMap:
    """The same refusals as problem details or as pages. Nobody is sent to sign in: where one signs in, the pages know."""
    shown = {**ERROR_PAGES, Unauthenticated: show_refusal}
    return {kind: page_or(problem, shown[kind]) for kind, problem in problems.items()}
