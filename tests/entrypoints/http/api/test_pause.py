"""What callers are told while all calls to TikTok are paused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from support.http_application import House


@pytest.fixture
def pause(house: House) -> Callable[..., None]:
    """Pauses all calls, or ends that."""

    def pause(*, paused: bool = True) -> None:
        container = house.world.container
        if paused:
            container.pause_calls()("an operator")
        else:
            container.resume_calls()("anna@host")
        house.world.clock.advance(timedelta(seconds=2))

    return pause


def test_a_click_and_a_service_without_a_valid_token_are_told_to_come_later(house: House, pause: Callable[..., None]) -> None:
    connection = house.connected()
    house.world.pass_time(hours=30)
    pause()
    for answer in (house.refresh(connection), house.vend(connectionId=connection.id)):
        assert (answer.status_code, answer.json()["code"]) == (503, "PAUSED")
        assert answer.headers["retry-after"] == "30"
    assert house.world.platform.refreshes == 0


def test_who_begins_or_comes_back_is_told_in_place_and_may_come_again(house: House, pause: Callable[..., None]) -> None:
    state, browser = house.begin()
    code = house.world.code("chloe").reveal()
    pause()
    begun = house.get("/api/auth/tiktok")
    back = house.client.get(
        "/api/auth/tiktok/callback", params={"state": state, "auth_code": code}, headers=house.headers(browser=browser)
    )
    for answer in (begun, back):
        assert (answer.status_code, answer.json()["code"]) == (503, "PAUSED")
        assert answer.headers["retry-after"] == "30"
    pause(paused=False)
    path, query = house.come_back(state, browser, auth_code=code)
    assert (path, query["success"]) == ("/dashboard/platforms", "true")


def test_a_person_reads_a_page(house: House, pause: Callable[..., None]) -> None:
    pause()
    for path in ("/api/auth/tiktok", "/api/auth/tiktok/callback?state=x&auth_code=y"):
        answer = house.get(path, Accept="text/html", Sec_Fetch_Mode="navigate")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert answer.headers["content-type"].startswith("text/html")
        assert "operator has paused" in answer.text


def test_the_cron_call_renews_nothing_and_says_what_remains(house: House, pause: Callable[..., None]) -> None:
    house.connected()
    house.world.pass_time(hours=13)
    pause()
    report = house.cron().json()
    assert (report["success"], report["total"], report["remaining"]) == (True, 0, 1)
    pause(paused=False)
    assert house.cron().json()["refreshed"] == 1


def test_disconnect_works(house: House, pause: Callable[..., None]) -> None:
    connection = house.connected()
    pause()
    assert house.delete(f"/api/platforms/{connection.id}").status_code == 200


def test_it_is_ready_and_says_that_calls_are_degraded(house: House, pause: Callable[..., None]) -> None:
    pause()
    answer = house.client.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["calls"]) == (200, "degraded")
