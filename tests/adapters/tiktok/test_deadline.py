import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.clock import SystemClock
from adapters.http_client.connections import Connections
from adapters.http_client.resolver import Resolver
from domain.outcomes import InDoubt, Issued, Unavailable
from domain.tokens import Secret
from support.certificates import tls_of_this_machine
from support.raw_server import Behaviour, Peer, RawServer, answering
from support.servers import free_port

from .conftest import Connect

TOKEN = Secret("a-token")
OK: dict[str, object] = {"code": 0, "data": {"access_token": "new"}}
SLACK = 3.0
"""Seconds for a busy machine: what never ends by itself here would otherwise go on for more than ten."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def drip_body(peer: Peer) -> None:
    peer.send(HEAD + b"\r\n")
    peer.drip(b" " * 1000, every=0.02)


def drip_chunks(peer: Peer) -> None:
    peer.send(CHUNKED)
    for _ in range(500):
        peer.drip(b"1\r\n \r\n", every=0.005)


def drip_interim_answers(peer: Peer) -> None:
    for _ in range(500):
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.drip(b"", every=0.02)
        time.sleep(0.02)


LATE: dict[str, Behaviour] = {
    "never answering": Peer.keep_silent,
    "one byte of the head at a time": lambda peer: peer.drip(HEAD * 50, every=0.02),
    "one byte of the body at a time": drip_body,
    "one chunk at a time": drip_chunks,
    "one interim answer after the other": drip_interim_answers,
}


@pytest.mark.parametrize("behaviour", LATE.values(), ids=LATE.keys())
def test_a_call_is_cut_off_at_its_deadline(behaviour: Behaviour, connect: Connect) -> None:
    with RawServer(behaviour) as server, connect(server.url, seconds=0.5) as tiktok:
        assert took(lambda: isinstance(tiktok.refresh(TOKEN), InDoubt)) < 0.5 + SLACK


@pytest.mark.parametrize("behaviour", LATE.values(), ids=LATE.keys())
def test_so_it_is_over_tls(behaviour: Behaviour, connect: Connect, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    theirs, ours = tls
    with (
        RawServer(behaviour, tls=theirs) as server,
        connect(server.url, seconds=0.5, connections=Connections(SystemClock(), ours)) as tiktok,
    ):
        assert took(lambda: isinstance(tiktok.refresh(TOKEN), InDoubt)) < 0.5 + SLACK


def test_a_deadline_that_passed_does_not_spoil_the_next_call(connect: Connect) -> None:
    with RawServer(Peer.keep_silent, answering(OK)) as server, connect(server.url, seconds=2) as tiktok:
        assert isinstance(tiktok.refresh(TOKEN), InDoubt)
        assert isinstance(tiktok.refresh(TOKEN), Issued)
        assert server.connections == 2


def test_a_kept_connection_has_a_new_deadline_for_each_call(connect: Connect) -> None:
    with RawServer(answering(OK)) as server, connect(server.url, seconds=2) as tiktok:
        assert isinstance(tiktok.refresh(TOKEN), Issued)
        time.sleep(2.1)
        assert isinstance(tiktok.refresh(TOKEN), Issued)
        assert server.connections == 1


def test_tls_works_and_keeps_its_connection(connect: Connect, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    theirs, ours = tls
    with (
        RawServer(answering(OK), tls=theirs) as server,
        connect(server.url, connections=Connections(SystemClock(), ours)) as tiktok,
    ):
        assert [type(tiktok.refresh(TOKEN)) for _ in range(3)] == [Issued] * 3
        assert server.connections == 1


def test_a_certificate_that_nobody_vouches_for_means_that_nothing_was_sent(
    connect: Connect, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    with RawServer(answering(OK), tls=tls[0]) as server, connect(server.url) as tiktok:
        assert isinstance(tiktok.refresh(TOKEN), Unavailable)
        assert not server.requests


def test_a_handshake_without_end_means_that_nothing_was_sent_and_is_cut_off(connect: Connect) -> None:
    class Mute(RawServer):
        def _serve(self, connection: socket.socket) -> None:
            with connection:
                Peer(connection, self._over).keep_silent()

    with Mute() as server, connect(server.url.replace("http:", "https:"), seconds=0.4) as tiktok:
        assert took(lambda: isinstance(tiktok.refresh(TOKEN), Unavailable)) < 0.4 + SLACK


def test_a_look_up_without_end_means_that_nothing_was_sent_and_is_cut_off(connect: Connect) -> None:
    over = threading.Event()

    def hang(_: str) -> list[str]:
        over.wait(30)
        return []

    with connect("http://api.example", seconds=0.3, connections=Connections(SystemClock(), look_up=hang)) as tiktok:
        assert took(lambda: isinstance(tiktok.refresh(TOKEN), Unavailable)) < 0.3 + SLACK
        assert took(lambda: isinstance(tiktok.refresh(TOKEN), Unavailable)) < 0.3 + SLACK
        assert sum(thread.name == "look up api.example" for thread in threading.enumerate()) == 1
        over.set()


def test_an_address_where_nobody_is_leaves_time_for_the_next_one(connect: Connect) -> None:
    with RawServer(answering(OK)) as server:
        connections = Connections(SystemClock(), look_up=lambda _: ["::1", "127.0.0.1"])
        with connect(f"http://api.example:{server.port}", connections=connections) as tiktok:
            assert isinstance(tiktok.refresh(TOKEN), Issued)


def test_a_name_that_does_not_exist_means_that_nothing_was_sent(connect: Connect) -> None:
    def unknown(_: str) -> list[str]:
        raise OSError("no such name")

    with connect(f"http://api.example:{free_port()}", connections=Connections(SystemClock(), look_up=unknown)) as tiktok:
        assert isinstance(tiktok.refresh(TOKEN), Unavailable)


class StandingClock(SystemClock):
    """Its monotonic side goes only where it is put."""

    at = timedelta(0)

    def monotonic(self) -> timedelta:
        return self.at


def test_a_names_addresses_are_asked_for_again_after_half_a_minute() -> None:
    clock, asked = StandingClock(), iter(range(1, 9))
    resolver = Resolver(clock, lambda _: [f"10.0.0.{next(asked)}"])
    assert resolver.addresses("a.example", within=5) == ["10.0.0.1"]
    assert resolver.addresses("a.example", within=5) == ["10.0.0.1"]
    clock.at = timedelta(seconds=31)
    assert resolver.addresses("a.example", within=5) == ["10.0.0.2"]


def test_a_failed_look_up_is_not_kept() -> None:
    answers: list[list[str] | Exception] = [OSError("away"), RuntimeError("odd"), ["10.0.0.1"]]

    def look_up(_: str) -> list[str]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    resolver = Resolver(SystemClock(), look_up)
    for _ in range(2):
        with pytest.raises(OSError, match=r"away|looked up"):
            resolver.addresses("a.example", within=5)
    assert resolver.addresses("a.example", within=5) == ["10.0.0.1"]


def test_a_numeric_address_is_not_looked_up() -> None:
    def never(host: str) -> list[str]:
        raise AssertionError(host)

    assert Resolver(SystemClock(), never).addresses("127.0.0.1", within=5) == ["127.0.0.1"]
    assert Resolver(SystemClock(), never).addresses("::1", within=5) == ["::1"]


def took(call: Callable[[], bool]) -> float:
    """Seconds; fails when the call did not come to what it should."""
    before = time.monotonic()
    assert call()
    return time.monotonic() - before


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side and a client's, for 127.0.0.1."""
    return tls_of_this_machine(tmp_path_factory.mktemp("tls"))
