"""Pages that say what went wrong and how to go on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import HttpMethod, Response
from litestar.types import ExceptionHandlersMap

from domain.errors import RateLimited
from entrypoints.http import error_codes_and_sentences as codes
from entrypoints.http.auth.jwt_claims import Unauthenticated
from entrypoints.http.dashboard_addresses import CONNECT, PLATFORMS
from entrypoints.http.error_codes_and_sentences import Code
from entrypoints.http.pages.rendering import AnyRequest, page
from entrypoints.http.pages.sign_in_redirect import sign_in_first
from entrypoints.http.problems import EXCEPTION_HANDLERS, prefers_a_page, tell_refusal


@dataclass(frozen=True, slots=True)
class Way:
    """A way onward."""

    words: str
    href: str


BACK = Way("Back to the platforms", PLATFORMS)
AGAIN = Way("Connect again", CONNECT)
SAME_ADDRESS = Way("Try again", "")
"""The code and the state of a callback stay in its address, and in no page."""

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
    codes.RATE_LIMITED: "One moment, please",
    codes.BUDGET_SPENT: "One moment, please",
    codes.ON_HOLD: "Not now",
    codes.PAUSED: "Not now",
    codes.UNAVAILABLE: "One moment, please",
}
"""Headings; the text below is the code's own sentence."""

ONCE_MORE = {codes.RATE_LIMITED, codes.BUDGET_SPENT}
"""What passes in a moment, nothing being used up: the same address does it."""

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
        ways=ways_from(request, code),
    )
    answer.headers.update(headers or {})
    return answer


def ways_from(request: AnyRequest, code: Code) -> tuple[Way, ...]:
    """How to go on. A form is sent again from the page that it is on."""
    if code in ONCE_MORE and request.method == HttpMethod.GET:
        return (SAME_ADDRESS, BACK)
    return (AGAIN, BACK) if code in CHOICES else (BACK,)


Handler = Callable[[AnyRequest, Any], Response[Any]]


def shown(tell: Handler) -> Handler:
    """The same refusal as a page."""

    def show(request: AnyRequest, error: Exception) -> Response[Any]:
        told = tell(request, error)
        return error_page(request, next(code for code in codes.ALL if code.name == told.content.code), told.headers)

    return show


def show_in_place(request: AnyRequest, error: Exception) -> Response[Any]:
    """The answer to what passes by itself: a page for a person on the way to TikTok or back, problem details for others."""
    return (shown(tell_refusal) if request.method == "GET" and prefers_a_page(request) else tell_refusal)(request, error)


ERROR_PAGES: dict[Any, Any] = {kind: shown(tell) for kind, tell in EXCEPTION_HANDLERS.items()} | {
    Unauthenticated: sign_in_first,
    RateLimited: shown(tell_refusal),
}
"""For the pages, whoever asks."""


def page_or(problem: Handler) -> Handler:
    """A page for whom it serves better than problem details, which are all that the API tells."""

    def handle(request: AnyRequest, error: Exception) -> Response[Any]:
        api = f"{request.scope['path']}/".startswith("/api/")
        return (problem if api or not prefers_a_page(request) else shown(problem))(request, error)

    return handle


def for_whoever_asks(problems: ExceptionHandlersMap) -> ExceptionHandlersMap:
    """The same refusals as problem details or as pages. Nobody is sent to sign in: where one signs in, the pages know."""
    return {kind: page_or(problem) for kind, problem in problems.items()}
