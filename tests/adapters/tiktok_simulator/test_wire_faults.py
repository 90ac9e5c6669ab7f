import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from adapters.tiktok_simulator.planned_faults import FaultKind
from adapters.tiktok_simulator.server import running_simulator
from support.processes import eventually
from support.simulated_app import WireApp

REFRESH = "/oauth2/refresh_token/"


def test_a_lost_reply_has_rotated_and_is_answered_by_nothing(wire: WireApp) -> None:
    token = wire.connect()["refresh_token"]
    wire.tiktok.control.fault(REFRESH, "lost_reply")

    with pytest.raises(httpx.RemoteProtocolError):
        wire.refresh(token)
    assert wire.tiktok.control.is_live(token) == [False]
    assert wire.tiktok.control.stats()["refreshes"] == 1
    assert wire.refresh(token).json()["code"] == 40107


def test_a_slow_answer_has_rotated_and_still_comes(wire: WireApp) -> None:
    token = wire.connect()["refresh_token"]
    wire.tiktok.control.fault(REFRESH, "slow", seconds=4)

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(wire.refresh, token)
        eventually(lambda: wire.tiktok.control.is_live(token) == [False])
        assert not answer.done()
        assert answer.result().json()["code"] == 0


def test_a_client_that_does_not_wait_for_a_slow_answer_has_lost_it(wire: WireApp) -> None:
    token = wire.connect()["refresh_token"]
    wire.tiktok.control.fault(REFRESH, "slow", seconds=1)
    wire.client.timeout = httpx.Timeout(5, read=0.1)

    with pytest.raises(httpx.ReadTimeout):
        wire.refresh(token)
    eventually(lambda: wire.tiktok.control.is_live(token) == [False])


def test_a_dripping_answer_outlives_the_read_time_out_and_is_whole_at_the_end(wire: WireApp) -> None:
    token = wire.connect()["refresh_token"]
    wire.tiktok.control.fault(REFRESH, "drip", seconds=0.015)
    wire.client.timeout = httpx.Timeout(1)

    started = time.monotonic()
    response = wire.refresh(token)
    assert time.monotonic() - started > 1
    assert response.json()["code"] == 0
    assert response.headers["X-TikTok-Simulator"] == "1"
    assert wire.tiktok.control.is_live(response.json()["data"]["refresh_token"]) == [True]


def test_a_drip_sends_one_byte_at_a_time(wire: WireApp) -> None:
    wire.tiktok.control.fault("*", "drip", seconds=0.1)
    host, port = wire.tiktok.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(
            b"POST /open_api/v1.3/oauth2/refresh_token/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
        )
        assert [connection.recv(100) for _ in range(4)] == [b"H", b"T", b"T", b"P"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("throttle", 200, 40100),
        ("http401_throttle", 401, 40100),
        ("unavailable", 200, 60001),
        ("misconfigured", 200, 40101),
        ("html504", 504, None),
        ("garbage", 200, None),
    ],
)
def test_a_call_that_was_not_processed_changes_nothing(wire: WireApp, kind: FaultKind, status: int, code: int | None) -> None:
    token = wire.connect()["refresh_token"]
    wire.tiktok.control.fault(REFRESH, kind)

    response = wire.refresh(token)

    assert response.status_code == status
    if code is None:
        assert response.headers["content-type"].startswith("text/html")
    else:
        assert response.json()["code"] == code
    assert response.headers["X-TikTok-Simulator"] == "1"
    assert wire.tiktok.control.is_live(token) == [True]
    assert wire.tiktok.control.stats()["throttled"] == (1 if code == 40100 else 0)
    assert wire.refresh(token).json()["code"] == 0, "the fault was for one call"


def test_a_time_out_before_processing_changes_nothing(wire: WireApp) -> None:
    token = wire.connect()["refresh_token"]
    wire.tiktok.control.fault(REFRESH, "timeout_before")
    wire.client.timeout = httpx.Timeout(0.2)

    with pytest.raises(httpx.ReadTimeout):
        wire.refresh(token)
    assert wire.tiktok.control.is_live(token) == [True]


def test_a_time_out_ends_by_dropping_the_connection(wire: WireApp) -> None:
    wire.tiktok.control.fault(REFRESH, "timeout_before", seconds=0.2)

    with pytest.raises(httpx.RemoteProtocolError):
        wire.refresh("made up")


def test_other_endpoints_are_spared(wire: WireApp) -> None:
    wire.tiktok.control.fault(REFRESH, "throttle")

    assert wire.connect()
    assert wire.refresh("made up").json()["code"] == 40100


def test_faults_are_in_the_log(wire: WireApp) -> None:
    token = wire.connect()["refresh_token"]
    wire.tiktok.control.fault(REFRESH, "html504")
    wire.refresh(token)
    wire.tiktok.control.fault(REFRESH, "lost_reply")
    with pytest.raises(httpx.RemoteProtocolError):
        wire.refresh(token)

    assert [(call.endpoint, call.fault, call.code) for call in wire.tiktok.control.log()] == [
        ("/oauth2/access_token/", None, 0),
        (REFRESH, "html504", None),
        (REFRESH, "lost_reply", 0),
    ]


def test_calls_in_flight_are_counted(wire: WireApp) -> None:
    wire.tiktok.control.configure(latency_ms=300)

    with ThreadPoolExecutor(3) as pool:
        for answer in [pool.submit(wire.refresh, "made up") for _ in range(3)]:
            answer.result()
    assert wire.tiktok.control.stats()["maxInFlight"] == 3


@pytest.mark.parametrize("kind", ["timeout_before", "slow", "drip"])
def test_the_server_stops_at_once_although_a_call_hangs(kind: FaultKind) -> None:
    left = threading.Event()

    def call(url: str) -> None:
        try:
            httpx.post(f"{url}/open_api/v1.3{REFRESH}", json={}, timeout=20)
        except httpx.TransportError:
            pass
        finally:
            left.set()

    with running_simulator() as tiktok:
        tiktok.control.fault("*", kind, seconds=15)
        thread = threading.Thread(target=call, args=(tiktok.url,))
        thread.start()
        while not tiktok.control.stats()["maxInFlight"]:
            time.sleep(0.01)
        started = time.monotonic()
    assert time.monotonic() - started < 10
    assert left.wait(10)
    thread.join()
