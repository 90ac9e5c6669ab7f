"""A machine that sleeps in the middle of a call: it sends nothing late, and reads what came."""

import json
import time
from datetime import UTC, datetime, timedelta

from adapters.http_client.connections import Connections
from adapters.http_client.deadline import DeadlineStream
from adapters.tiktok.ad_platform import TikTok
from domain.ids import AppId
from domain.outcomes import Issued, Unavailable
from domain.tokens import Secret
from support.raw_server import Peer, RawServer, answering

OK = {"code": 0, "data": {"access_token": "a", "refresh_token": "r"}}


class SleepyClock:
    """Real time, and the sleep of a machine on top of it."""

    def __init__(self) -> None:
        self.slept = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.slept  # noqa: TID251 (a clock itself)

    def monotonic(self) -> timedelta:
        return timedelta(seconds=time.monotonic()) + self.slept

    def sleep(self, span: timedelta) -> None:
        time.sleep(span.total_seconds())


def a_client(url: str, clock: SleepyClock, connections: Connections | None = None) -> TikTok:
    return TikTok(
        AppId("7000"),
        Secret("app-secret-of-this-test"),
        redirect_uri="https://dashboard.example/api/auth/tiktok/callback",
        auth_url=f"{url}/portal/auth",
        api_url=f"{url}/open_api/v1.3",
        clock=clock,
        connections=connections,
    )


def test_an_answer_that_comes_while_the_machine_sleeps_is_read_when_it_wakes() -> None:
    clock = SleepyClock()

    def answer(peer: Peer) -> None:
        clock.slept += timedelta(hours=1)
        peer.reply(json.dumps(OK).encode())

    with RawServer(answer) as server, a_client(server.url, clock) as tiktok:
        assert isinstance(tiktok.refresh(Secret("token")), Issued)


def test_a_machine_that_slept_while_it_connected_sends_nothing() -> None:
    clock = SleepyClock()

    def look_up(_: str) -> list[str]:
        clock.slept += timedelta(hours=1)
        return ["127.0.0.1"]

    with RawServer(answering(OK)) as server:
        url = server.url.replace("127.0.0.1", "tiktok.example")
        with a_client(url, clock, Connections(clock, look_up=look_up)) as tiktok:
            assert isinstance(tiktok.refresh(Secret("token")), Unavailable)
        assert not server.requests


def test_a_machine_that_slept_between_connecting_and_sending_sends_nothing(monkeypatch: object) -> None:
    clock = SleepyClock()
    write = DeadlineStream.write

    def slept(stream: DeadlineStream, buffer: bytes, timeout: float | None = None) -> None:
        clock.slept += timedelta(hours=1)
        write(stream, buffer, timeout)

    monkeypatch.setattr(DeadlineStream, "write", slept)  # type: ignore[attr-defined] # pytest's own
    with RawServer(answering(OK)) as server, a_client(server.url, clock) as tiktok:
        tiktok.refresh(Secret("token"))
        assert not server.requests
