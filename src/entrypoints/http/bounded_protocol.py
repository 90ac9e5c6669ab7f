"""HTTP/1.1 within the limits of connections: what is beyond them is refused before the application sees it."""

import asyncio
import logging
from collections import Counter
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from entrypoints.http import error_codes_and_sentences as codes
from entrypoints.http.bare_answers import bare_answer, wants_a_page
from entrypoints.http.connection_limits import ConnectionLimits, connection_limit
from entrypoints.http.error_codes_and_sentences import Code

log = logging.getLogger(__name__)


class Phase(Enum):
    """What has arrived of a request."""

    HEAD = auto()
    """Nothing, or a part of its head."""
    BODY = auto()
    """Its head."""
    WHOLE = auto()
    """Everything."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, one object a connection, with limits on what a client costs before and after its request."""

    limits: ClassVar[ConnectionLimits] = ConnectionLimits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._phase, self._arrived, self._waits_since = Phase.HEAD, 0, self.loop.time()
        self._refused, self._ends = False, False
        self._read_deadline: asyncio.TimerHandle | None = None
        self._write_deadline: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether nothing is done for this connection: it is idle, or its head is not there yet."""
        answered = not self._serves
        return self._refused or (answered and self._phase is not Phase.BODY)

    @property
    def _serves(self) -> bool:
        """Whether an answer is being made."""
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request, whatever uvicorn's types say
        return cycle is not None and not cycle.response_complete

    @property
    def peer(self) -> str:
        """The other side's address."""
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # narrowed by uvicorn
        """Take a connection. When there are too many, one that waits makes room."""
        super().connection_made(transport)
        self._expect(Phase.HEAD)
        if len(self.connections) > connection_limit(self.limits) and not self._displace_another():
            self._refuse(codes.UNAVAILABLE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._stop_read_deadline()
        self._stop_write_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, as long as it is within the limits."""
        if self._refused:
            return
        if self._phase is Phase.WHOLE:
            self._expect(Phase.HEAD)
        phase_before = self._phase
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._phase is phase_before:
            self._arrived += len(data)
            self._refuse_excess()
        elif self._phase is Phase.WHOLE and self.cycle.response_complete and self.timeout_keep_alive_task is None:
            # the answer came before the request's end, and that end has stopped the keep-alive's clock
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._phase is not Phase.HEAD:
            self._expect(Phase.HEAD)
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. A trailer, after the body, is none: it was not there when the request was judged."""
        if self._phase is Phase.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request to the application, if its head is within the limits."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.limits.head_bytes or len(self.headers) > self.limits.headers:
            self._refuse(codes.INVALID_REQUEST, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        self._expect(Phase.BODY)
        super().on_headers_complete()
        if self._ends:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Hand on a part of the body."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The whole request is there."""
        if not self._refused:
            self._phase = Phase.WHOLE
            self._stop_read_deadline()
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is written, and the client has to read it."""
        super().on_response_complete()
        self._waits_since = self.loop.time()
        if self._write_deadline is None:
            self._start_write_deadline()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(codes.INVALID_REQUEST)

    def shutdown(self) -> None:
        """End after this request, or after one that is on its way: closed at once, the connection would fail it."""
        self._ends = True
        if self._serves:
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(self.limits.last_request_within.total_seconds(), self._end_if_it_waits)

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        super().pause_writing()
        self._stop_write_deadline()
        self._start_write_deadline()

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        self._stop_write_deadline()

    def _expect(self, phase: Phase) -> None:
        self._phase, self._arrived, self._waits_since = phase, 0, self.loop.time()
        self._stop_read_deadline()
        self._start_read_deadline()

    def _start_read_deadline(self) -> None:
        within = self.limits.head_within if self._phase is Phase.HEAD else self.limits.body_within
        self._read_deadline = self.loop.call_later(within.total_seconds(), self._end_slow_request)

    def _stop_read_deadline(self) -> None:
        if self._read_deadline is not None:
            self._read_deadline.cancel()
            self._read_deadline = None

    def _start_write_deadline(self) -> None:
        if self.transport.get_write_buffer_size():
            self._write_deadline = self.loop.call_later(self.limits.unread_within.total_seconds(), self._drop_unread_answer)

    def _stop_write_deadline(self) -> None:
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None

    def _end_slow_request(self) -> None:
        if self.flow.read_paused:  # it is we who don't read
            self._start_read_deadline()
        elif self._phase is Phase.HEAD and not self._arrived:
            self.transport.close()
        else:
            self._refuse(codes.INVALID_REQUEST, HTTPStatus.REQUEST_TIMEOUT)

    def _end_if_it_waits(self) -> None:
        if self.waits and not self._refused:
            self.transport.close()

    def _drop_unread_answer(self) -> None:
        self._write_deadline = None
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def _refuse_excess(self) -> None:
        if self._phase is Phase.HEAD and self._arrived > self.limits.head_bytes:
            self._refuse(codes.INVALID_REQUEST, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._phase is Phase.BODY and self._arrived > self.limits.body_bytes:
            self._refuse(codes.PAYLOAD_TOO_LARGE)

    def _displace_another(self) -> bool:
        """Close the connection that waits longest, of the peer that has most. False: none waits."""
        others = [other for other in self.connections if isinstance(other, BoundedProtocol) and other is not self]
        held_by = Counter(other.peer for other in others)
        waiting = [other for other in others if other.waits]
        if not waiting:
            return False
        displaced = min(waiting, key=lambda other: (-held_by[other.peer], other._waits_since))  # noqa: SLF001 (its own kind)
        self.connections.discard(displaced)
        displaced.transport.abort()
        return True

    def _refuse(self, code: Code, status: int | None = None) -> None:
        """Say so in one short answer, and end the connection."""
        if self._refused:
            return
        self._refused = True
        self._stop_read_deadline()
        self._unset_keepalive_if_required()
        log.info("a request is refused on the wire", extra={"code": code.name, "status": status or code.status})
        if self._serves:
            if self.cycle.response_started:
                self.transport.abort()
                return
            self.cycle.disconnected = True  # the application learns that nobody is there, and can write nothing more
            self.cycle.message_event.set()
        self.flow.resume_reading()
        headers: list[tuple[bytes, bytes]] | None = self.headers  # none before the first request begins, whatever its type says
        as_page = headers is not None and wants_a_page(self.url.partition(b"?")[0], headers)
        wait = codes.USUAL_RETRY_AFTER if code is codes.UNAVAILABLE else None
        self.transport.write(bare_answer(code, status=status, wait=wait, as_page=as_page).as_bytes())
        self.transport.write_eof()
        self.loop.call_later(self.limits.linger.total_seconds(), self.transport.abort)
