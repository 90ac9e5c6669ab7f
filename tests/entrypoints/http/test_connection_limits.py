"""What a client may cost before the application sees its request, over real sockets, with small limits."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from entrypoints.http.bounded_protocol import BoundedProtocol
from entrypoints.http.connection_limits import ConnectionLimits
from support.application_on_a_socket import served
from support.processes import eventually

LONG = timedelta(seconds=60)
SHORT = timedelta(seconds=0.5)
PATIENT = ConnectionLimits(head_within=LONG, body_within=LONG, unread_within=LONG, linger=LONG)
GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
END = b"Connection: close\r\n\r\n"
MEGABYTE = b"a" * 1_000_000


@dataclass
class Application:
    """Reads a POST's body, answers by the headers that it has seen, and remembers who left early. /big: 8 MB; /slow: waits."""

    left: list[str] = field(default_factory=list)
    begun: int = 0
    served: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI, HTTP and lifespan alike)
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        self.begun += 1
        more = scope["method"] == "POST"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.append(scope["path"])
                return
            more = message["more_body"]
        if scope["path"] == "/slow":
            await receive()
            await receive()  # only when the client has left
        names = b" ".join(sorted(name for name, _ in scope["headers"]))
        body = MEGABYTE * 8 if scope["path"] == "/big" else names
        self.served += 1
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _live(self, receive: Any, send: Any) -> None:  # noqa: ANN401 (as above)
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})


@dataclass
class Wire:
    """A server with limits, and short words for what clients do to it."""

    port: int
    application: Application
    clients: ExitStack

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        return self.clients.enter_context(self._connected(source))

    def _connected(self, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20, source_address=(source, 0))

    def ask(self, request: bytes, *, then: bytes = b"", times: int = 0) -> bytes:
        """Everything that is answered to a request, of which `then` follows so many times, or until the server has enough."""
        with self._connected() as client:
            with suppress(OSError):
                client.sendall(request)
                for _ in range(times):
                    client.sendall(then)
            return read_all(client)

    def is_well(self) -> bool:
        return self.ask(GET + END).startswith(b"HTTP/1.1 200 ")


def read_all(client: socket.socket) -> bytes:
    answer = b""
    with suppress(ConnectionError):
        while more := client.recv(65_536):
            answer += more
    return answer


def drip(client: socket.socket, text: bytes) -> bytes:
    """Send byte after byte until the server ends it; what it answered."""
    client.settimeout(0.05)
    answer = b""
    for byte in text * 200:
        try:
            client.sendall(bytes([byte]))
            answer += client.recv(65_536)
        except TimeoutError:
            continue
        except OSError:
            break
        else:
            client.settimeout(20)
            return answer + read_all(client)
    return answer


@contextmanager
def wire(limits: ConnectionLimits, *, keepalive: int = 60) -> Iterator[Wire]:
    given = limits

    class Limited(BoundedProtocol):
        limits: ClassVar[ConnectionLimits] = given

    application = Application()
    with served(application, Limited, keepalive=keepalive) as address, ExitStack() as clients:
        yield Wire(int(address.rpartition(":")[2]), application, clients)


@pytest.fixture
def patient() -> Iterator[Wire]:
    """All the time there is, and the sizes of production."""
    with wire(replace(PATIENT, linger=SHORT)) as one:
        yield one


@pytest.mark.parametrize(
    ("beginning", "then"),
    [(GET + b"X: ", MEGABYTE), (b"GET /", MEGABYTE), (GET, b"a:b\r\n" * 200_000)],
    ids=["a header", "a request line", "many headers"],
)
def test_a_head_without_an_end_is_refused_soon_and_holds_up_nobody(patient: Wire, beginning: bytes, then: bytes) -> None:
    answer = patient.ask(beginning, then=then, times=150)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert len(answer) < 1000
    assert patient.is_well()
    assert patient.application.served == 1


@pytest.mark.parametrize("excess", [b"X: " + b"a" * 40_000 + b"\r\n", b"a:b\r\n" * 201], ids=["bytes", "headers"])
def test_a_head_that_comes_at_once_has_the_same_limits(patient: Wire, excess: bytes) -> None:
    assert patient.ask(GET + excess + END).startswith(b"HTTP/1.1 431 ")
    assert patient.application.served == 0


def test_a_browser_with_too_many_cookies_reads_a_page_and_a_program_problem_details(patient: Wire) -> None:
    cookies = b"Cookie: " + b"a" * 40_000 + b"\r\n"
    page = patient.ask(GET + b"Accept: text/html,*/*\r\n" + cookies + END)
    assert b"content-type: text/html; charset=utf-8\r\n" in page
    assert b"<h1>Request Header Fields Too Large</h1>" in page
    for request in (GET + b"Accept: */*\r\n", GET.replace(b"/", b"/api/platforms", 1) + b"Accept: text/html\r\n"):
        problem = patient.ask(request + cookies + END)
        assert b"content-type: application/problem+json\r\n" in problem
        assert b'"code":"INVALID_REQUEST"' in problem


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01" * 1000, b"HELO example.org\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"\x00" * 70_000]
)
def test_what_is_no_http_gets_one_short_answer(patient: Wire, noise: bytes) -> None:
    answer = patient.ask(noise)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert len(answer) < 1000
    assert patient.is_well()


@pytest.mark.parametrize(
    "body",
    [b"1;", b"0\r\nX: ", b"1\r\na\r\n" * 100_000],
    ids=["a chunk's extension", "a trailer", "chunks of one byte"],
)
def test_a_chunked_body_is_counted_with_its_framing(patient: Wire, body: bytes) -> None:
    repeated = body if len(body) > 100 else MEGABYTE
    answer = patient.ask(POST + b"Transfer-Encoding: chunked\r\n\r\n" + body, then=repeated, times=50)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert patient.application.left == ["/"]
    assert patient.is_well()


def test_what_comes_after_the_body_is_no_header(patient: Wire) -> None:
    chunked = POST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    answer = patient.ask(chunked + b"0\r\nAuthorization: Bearer smuggled\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n")
    assert answer.endswith(b"\r\n\r\nconnection host transfer-encoding")


@pytest.mark.parametrize("sent_before", [b"", GET + b"\r\n"], ids=["first request", "second request"])
@pytest.mark.parametrize("dripped", [b"GET / HTTP/1.1\r\nX: ", b"\r\n"], ids=["a head", "empty lines"])
def test_a_head_that_drips_has_a_deadline(sent_before: bytes, dripped: bytes) -> None:
    with wire(replace(PATIENT, head_within=SHORT, linger=SHORT)) as slow:
        client = slow.connect()
        if sent_before:
            client.sendall(sent_before)
            assert client.recv(65_536)
        assert b"HTTP/1.1 408 " in drip(client, dripped)
        assert slow.is_well()


def test_a_connection_that_says_nothing_ends_without_a_word() -> None:
    with wire(replace(PATIENT, head_within=SHORT)) as slow:
        client = slow.connect()
        assert read_all(client) == b""


@pytest.mark.parametrize(
    ("framing", "dripped"),
    [(b"Content-Length: 1000\r\n\r\n", b"a"), (b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n")],
    ids=["of a length", "in chunks"],
)
def test_a_body_that_drips_has_a_deadline_and_the_application_learns_of_it(framing: bytes, dripped: bytes) -> None:
    with wire(replace(PATIENT, body_within=SHORT, linger=SHORT)) as slow:
        client = slow.connect()
        client.sendall(POST + framing)
        assert drip(client, dripped).startswith(b"HTTP/1.1 408 ")
        eventually(lambda: slow.application.left == ["/"])


def test_an_answer_that_nobody_reads_is_given_up() -> None:
    with wire(replace(PATIENT, unread_within=SHORT)) as one:
        client = one.connect()
        client.sendall(GET.replace(b"/", b"/big", 1) + b"\r\n")
        time.sleep(3 * SHORT.total_seconds())
        assert len(read_all(client)) < 8 * len(MEGABYTE)


def test_idle_connections_make_room_for_new_ones_those_of_whoever_has_most_first() -> None:
    with wire(replace(PATIENT, connections=10)) as one:
        honest = one.connect("127.0.0.1")
        honest.sendall(GET + b"\r\n")
        assert honest.recv(65_536)
        for _ in range(40):
            one.connect("127.0.0.2")
        assert one.is_well()
        honest.sendall(GET + END)
        assert read_all(honest).startswith(b"HTTP/1.1 200 ")


def test_half_sent_requests_make_room_too() -> None:
    with wire(replace(PATIENT, connections=5)) as one:
        hoarded = [one.connect("127.0.0.2") for _ in range(20)]
        for client in hoarded:
            with suppress(OSError):  # it has made room already
                client.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert one.is_well()


def test_requests_under_way_are_never_displaced_and_who_finds_no_room_is_told_when_to_come_again() -> None:
    with wire(replace(PATIENT, connections=3, linger=SHORT)) as one:
        busy = [one.connect() for _ in range(3)]
        for client in busy:
            client.sendall(GET.replace(b"/", b"/slow", 1) + b"\r\n")
        eventually(lambda: one.application.begun == len(busy))
        answer = read_all(one.connect())
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: " in answer
        for client in busy:
            client.close()
        eventually(one.is_well)


def test_an_idle_connection_is_kept_as_long_as_the_setting_says() -> None:
    with wire(PATIENT, keepalive=1) as one:
        client = one.connect()
        began = time.monotonic()
        for _ in range(2):
            client.sendall(GET + b"\r\n")
            assert client.recv(65_536)
        assert client.recv(65_536) == b""
        assert time.monotonic() - began >= 0.9


def test_an_answer_before_the_bodys_end_leaves_no_connection_behind() -> None:
    with wire(PATIENT, keepalive=1) as one:
        client = one.connect()
        client.sendall(GET + b"Content-Length: 4\r\n\r\n")
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
        client.sendall(b"late")
        assert client.recv(65_536) == b""


def test_requests_in_one_piece_are_answered_one_after_the_other(patient: Wire) -> None:
    assert patient.ask((GET + b"\r\n") * 50 + GET + END).count(b"HTTP/1.1 200 ") == 51
