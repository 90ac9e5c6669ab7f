"""Downloading a key set from servers that mean well, and from others."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from adapters.clock import SystemClock
from adapters.jwks import key_set
from adapters.jwks.key_set import LONGEST_KEY_SET, KeySetDownload
from support.raw_server import Behaviour, Peer, RawServer, answering
from support.servers import free_port

DOCUMENT = b'{"keys": []}'


def download(server: RawServer) -> bytes:
    return KeySetDownload(f"{server.url}/jwks.json?p=1", SystemClock())()


def drip(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    peer.drip(b" " * 1000, every=0.05)


def endless(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(1000):
        peer.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def test_the_document_comes_as_it_is() -> None:
    with RawServer(answering(DOCUMENT)) as server:
        fetch = KeySetDownload(f"{server.url}/jwks.json?p=1", SystemClock())
        assert [fetch(), fetch()] == [DOCUMENT] * 2
        assert server.requests[0].startswith(b"GET /jwks.json?p=1 HTTP/1.1\r\n")
        assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize(
    ("behaviour", "because"),
    (
        (answering(DOCUMENT, status=302, headers="Location: https://elsewhere.example/keys\r\n"), "status 302"),
        (answering(DOCUMENT, status=404), "status 404"),
        (answering(b" " * (LONGEST_KEY_SET + 1)), "the answer is too long"),
        (endless, "the answer is too long"),
        (Peer.reset, "ReadError"),
    ),
    ids=("redirect", "not found", "too long", "endless", "reset"),
)
def test_any_other_answer_is_a_fault_that_says_what_was_wrong(behaviour: Behaviour, because: str) -> None:
    with RawServer(behaviour) as server, pytest.raises(OSError, match=because):
        download(server)


@pytest.mark.parametrize("behaviour", (Peer.keep_silent, drip), ids=("silent", "one byte at a time"))
def test_a_slow_server_is_left_in_time(behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_set, "DOWNLOAD_WITHIN", timedelta(seconds=0.3))
    began = time.monotonic()
    with RawServer(behaviour) as server, pytest.raises(OSError, match="ReadTimeout"):
        download(server)
    assert time.monotonic() - began < 5


def test_a_server_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(OSError, match="ConnectError"):
        KeySetDownload(f"http://127.0.0.1:{free_port()}/jwks", SystemClock())()
