"""What a hundred callers share, and what goes on beside them, over a real socket."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import Callable, Coroutine

import httpx
import pytest

from domain.advertiser import Connection
from domain.ids import OwnerId
from support.http_application import DASHBOARD, VENDING, a_cookie
from support.world import ANNA, World

Asking = Coroutine[object, object, httpx.Response]

PROMPT = 1.0
"""Seconds within which even a busy machine gives an answer that asks the database at most; who waits for a renewal waits five."""


class Dam:
    """Holds every refresh back at the platform until it is opened."""

    def __init__(self, world: World) -> None:
        self._open, self._more = threading.Event(), threading.Semaphore(0)
        self.held = 0
        world.platform.on_refresh = self._hold

    def _hold(self) -> None:
        self.held += 1
        self._more.release()
        assert self._open.wait(30)

    async def holds(self, count: int) -> None:
        """Wait until that many more are held back."""
        for _ in range(count):
            assert await asyncio.to_thread(self._more.acquire, timeout=10)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def dam(world: World) -> Dam:
    return Dam(world)


def refreshing(client: httpx.AsyncClient, world: World, connection: Connection, owner: str = ANNA) -> Asking:
    headers = {"Cookie": a_cookie(owner, world.clock.now()), "Origin": DASHBOARD}
    return client.post("/api/auth/tiktok/refresh", json={"connectionId": connection.id}, headers=headers)


def vending(client: httpx.AsyncClient, connection: Connection, **more: object) -> Asking:
    headers = {"Authorization": f"Bearer {VENDING}"}
    return client.post("/api/internal/tiktok/access-token", json={"connectionId": connection.id, **more}, headers=headers)


async def usual_latency(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> float:
    """The median of a few requests, one after the other: this machine is shared with other work."""
    took = []
    for _ in range(9):
        began = time.monotonic()
        assert (await client.get(path, headers=headers)).status_code == 200
        took.append(time.monotonic() - began)
    return statistics.median(took)


def calling(address: str) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=300, max_keepalive_connections=300)
    return httpx.AsyncClient(base_url=address, limits=limits, timeout=20)


@pytest.mark.parametrize("which", ("refresh", "vend"))
def test_a_hundred_callers_share_one_rotation_and_nobody_else_waits(
    serve_house: Callable[..., str], world: World, dam: Dam, which: str
) -> None:
    [connection] = world.connect("chloe")
    world.pass_time(days=2)
    session = {"Cookie": a_cookie(ANNA, world.clock.now())}

    async def main(address: str) -> tuple[list[httpx.Response], float, float]:
        async with calling(address) as callers, calling(address) as others:
            asks = [
                refreshing(callers, world, connection) if which == "refresh" else vending(callers, connection) for _ in range(100)
            ]
            waiting = [asyncio.ensure_future(ask) for ask in asks]
            await dam.holds(1)
            await asyncio.sleep(0.5)
            live = await usual_latency(others, "/health/live", {})
            listing = await usual_latency(others, "/api/platforms", session)
            dam.open()
            return await asyncio.gather(*waiting), live, listing

    answers, live, listing = asyncio.run(main(serve_house()))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert dam.held == world.platform.refreshes == 1
    assert live < PROMPT
    assert listing < PROMPT


def test_while_tiktok_hangs_waiting_is_bounded_and_no_connection_is_harmed(
    serve_house: Callable[..., str], world: World, dam: Dam
) -> None:
    [expired] = world.connect("chloe")
    world.pass_time(hours=24)
    short, *_ = world.connect("ana", 0, owner=OwnerId("bert"))
    world.pass_time(hours=23, minutes=30)

    async def main(address: str) -> None:
        async with calling(address) as client:
            began = time.monotonic()
            refreshed, refused, degraded = await asyncio.gather(
                refreshing(client, world, expired),
                vending(client, expired),
                vending(client, short, minValiditySeconds=7200),
            )
            took = time.monotonic() - began
            for answer in (refreshed, refused):
                assert (answer.status_code, answer.json()["code"]) == (503, "TIKTOK_UNAVAILABLE")
                assert int(answer.headers["retry-after"]) >= 1
            assert (degraded.status_code, degraded.json()["degraded"]) == (200, True)
            assert 4.5 < took < 10  # nobody else would end it before the dam opens
            dam.open()

    asyncio.run(main(serve_house()))


def test_what_callers_left_behind_is_still_settled(world: World, dam: Dam, serve_house: Callable[..., str]) -> None:
    [connection] = world.connect("chloe")

    async def main(address: str) -> None:
        async with calling(address) as client:
            impatient = asyncio.ensure_future(refreshing(client, world, connection))
            await dam.holds(1)
            impatient.cancel()
        dam.open()

    asyncio.run(main(serve_house()))
    deadline = time.monotonic() + 10
    while world.grant_of(connection).generation == 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert world.grant_of(connection).generation == 2


def test_more_hanging_calls_than_threads_leave_the_rest_of_the_house_alone(
    serve_house: Callable[..., str], world: World, dam: Dam
) -> None:
    owners = [OwnerId(f"owner-{number}") for number in range(40)]
    connections = [(owner, world.connect("chloe", owner=owner)[0]) for owner in owners]
    good, *_ = world.connect("ana", 0)
    session = {"Cookie": a_cookie(ANNA, world.clock.now())}

    async def main(address: str) -> tuple[float, float, float]:
        async with calling(address) as callers, calling(address) as others:
            waiting = [asyncio.ensure_future(refreshing(callers, world, c, owner)) for owner, c in connections]
            await dam.holds(32)
            live = await usual_latency(others, "/health/live", {})
            listing = await usual_latency(others, "/api/platforms", session)
            began = time.monotonic()
            assert (await vending(others, good)).json()["degraded"] is False
            vended = time.monotonic() - began
            dam.open()
            await asyncio.gather(*waiting)
            return live, listing, vended

    live, listing, vended = asyncio.run(main(serve_house()))
    assert live < PROMPT
    assert listing < PROMPT
    assert vended < PROMPT
