"""What callers are told while the database is on hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.database_hold import WentBack
from support.http_application import House


@pytest.fixture
def hold(house: House) -> Callable[..., None]:
    """Puts the database on hold, or ends that."""

    def hold(*, held: bool = True) -> None:
        world = house.world
        world.identity_record.change(lambda known, now: replace(known, hold=WentBack(now, now) if held else None))
        world.clock.advance(timedelta(seconds=2))

    return hold


def test_a_click_and_a_service_without_a_valid_token_are_told_to_come_later(house: House, hold: Callable[..., None]) -> None:
    connection = house.connected()
    house.world.pass_time(hours=30)
    hold()
    for answer in (house.refresh(connection), house.vend(connectionId=connection.id)):
        assert (answer.status_code, answer.json()["code"]) == (503, "ON_HOLD")
        assert answer.headers["retry-after"] == "30"
    assert house.world.platform.refreshes == 0


def test_what_is_valid_is_vended_on_hold(house: House, hold: Callable[..., None]) -> None:
    connection = house.connected()
    hold()
    assert house.vend(connectionId=connection.id).status_code == 200


def test_who_begins_or_comes_back_is_told_in_place_and_may_come_again(house: House, hold: Callable[..., None]) -> None:
    state, browser = house.begin()
    code = house.world.code("chloe").reveal()
    hold()
    begun = house.get("/api/auth/tiktok")
    back = house.client.get(
        "/api/auth/tiktok/callback", params={"state": state, "auth_code": code}, headers=house.headers(browser=browser)
    )
    for answer in (begun, back):
        assert (answer.status_code, answer.json()["code"]) == (503, "ON_HOLD")
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.headers["retry-after"] == "30"
    hold(held=False)
    path, query = house.come_back(state, browser, auth_code=code)
    assert (path, query["success"]) == ("/dashboard/platforms", "true")


def test_a_person_reads_a_page(house: House, hold: Callable[..., None]) -> None:
    hold()
    for path in ("/api/auth/tiktok", "/api/auth/tiktok/callback?state=x&auth_code=y"):
        answer = house.get(path, Accept="text/html", Sec_Fetch_Mode="navigate")
        assert answer.status_code == 503
        assert answer.headers["content-type"].startswith("text/html")
        assert "operator" in answer.text
        assert answer.headers["retry-after"] == "30"


def test_the_cron_call_renews_nothing_on_hold_and_says_what_remains(house: House, hold: Callable[..., None]) -> None:
    house.connected()
    house.world.pass_time(hours=13)
    hold()
    report = house.cron().json()
    assert (report["success"], report["total"], report["remaining"]) == (True, 0, 1)
    assert house.world.platform.refreshes == 0


def test_disconnect_works_on_hold(house: House, hold: Callable[..., None]) -> None:
    connection = house.connected()
    hold()
    assert house.delete(f"/api/platforms/{connection.id}").status_code == 200


def test_it_is_ready_on_hold_and_says_that_its_identity_is_degraded(house: House, hold: Callable[..., None]) -> None:
    hold()
    answer = house.client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["checks"]["identity"] == "degraded"
