"""What one user, service or address may do, and that it costs nobody else anything."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from adapters.memory.token_buckets import MemoryTokenBuckets
from adapters.rate_limits.shared_rate_limits import SharedRateLimits
from domain.errors import RateLimited
from domain.rate_limit import RateLimit
from entrypoints.http.auth.rate_limits import ADDRESS, CONNECT, REFRESH, REFUSED_WITHIN, VEND, RateLimiter
from support.http_application import VENDING, House
from support.world import BERT, SimulatedClock

GARBAGE = "/api/auth/tiktok/callback?state=x&auth_code=y"


def limited(answer: httpx.Response) -> bool:
    if answer.status_code != 429:
        return False
    assert answer.json()["code"] == "RATE_LIMITED", answer.text
    assert answer.headers["retry-after"] == "1"
    return True


def spend(house: House, limit: RateLimit, owner: str) -> None:
    """Use up this user's bucket."""
    for _ in range(limit.capacity):
        house.get(GARBAGE, owner=owner)


def test_begin_callback_and_choice_of_one_user_share_a_limit_and_others_have_their_own(house: House) -> None:
    answers = [house.get("/api/auth/tiktok"), house.get(GARBAGE), house.post("/api/auth/tiktok/select-account", {})]
    answers += [house.get(GARBAGE) for _ in range(CONNECT.capacity - len(answers))]
    assert not any(map(limited, answers))
    for path in (GARBAGE, "/api/auth/tiktok"):
        assert limited(house.get(path))
        assert not limited(house.get(path, owner=BERT))
    assert limited(house.post("/api/auth/tiktok/select-account", {}))
    house.world.clock.advance(timedelta(seconds=2))
    assert [limited(house.get("/api/auth/tiktok")) for _ in range(3)] == [False, False, True]


def test_a_callback_that_was_refused_may_come_again_with_the_same_state(house: House) -> None:
    (state, browser), code = house.begin(), house.world.code("chloe").reveal()
    spend(house, CONNECT, "anna")
    query, headers = {"state": state, "auth_code": code}, house.headers(browser=browser)
    assert limited(house.client.get("/api/auth/tiktok/callback", params=query, headers=headers))
    house.world.clock.advance(timedelta(seconds=1))
    assert house.come_back(state, browser, auth_code=code)[1] == {"success": "true", "platform": "tiktok_ads"}


@pytest.mark.parametrize("path", ["/api/auth/tiktok", GARBAGE])
def test_a_person_reads_a_page_in_place(house: House, path: str) -> None:
    spend(house, CONNECT, "anna")
    answer = house.get(path, Accept="text/html", Sec_Fetch_Mode="navigate")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.headers["content-type"].startswith("text/html")
    assert "too many requests" in answer.text


def test_clicks_have_a_limit_of_their_own(house: House) -> None:
    spend(house, CONNECT, "anna")
    connection = house.connected()
    house.connected("ben", owner=BERT)
    answers = [house.post("/api/auth/tiktok/refresh", {"connectionId": "x"}) for _ in range(REFRESH.capacity)]
    assert {answer.status_code for answer in answers} == {404}
    refreshes = house.world.platform.refreshes
    assert limited(house.refresh(connection))
    assert house.world.platform.refreshes == refreshes
    assert house.post("/api/auth/tiktok/refresh", {"connectionId": "x"}, BERT).status_code == 404
    house.world.clock.advance(timedelta(seconds=1))
    assert house.refresh(connection).status_code == 200


def test_a_service_has_a_limit(house: House) -> None:
    connection = house.connected()
    statuses = [house.vend(connectionId=connection.id).status_code for _ in range(VEND.capacity + 5)]
    assert statuses == [200] * VEND.capacity + [429] * 5
    assert limited(house.vend(connectionId=connection.id))
    house.world.clock.advance(timedelta(seconds=1))
    assert house.vend(connectionId=connection.id).status_code == 200


def test_where_nobody_is_signed_in_an_address_has_a_limit_and_users_there_do_not_notice(house: House) -> None:
    answers = [house.get(GARBAGE, owner=None) for _ in range(ADDRESS.capacity - 3)]
    answers += [house.get("/api/auth/tiktok", owner=None), house.post("/api/auth/tiktok/refresh", {}, None), house.vend("wrong")]
    assert [answer.status_code for answer in answers[-4:]] == [307, 307, 401, 401]
    assert limited(house.get(GARBAGE, owner=None))
    assert limited(house.get("/api/auth/tiktok", owner=None))
    assert limited(house.get("/api/auth/tiktok", Authorization="Bearer wrong"))
    assert limited(house.post("/api/auth/tiktok/select-account", {}, None))
    assert limited(house.vend("wrong", connectionId="x"))
    assert house.get("/api/auth/tiktok").status_code == 307
    assert house.vend(VENDING, connectionId="x").status_code == 404


def test_a_prefetch_counts_nothing(house: House) -> None:
    for _ in range(CONNECT.capacity + 1):
        assert house.get("/api/auth/tiktok", RSC="1").status_code == 204
    assert house.get("/api/auth/tiktok").status_code == 307


def test_a_flood_of_refused_requests_is_cheap(house: House) -> None:
    spend(house, CONNECT, "anna")
    house.get(GARBAGE)
    began = time.process_time()
    for _ in range(50):
        assert limited(house.get(GARBAGE))
    assert (time.process_time() - began) / 50 < 0.05


def test_refusals_of_one_user_leave_one_after_the_other_and_nobody_elses_wait_for_them() -> None:
    limit, refused = RateLimit("test", 1, timedelta(hours=1)), list[str]()

    async def main() -> None:
        clock = SimulatedClock()
        with ThreadPoolExecutor(1) as pool:
            limiter = RateLimiter(SharedRateLimits(MemoryTokenBuckets(clock), clock), pool)

            async def ask(user: str) -> None:
                with pytest.raises(RateLimited):
                    await limiter.admit(limit, user)
                refused.append(user)

            for user in ("eve", "anna"):
                await limiter.admit(limit, user)
                await ask(user)
            began = time.monotonic()
            await asyncio.gather(*(ask("eve") for _ in range(100)), ask("anna"))  # which are more than fit into the span
            assert time.monotonic() - began >= REFUSED_WITHIN.total_seconds() * 0.99

    asyncio.run(main())
    assert refused.count("eve") == 101
    assert refused[-1] == "eve"
