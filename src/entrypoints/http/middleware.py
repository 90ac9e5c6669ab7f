"""What every request passes, whatever becomes of it: an id, a deadline, a log line, a figure, headers that protect browsers."""

import asyncio
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import structlog
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send, WebSocketReceiveMessage

from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.metrics import Metrics
from entrypoints.http import error_codes_and_sentences as codes
from entrypoints.http.auth.client_address import asked_by_own_name, told_by_proxy
from entrypoints.http.bare_answers import RawHeaders, bare_answer, wants_a_page
from entrypoints.http.exception_to_error_code import BodyCutShort
from entrypoints.settings import Settings
from entrypoints.telemetry.request_counts import count_request

log = logging.getLogger(__name__)

NOWHERE = "(none)"
"""The route of a request that none of ours took."""

REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
"""What is taken over from a trusted proxy: it stands in every log line."""

ANSWER_WITHIN = timedelta(seconds=25)
"""For whatever a person may wait for: Next.js gives up at 30 s. What has begun comes to its end all the same. An answer in pieces
has so long for each of them."""

UNHURRIED = ("/api/cron/",)
"""What has a time of its own, and nobody waits for."""

HSTS = b"max-age=31536000"
"""A year of https alone, for this host: about the dashboard's other subdomains this service knows nothing."""

QUIET = ("/health/", "/metrics")
"""Routes that machines ask all the time."""


def origin(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def protective_headers(settings: Settings) -> tuple[tuple[bytes, bytes], ...]:
    """For every answer that doesn't say otherwise. Forms may end at the platform's consent page, by way of our redirects."""
    ends = " ".join(dict.fromkeys(("'self'", origin(settings.web.dashboard_url), origin(settings.tiktok.auth_url))))
    policy = f"default-src 'self'; base-uri 'none'; form-action {ends}; frame-ancestors 'none'; object-src 'none'"
    encrypted = ((b"strict-transport-security", HSTS),) if settings.web.dashboard_url.startswith("https:") else ()
    return (
        *encrypted,
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-frame-options", b"DENY"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
    )


@dataclass(frozen=True, slots=True)
class RequestMiddleware:
    """Wraps the application."""

    inner: ASGIApp
    settings: Settings
    metrics: Metrics
    clock: Clock
    ids: Ids
    protection: tuple[tuple[bytes, bytes], ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, began, status = self._request_id(scope), self.clock.monotonic(), 500
        answering, deadline = False, asyncio.timeout(self._seconds(scope))

        async def finish(message: Message) -> None:
            nonlocal answering, status
            if message["type"] == "http.response.start":
                answering, status = True, message["status"]
                message["headers"] = [*message["headers"], *self._missing(scope, message["headers"], request_id)]
            if message["type"] == "http.response.body" and message.get("more_body") and deadline.when() is not None:
                deadline.reschedule(asyncio.get_running_loop().time() + ANSWER_WITHIN.total_seconds())
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                if self.settings.demo is not None and not asked_by_own_name(scope["headers"]):
                    await answer_by_hand(scope, finish, codes.NOT_FOUND)
                elif canonical := self._canonical(scope):
                    await redirect(finish, canonical)
                else:
                    async with deadline:
                        await self.inner(scope, whole(receive), finish)
            except TimeoutError:
                if answering:
                    raise
                log.error("an answer took too long")  # noqa: TRY400 (where it was interrupted says nothing)
                await answer_by_hand(scope, finish, codes.UNAVAILABLE, wait=codes.USUAL_RETRY_AFTER)
            finally:
                self._note(scope, status, self.clock.monotonic() - began)
                structlog.contextvars.unbind_contextvars("user", "service")

    def _request_id(self, scope: Scope) -> str:
        """The one of a trusted proxy, so that its log and ours tell of the same request; else a new one."""
        peer, trusted = scope["client"], self.settings.web.trusted_proxies
        told = told_by_proxy("x-request-id", scope["headers"], peer=peer[0] if peer else None, trusted=trusted)
        return told if told and REQUEST_ID.fullmatch(told) else self.ids.new()

    def _seconds(self, scope: Scope) -> float | None:
        return None if scope["path"].startswith(UNHURRIED) else ANSWER_WITHIN.total_seconds()

    def _missing(self, scope: Scope, sent: Iterable[tuple[bytes, bytes]], request_id: str) -> RawHeaders:
        names = {name.lower() for name, _ in sent}
        headers = [*self.protection, (b"x-request-id", request_id.encode())]
        if scope["path"] == "/api" or scope["path"].startswith("/api/"):
            headers.append((b"cache-control", b"no-store"))
        return [(name, value) for name, value in headers if name not in names]

    def _canonical(self, scope: Scope) -> str | None:
        """The demo's one address, for whoever came by another name: a cookie set under one is not sent under the other."""
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        if self.settings.demo is None or urlsplit(f"//{host}").hostname != "localhost":
            return None
        here = urlsplit(self.settings.web.dashboard_url)
        if here.hostname == "localhost":
            return None
        query = scope["query_string"].decode("latin-1")
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
        return self.settings.web.dashboard_url + path + (f"?{query}" if query else "")

    def _note(self, scope: Scope, status: int, took: timedelta) -> None:
        route, method = str(scope.get("path_template") or NOWHERE), str(scope.get("method", ""))
        count_request(self.metrics, method, route, status, took)
        level = logging.DEBUG if route.startswith(QUIET) else logging.INFO
        milliseconds = round(took / timedelta(milliseconds=1), 1)
        log.log(level, "request", extra={"method": method, "route": route, "status": status, "ms": milliseconds})


def whole(receive: Receive) -> Receive:
    """Receives the body. Raises BodyCutShort when the client leaves before its end."""
    complete = False

    async def received() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        nonlocal complete
        message = await receive()
        if message["type"] == "http.disconnect" and not complete:
            raise BodyCutShort
        complete = complete or (message["type"] == "http.request" and not message.get("more_body"))
        return message

    return received


async def answer_by_hand(scope: Scope, send: Send, code: codes.Code, *, wait: timedelta | None = None) -> None:
    """Where the application is still busy, or is not to be asked at all."""
    as_page = wants_a_page(scope["path"].encode(), scope["headers"])
    answer = bare_answer(code, wait=wait, as_page=as_page)
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


async def redirect(send: Send, address: str) -> None:
    """307, by hand: nothing of the application is asked."""
    headers = [(b"location", address.encode("latin-1")), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 307, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
