"""Faults on the wire in front of TikTok's endpoints."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final, cast

from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Message, Receive, Scope, Send

from . import replies
from .envelope import envelope
from .faults import Fault
from .planned_answers import PlannedAnswer
from .replies import failure
from .simulator import API_PREFIX, Simulator

TRANSPORT: Final = "simulator.transport"
"""The key of the ASGI scope's extensions under which the server leaves the connection's transport."""

_JSON: Final = b"application/json"
_HTML: Final = b"text/html; charset=utf-8"
_NOT_FOUND: Final = b"<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>"
_PAGES: Final = {
    "html504": (
        HTTPStatus.GATEWAY_TIMEOUT,
        _HTML,
        b"<html><head><title>504 Gateway Time-out</title></head><body><h1>504 Gateway Time-out</h1></body></html>",
    ),
    "garbage": (HTTPStatus.OK, _HTML, b"<!doctype html><title>Please wait</title><p>Checking your browser before you proceed."),
}
_CODES: Final = {
    "throttle": (HTTPStatus.OK, replies.TOO_FREQUENT),
    "http401_throttle": (HTTPStatus.UNAUTHORIZED, replies.TOO_FREQUENT),
    "unavailable": (HTTPStatus.OK, replies.MAINTENANCE),
    "misconfigured": (HTTPStatus.OK, replies.INVALID_PARTNER),
}


class WireFaults:
    """In front of TikTok's endpoints: the trailing slash, the latency, and the fault that is due for the call, if any.

    lost_reply, timeout_before and drip need the connection itself, which ASGI hides; server.py hands it over in the scope.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """One call. Litestar cuts the trailing slash from `path`, so the raw path tells what was called."""
        path = scope["raw_path"].decode("ascii", "replace")
        if not path.endswith("/"):
            await _send(send, HTTPStatus.NOT_FOUND, _HTML, _NOT_FOUND)
            return
        endpoint, half = path.removeprefix(API_PREFIX), self._simulator.machine.config.latency.total_seconds() / 2
        with self._simulator.in_flight():
            await self._simulator.pause(half)
            if planned := self._simulator.answers.take(str(scope.get("method")), path):
                await self._answer(planned, endpoint, send)
                return
            fault = self._simulator.faults.take(endpoint)
            scope["state"] |= {"endpoint": endpoint, "fault": fault.kind if fault else None}
            if fault is None and not half:
                await next_app(scope, receive, send)
                return
            if fault is not None and await self._instead(fault, endpoint, scope, receive, send):
                return
            answer: list[Message] = []

            async def keep(message: Message) -> None:
                answer.append(message)

            await next_app(scope, receive, keep)
            await self._simulator.pause(half)
            await self._deliver(fault, answer, scope, receive, send)

    async def _answer(self, planned: PlannedAnswer, endpoint: str, send: Send) -> None:
        """A planned answer, as it was given."""
        self._simulator.record(endpoint, None, fault="planned answer")
        await self._simulator.pause(planned.delay_ms / 1000)
        headers = {"content-type": "application/json"} | {name.lower(): value for name, value in planned.headers.items()}
        sent = [(name.encode(), value.encode()) for name, value in headers.items() if name != "content-length"]
        sent.append((b"content-length", str(len(planned.content)).encode()))
        await send({"type": "http.response.start", "status": planned.status, "headers": sent})
        await send({"type": "http.response.body", "body": planned.content, "more_body": False})

    async def _instead(self, fault: Fault, endpoint: str, scope: Scope, receive: Receive, send: Send) -> bool:
        """The faults that keep the call from being processed; False when it is to be processed."""
        match fault.kind:
            case "lost_reply" | "slow" | "drip":
                return False
            case "timeout_before":
                self._simulator.record(endpoint, None, fault=fault.kind)
                await self._hang(fault.seconds or 30, receive)
                await _drop(scope, receive)
            case "html504" | "garbage":
                self._simulator.record(endpoint, None, fault=fault.kind)
                await _send(send, *_PAGES[fault.kind])
            case "throttle" | "http401_throttle" | "unavailable" | "misconfigured":
                status, code = _CODES[fault.kind]
                if code == replies.TOO_FREQUENT:
                    self._simulator.machine.count_throttled()
                self._simulator.record(endpoint, code, fault=fault.kind)
                await _send(send, status, _JSON, envelope(failure(code), self._simulator.machine.clock.now()))
        return True

    async def _deliver(self, fault: Fault | None, answer: list[Message], scope: Scope, receive: Receive, send: Send) -> None:
        """The processed call's answer, on whatever way the fault lets it take."""
        if fault is not None and fault.kind == "lost_reply":
            await _drop(scope, receive)
            return
        if fault is not None and fault.kind == "drip":
            await self._drip(fault.seconds or 0.25, answer, scope, receive)
            return
        if fault is not None:
            await self._simulator.pause(fault.seconds or 3)
        for message in answer:
            await send(message)

    async def _hang(self, seconds: float, receive: Receive) -> None:
        """Wait for the time, the client's leaving or the server's end, whichever is first."""
        waits = [asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(self._simulator.pause(seconds))]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
            with suppress(asyncio.CancelledError):
                await wait

    async def _drip(self, seconds: float, answer: list[Message], scope: Scope, receive: Receive) -> None:
        """The status line and the headers byte by byte, then the body at once."""
        transport = _transport(scope)
        start, *parts = answer
        start = cast("HTTPResponseStartEvent", start)
        lines = [f"HTTP/1.1 {HTTPStatus(start['status']).value} OK".encode(), b"X-TikTok-Simulator: 1", b"Connection: close"]
        head = b"\r\n".join([*lines, *(name + b": " + value for name, value in start["headers"]), b"", b""])
        for byte in head:
            if transport.is_closing():
                break
            transport.write(bytes([byte]))
            await self._simulator.pause(seconds)
        for part in parts:
            transport.write(cast("HTTPResponseBodyEvent", part)["body"])
        transport.close()
        await _gone(receive)


def faults_in_front(simulator: Simulator) -> Callable[[ASGIApp], ASGIApp]:
    """WireFaults as a middleware. A closure, since Litestar deep-copies middleware objects, and with them the simulator."""
    faults = WireFaults(simulator)

    def around(app: ASGIApp) -> ASGIApp:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            await faults.handle(scope, receive, send, app)

        return middleware

    return around


async def _send(send: Send, status: HTTPStatus, content_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _drop(scope: Scope, receive: Receive) -> None:
    """Close the connection without a word, and wait until the server noticed: it answers 500 to a call that nobody answered."""
    _transport(scope).abort()
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(scope: Scope) -> asyncio.Transport:
    try:
        return cast("dict[str, asyncio.Transport]", scope["extensions"])[TRANSPORT]
    except (KeyError, TypeError):
        raise RuntimeError("This fault needs the connection: run the app with the simulator's own server.") from None
