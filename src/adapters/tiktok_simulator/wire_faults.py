"""TikTok's API on the wire: the latency, the answers that were planned, and the fault that is due for a call, if any."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import Final, cast

from . import replies
from .api import VERSIONED, answer_call
from .asgi import HTML, HttpCall, HttpReply, Receive, Scope, Send, send_reply
from .envelope import envelope
from .planned_answers import PlannedAnswer
from .planned_faults import Fault
from .replies import failure
from .requests_seen import SeenRequest
from .simulator import Simulator

TRANSPORT: Final = "simulator.transport"
"""The key of the ASGI scope's extensions under which the server leaves the connection's transport."""

_PAGES: Final = {
    "html504": HttpReply(
        HTTPStatus.GATEWAY_TIMEOUT,
        b"<html><head><title>504 Gateway Time-out</title></head><body><h1>504 Gateway Time-out</h1></body></html>",
        HTML,
    ),
    "garbage": HttpReply(
        HTTPStatus.OK, b"<!doctype html><title>Please wait</title><p>Checking your browser before you proceed.", HTML
    ),
}
_CODES: Final = {
    "throttle": (HTTPStatus.OK, replies.TOO_FREQUENT),
    "http401_throttle": (HTTPStatus.UNAUTHORIZED, replies.TOO_FREQUENT),
    "unavailable": (HTTPStatus.OK, replies.MAINTENANCE),
    "misconfigured": (HTTPStatus.OK, replies.INVALID_PARTNER),
}


class TikTokDoor:
    """Where calls of TikTok's API come in and answers leave.

    lost_reply, timeout_before and drip need the connection itself, which ASGI hides; server.py hands it over in the scope.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def handle(self, call: HttpCall, scope: Scope, receive: Receive, send: Send) -> None:
        """One call. Its slash at the end is part of a path, as at TikTok."""
        simulator = self._simulator
        matched = VERSIONED.fullmatch(call.path)
        version, endpoint = (matched[1], matched[2]) if matched else ("", call.path)
        seen = simulator.requests.note(call, simulator.machine.clock.now())
        half = simulator.machine.config.latency.total_seconds() / 2
        with simulator.in_flight():
            await simulator.pause(half)
            if planned := simulator.answers.take(call.method, call.path):
                await self._planned(planned, endpoint, seen, send)
                return
            fault = simulator.faults.take(endpoint)
            if fault is not None and await self._instead(fault, endpoint, seen, scope, receive, send):
                return
            reply, seen.code = answer_call(simulator, call, endpoint, version, fault.kind if fault else None)
            await simulator.pause(half)
            await self._deliver(fault, reply, seen, scope, receive, send)

    async def _planned(self, planned: PlannedAnswer, endpoint: str, seen: SeenRequest, send: Send) -> None:
        """A planned answer, as it was given."""
        seen.status, seen.code = planned.status, planned.code
        self._simulator.record(endpoint, planned.code, fault="planned answer")
        await self._simulator.pause(planned.delay_ms / 1000)
        await send_reply(send, HttpReply(planned.status, planned.content, headers=planned.headers))

    async def _instead(self, fault: Fault, endpoint: str, seen: SeenRequest, scope: Scope, receive: Receive, send: Send) -> bool:
        """The faults that keep the call from being processed; False when it is to be processed."""
        match fault.kind:
            case "lost_reply" | "slow" | "drip":
                return False
            case "timeout_before":
                self._simulator.record(endpoint, None, fault=fault.kind)
                await self._hang(fault.seconds or 30, receive)
                await _drop(scope, receive)
                return True
            case "html504" | "garbage":
                reply, code = _PAGES[fault.kind], None
            case _:
                status, code = _CODES[fault.kind]
                if code == replies.TOO_FREQUENT:
                    self._simulator.machine.count_throttled()
                reply = HttpReply(status, envelope(failure(code), self._simulator.machine.clock.now()))
        self._simulator.record(endpoint, code, fault=fault.kind)
        seen.status, seen.code = int(reply.status), code
        await send_reply(send, reply)
        return True

    async def _deliver(
        self, fault: Fault | None, reply: HttpReply, seen: SeenRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """The processed call's answer, on whatever way the fault lets it take."""
        if fault is not None and fault.kind == "lost_reply":
            await _drop(scope, receive)
            return
        seen.status = int(reply.status)
        if fault is not None and fault.kind == "drip":
            await self._drip(fault.seconds or 0.25, reply, scope, receive)
            return
        if fault is not None:
            await self._simulator.pause(fault.seconds or 3)
        await send_reply(send, reply)

    async def _hang(self, seconds: float, receive: Receive) -> None:
        """Wait for the time, the client's leaving or the server's end, whichever is first."""
        waits = [asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(self._simulator.pause(seconds))]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
            with suppress(asyncio.CancelledError):
                await wait

    async def _drip(self, seconds: float, reply: HttpReply, scope: Scope, receive: Receive) -> None:
        """The status line and the headers byte by byte, then the body at once."""
        transport = _transport(scope)
        lines = [f"HTTP/1.1 {int(reply.status)} OK".encode(), b"X-TikTok-Simulator: 1", b"Connection: close"]
        head = b"\r\n".join([*lines, *(name + b": " + value for name, value in reply.head), b"", b""])
        for byte in head:
            if transport.is_closing():
                break
            transport.write(bytes([byte]))
            await self._simulator.pause(seconds)
        transport.write(reply.body)
        transport.close()
        await _gone(receive)


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
