"""To TikTok's consent page, and back from it."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, TypeVar

from litestar import MediaType, Request, Response, get
from litestar.di import Provide
from litestar.params import QueryParameter

from application.abandon_consent import AbandonConsent
from application.begin_connect import BeginConnect
from application.complete_connect import CompleteConnect
from application.connecting.one_use_state import InProgress
from application.ports.ids_and_nonces import Nonces
from domain.audit_trail import Actor
from domain.consent import ConsentFailure, Ending, Failed
from domain.errors import BudgetSpent, CallsPaused, OnHold, PlatformUnavailable, Refusal, StoreUnavailable, UserWasErased
from domain.ids import OwnerId
from domain.tokens import Secret
from entrypoints.fair_threads import FairThreads, SubjectKind
from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.ids_in_requests import connection_id
from entrypoints.http.api.injected import Injected
from entrypoints.http.api.wait_for_running_rotation import SharedWaits
from entrypoints.http.auth.browser_cookie import BrowserCookie
from entrypoints.http.auth.guards import gate_of, headers_of
from entrypoints.http.dashboard_addresses import Addresses
from entrypoints.http.error_codes_and_sentences import INTERNAL, USUAL_RETRY_AFTER
from entrypoints.http.problems import prefers_a_page

log = logging.getLogger(__name__)

T = TypeVar("T")

AnyRequest = Request[Any, Any, Any]

ANSWER_WITHIN = timedelta(seconds=24)
"""What a person waits for at the most: Next.js gives up at 30 s. What has begun comes to its end all the same."""

REPEAT_WAITS = timedelta(seconds=20)
"""How long the repeat of a callback waits for the first: about what its calls take at the worst."""

IN_PLACE = (OnHold, CallsPaused, BudgetSpent, UserWasErased)
"""What is told where it happens, and not on the dashboard: nothing is used up, and the same address may be asked once more."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=100), timedelta(seconds=1)


def is_prefetch(request: AnyRequest) -> bool:
    """Whether nobody clicked: Next.js's own fetches (RSC), a browser's prefetch, or anything but a navigation."""
    headers = headers_of(request)
    modes = headers.all("sec-fetch-mode")
    purposes = {element.partition(";")[0] for name in ("purpose", "sec-purpose") for element in headers.elements(name)}
    return bool(headers.all("rsc")) or "prefetch" in purposes or (bool(modes) and modes != ("navigate",))


def is_navigation(request: AnyRequest) -> bool:
    """Whether a person waits for a page: a browser says so, or whoever asks takes HTML first."""
    return headers_of(request).all("sec-fetch-mode") == ("navigate",) or prefers_a_page(request)


def redirect(address: str) -> Response[None]:
    """307 to an absolute address."""
    return Response(None, status_code=307, media_type=MediaType.TEXT, headers={"Location": address})


@get(
    "/api/auth/tiktok",
    status_code=307,
    operation_id="connectTikTok",
    summary="Connect TikTok Ads",
    tags=["connect"],
    responses=failures.BEGIN,
)
async def begin(
    request: AnyRequest,
    begin_connect: Injected[BeginConnect],
    addresses: Injected[Addresses],
    browser_cookie: Injected[BrowserCookie],
    nonces: Injected[Nonces],
    desk: Injected[FairThreads],
    reconnects: Annotated[
        str | None, QueryParameter(name="connectionId", description="Makes it a guarded reconnect of this connection.")
    ] = None,
) -> Response[None]:
    """To TikTok's consent page, or to sign in first. What goes wrong is told to a person on the dashboard, to others as it is."""
    if is_prefetch(request):
        return Response(None, status_code=204)
    session = await gate_of(request).admitted_session(request)
    if session is None:
        return redirect(addresses.login())
    browser = browser_cookie.read(headers_of(request)) or nonces.new()
    try:
        guarded = connection_id(reconnects) if reconnects else None
        by = Actor.user(session.owner_id, gate_of(request).ip(request))
        work = partial(begin_connect, session.owner_id, browser, reconnects=guarded, by=by)
        begun = desk.run(work, subject=SubjectKind.USER.named(session.owner_id))
        answer = redirect(await in_time(begun, else_=StoreUnavailable()))
    except IN_PLACE:
        raise  # the same click may come again
    except Refusal as refusal:
        if not is_navigation(request):
            raise
        log.warning("a consent could not be begun", extra={"refusal": type(refusal).__name__})
        return redirect(addresses.refused(refusal))
    answer.set_cookie(browser_cookie.of(browser))
    return answer


@dataclass(frozen=True, slots=True)
class Returned:
    """What TikTok sent a browser back with. No code: the person did not consent."""

    state: str
    code: Secret | None


def returned_with(
    consent_state: Annotated[str, QueryParameter(name="state", description="As it was sent to TikTok.")] = "",
    auth_code: Annotated[str, QueryParameter(description="The one-use code.")] = "",
    code: Annotated[str, QueryParameter(description="The same, under OAuth's name.")] = "",
    error: Annotated[str, QueryParameter(description="Present when the person did not consent.")] = "",
) -> Returned:
    """From the callback's query."""
    granted = auth_code or code
    return Returned(consent_state, Secret(granted) if granted and not error else None)


@get(
    "/api/auth/tiktok/callback",
    status_code=307,
    operation_id="completeConnect",
    summary="Back from TikTok's consent page",
    tags=["connect"],
    responses=failures.CALLBACK,
    dependencies={"returned": Provide(returned_with, sync_to_thread=False)},
)
async def callback(
    request: AnyRequest,
    complete_connect: Injected[CompleteConnect],
    abandon_consent: Injected[AbandonConsent],
    addresses: Injected[Addresses],
    browser_cookie: Injected[BrowserCookie],
    waiting: Injected[SharedWaits],
    returned: Injected[Returned],
) -> Response[None]:
    """To the dashboard's pages. A repeat by the same browser is sent where the first was."""
    session = await gate_of(request).admitted_session(request)
    if session is None:
        try:
            address = SubjectKind.ADDRESS.named(gate_of(request).address(request))
            await waiting.run(partial(abandon_consent, returned.state), subject=address)
        except Refusal:
            log.warning("a state that came back without a session could not be used up")
        return redirect(addresses.login())
    complete = partial(
        complete_connect,
        session.owner_id,
        browser_cookie.read(headers_of(request)) or "",
        state=returned.state,
        code=returned.code,
        by=Actor.user(session.owner_id, gate_of(request).ip(request)),
    )
    try:
        ending = await in_time(complete_once(waiting, complete, session.owner_id), else_=PlatformUnavailable(USUAL_RETRY_AFTER))
    except IN_PLACE:
        raise  # the state is not used up, and the same callback may come again
    except Refusal as refusal:
        log.warning("a consent could not be completed", extra={"refusal": type(refusal).__name__})
        return redirect(addresses.refused(refusal))
    except Exception:
        log.exception("a consent could not be completed, for a reason that nobody foresaw")
        return redirect(addresses.failure(INTERNAL))
    return redirect(addresses.after(ending))


async def in_time(work: Awaitable[T], *, else_: Refusal) -> T:
    """What comes of the work within the time that a person waits. Raises `else_`; the work goes on."""
    try:
        return await asyncio.wait_for(work, ANSWER_WITHIN.total_seconds())
    except TimeoutError:
        log.warning("the work goes on, but the person is answered", extra={"after_seconds": ANSWER_WITHIN.total_seconds()})
        raise else_ from None


async def complete_once(waiting: SharedWaits, complete: partial[Ending | InProgress], owner: OwnerId) -> Ending:
    """Complete a consent; a repeat asks now and then until the first is through, and holds no thread meanwhile."""
    loop, pause = asyncio.get_running_loop(), FIRST_PAUSE
    until = loop.time() + REPEAT_WAITS.total_seconds()
    while isinstance(ending := await waiting.run(complete, subject=SubjectKind.USER.named(owner)), InProgress):
        if loop.time() >= until:
            return Failed(ConsentFailure.UNAVAILABLE)
        await asyncio.sleep(pause.total_seconds())
        pause = min(pause * 1.5, LONGEST_PAUSE)
    return ending
