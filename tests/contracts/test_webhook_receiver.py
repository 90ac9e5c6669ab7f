"""A receiver over sockets, whatever it does, and signatures as the specification's own library checks them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from adapters.clock import SystemClock
from adapters.http_client.resolver import LookUp, ask_the_system
from adapters.webhooks import webhook_receiver as adapter
from adapters.webhooks.webhook_receiver import LONGEST_ANSWER, PRIVATE, HttpWebhookReceiver, pause_of
from application.ports.webhook_receiver import Later, NotTaken, Taken
from domain.tokens import Secret
from support.certificates import tls_of_this_machine
from support.raw_server import Behaviour, Peer, RawServer, answering
from support.servers import free_port

NEW, OLD, OTHER = (f"whsec_{text}" for text in ("bmV3" * 8, "b2xk" * 8, "b3Ro" * 8))
BODY = '{"type":"tokens.rotated","data":{"name":"Caf\\u00e9"}}'

Tls = tuple[ssl.SSLContext, ssl.SSLContext]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    folder: Path = tmp_path_factory.mktemp("tls")
    return tls_of_this_machine(folder, "receiver.test")


class Make(Protocol):
    def __call__(
        self, url: str, tls: Tls | None = None, *, allow_private: bool = True, look_up: LookUp = ask_the_system
    ) -> HttpWebhookReceiver: ...


@pytest.fixture
def receiver() -> Iterator[Make]:
    """Makes receivers, and closes what they kept open."""
    with ExitStack() as made:

        def make(
            url: str, tls: Tls | None = None, *, allow_private: bool = True, look_up: LookUp = ask_the_system
        ) -> HttpWebhookReceiver:
            own, secrets = tls[1] if tls else None, [Secret(NEW), Secret(OLD)]
            one = HttpWebhookReceiver(Secret(url), secrets, SystemClock(), allow_private=allow_private, tls=own, look_up=look_up)
            return made.enter_context(closing(one))

        yield make


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def body_of(request: bytes) -> bytes:
    return request.partition(b"\r\n\r\n")[2]


def drip(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    peer.drip(b" " * 1000, every=0.02)


def test_a_message_arrives_as_it_is_and_the_specifications_library_accepts_its_signature(receiver: Make, tls: Tls) -> None:
    with RawServer(answering(b"", status=204), tls=tls[0]) as server:
        assert receiver(f"{server.url}/hooks?tenant=1", tls).send("evt_1", BODY, attempt=3) == Taken()
        [request] = server.requests
    headers = headers_of(request)
    assert request.startswith(b"POST /hooks?tenant=1 HTTP/1.1\r\n")
    assert body_of(request).decode() == BODY
    assert (headers["webhook-id"], headers["webhook-attempt"]) == ("evt_1", "3")
    assert headers["content-type"] == "application/json"
    for secret in (NEW, OLD):
        assert Webhook(secret).verify(body_of(request), headers) == {"type": "tokens.rotated", "data": {"name": "Café"}}


def test_the_newest_secret_signs_first_and_nobody_elses_does(receiver: Make, tls: Tls) -> None:
    with RawServer(answering(b""), tls=tls[0]) as server:
        receiver(server.url, tls).send("evt_1", BODY, attempt=1)
        [request] = server.requests
    headers = headers_of(request)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(body_of(request), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body_of(request) + b" ", headers)
    newest = headers["webhook-signature"].split()[0]
    assert Webhook(NEW).verify(body_of(request), {**headers, "webhook-signature": newest})


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    (
        (answering(b"thanks", status=202), Taken()),
        (answering(b"", status=500), Later("status 500")),
        (answering(b"", status=503, headers="Retry-After: 120\r\n"), Later("status 503", pause=timedelta(minutes=2))),
        (answering(b"", status=429), Later("status 429")),
        (answering(b"", status=400), NotTaken("status 400")),
        (answering(b"", status=410), NotTaken("status 410")),
        (answering(b" " * (LONGEST_ANSWER + 1)), Later("the answer is too long")),
        (Peer.reset, Later("ReadError")),
        (Peer.close, Later("RemoteProtocolError")),
    ),
    ids=("accepted", "fails", "asks for a pause", "throttles", "refuses", "is gone", "too long", "reset", "drops"),
)
def test_what_an_answer_comes_to(receiver: Make, behaviour: Behaviour, outcome: Taken | Later | NotTaken) -> None:
    with RawServer(behaviour) as server:
        assert receiver(server.url).send("evt_1", BODY, attempt=1) == outcome


def test_a_redirect_is_not_followed(receiver: Make) -> None:
    with RawServer(answering(b"")) as elsewhere:
        there = answering(b"", status=307, headers=f"Location: {elsewhere.url}/\r\n")
        with RawServer(there) as server:
            assert receiver(server.url).send("evt_1", BODY, attempt=1) == NotTaken("status 307")
            assert len(server.requests) == 1
        assert elsewhere.requests == []


@pytest.mark.parametrize("behaviour", (Peer.keep_silent, drip), ids=("silent", "one byte at a time"))
def test_a_slow_receiver_is_left_in_time(receiver: Make, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "SENT_WITHIN", timedelta(seconds=0.3))
    with RawServer(behaviour) as server:
        assert isinstance(receiver(server.url).send("evt_1", BODY, attempt=1), Later)


def test_where_nobody_listens_and_where_nobody_vouches_for_the_certificate_it_is_tried_later(receiver: Make, tls: Tls) -> None:
    assert receiver(f"http://127.0.0.1:{free_port()}").send("evt_1", BODY, attempt=1) == Later("ConnectError")
    with RawServer(answering(b""), tls=tls[0]) as server:
        assert receiver(server.url).send("evt_1", BODY, attempt=1) == Later("ConnectError")
        assert server.requests == []


@pytest.mark.parametrize("host", ("127.0.0.1", "2130706433", "0x7f000001", "127.1", "localhost", "[::ffff:127.0.0.1]", "[::1]"))
def test_this_machine_is_not_connected_to_unless_that_is_allowed(receiver: Make, host: str, tls: Tls) -> None:
    with RawServer(answering(b""), tls=tls[0]) as server:
        refusing = receiver(f"https://{host}:{server.port}/", tls, allow_private=False)
        answer = refusing.send("evt_1", BODY, attempt=1)
        assert isinstance(answer, NotTaken | Later)
        assert host in {"0x7f000001", "2130706433", "127.1"} or answer == NotTaken(PRIVATE)
        with pytest.raises(OSError, match=r"WEBHOOK_ALLOW_PRIVATE|not found"):
            refusing.check()
        assert server.connections == 0


@pytest.mark.parametrize("address", ("127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254"))
def test_a_name_that_leads_to_a_private_address_is_not_connected_to(receiver: Make, address: str, tls: Tls) -> None:
    with RawServer(answering(b""), tls=tls[0]) as server:
        url = f"https://receiver.test:{server.port}/"
        refusing = receiver(url, tls, allow_private=False, look_up=lambda _: [address])
        assert refusing.send("evt_1", BODY, attempt=1) == NotTaken(PRIVATE)
        with pytest.raises(OSError, match="WEBHOOK_ALLOW_PRIVATE=true"):
            refusing.check()
        assert server.connections == 0


def test_the_address_that_was_judged_is_the_one_connected_to_for_a_name_is_looked_up_once(receiver: Make, tls: Tls) -> None:
    asked = list[str]()

    def look_up(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with RawServer(answering(b""), tls=tls[0]) as server:
        url = f"https://receiver.test:{server.port}/"
        refusing = receiver(url, tls, allow_private=False, look_up=look_up)
        assert refusing.send("evt_1", BODY, attempt=1) == NotTaken(PRIVATE)
        assert asked == ["receiver.test"]
        allowing = receiver(url, tls, look_up=look_up)
        assert allowing.send("evt_1", BODY, attempt=1) == Taken()
        assert asked == ["receiver.test"] * 2
        allowing.check()


def test_a_pause_is_asked_for_in_seconds_or_by_a_date() -> None:
    now = datetime(2030, 1, 1, 12, tzinfo=UTC)
    assert pause_of("90", now) == timedelta(seconds=90)
    assert pause_of("Tue, 01 Jan 2030 12:10:00 GMT", now) == timedelta(minutes=10)
    assert pause_of("Tue, 01 Jan 2030 11:00:00 GMT", now) == timedelta(0)
    for illegible in (None, "", "soon", "-5", "9" * 400, "¹"):
        assert pause_of(illegible, now) is None


def test_neither_address_nor_secret_is_shown(receiver: Make) -> None:
    url = "https://receiver.test/hooks/planted-in-the-path"
    shown = repr(receiver(url)) + repr(vars(receiver(url)))
    assert "planted" not in shown
    assert NEW not in shown
