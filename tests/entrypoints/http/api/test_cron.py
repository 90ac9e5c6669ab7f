from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.ids import OwnerId
from domain.outcomes import Failure, InDoubt, Misconfigured, OurFault, Reason, Refused, Throttled, Unavailable
from entrypoints.http.api import cron
from support.http_application import CRON_SECRET, House
from support.world import ANNA


def due(house: House, count: int = 1) -> None:
    """Connect as many users and let their tokens become due."""
    for number in range(count):
        house.connected("ana", owner=OwnerId(f"user-{number}"))
    house.world.pass_time(hours=12)


@pytest.mark.parametrize("method", ("GET", "POST"))
def test_what_is_due_is_renewed_and_counted(house: House, method: str) -> None:
    due(house, 3)
    answer = house.cron(method=method)
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "total": 3, "refreshed": 3, "failed": 0, "skipped": 0, "remaining": 0}
    assert house.cron(method=method).json()["total"] == 0


def test_grants_are_counted_not_connections(house: House) -> None:
    house.world.connect("ana")
    house.world.pass_time(hours=12)
    assert house.cron().json()["total"] == 1


@pytest.mark.parametrize(
    ("failure", "counted", "code"),
    (
        (Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103), "failed", "TIKTOK_REFRESH_TOKEN_EXPIRED"),
        (InDoubt("504"), "failed", "TIKTOK_UNAVAILABLE"),
        (Throttled(), "skipped", "TIKTOK_THROTTLED"),
        (Unavailable("60001"), "skipped", "TIKTOK_UNAVAILABLE"),
        (Misconfigured("secret"), "skipped", "TIKTOK_MISCONFIGURED"),
        (OurFault(40002), "skipped", "TIKTOK_API_ERROR"),
    ),
)
def test_what_was_not_renewed_is_counted_and_named(house: House, failure: Failure, counted: str, code: str) -> None:
    house.world.budget.pause = timedelta(minutes=5)
    due(house, 2)
    house.world.platform.refresh_plan.append(failure)
    body = house.cron().json()
    assert (body["total"], body["refreshed"], body[counted]) == (2, 1, 1)
    [error] = body["errors"]
    assert error["code"] == code
    assert error["grantId"] in house.world.database.rows.grants


def test_at_most_twenty_errors_are_named(house: House) -> None:
    due(house, 25)
    house.world.platform.refresh_plan.extend(Unavailable("60001") for _ in range(25))
    body = house.cron().json()
    assert (body["skipped"], len(body["errors"])) == (25, 20)


def test_what_the_budget_does_not_carry_remains(house: House) -> None:
    due(house, 2)
    house.world.budget.stop = Throttled()
    body = house.cron().json()
    assert (body["success"], body["total"], body["remaining"]) == (True, 0, 2)


@pytest.mark.parametrize(("interval", "rotated"), (("28800", 0), ("39600", 1)))
def test_through_this_door_a_grant_is_due_before_two_further_calls_would_be_too_late(
    open_house: Callable[..., House], interval: str, rotated: int
) -> None:
    """The last hour begins at 23 hours. From 2 hours on, two calls 8 hours apart come before that, 11 hours apart too late."""
    house = open_house(CRON_INTERVAL=interval)
    house.connected()
    house.world.pass_time(hours=2)
    assert house.cron().json()["refreshed"] == rotated


def test_offers_that_nobody_took_are_cleared_and_what_is_queued_is_revoked(house: House) -> None:
    house.consent("ana")
    connection = house.connected("chloe")
    house.world.disconnect(ANNA, connection.id)
    house.world.pass_time(minutes=11)
    assert house.cron().status_code == 200
    assert house.cron().status_code == 200
    assert not house.world.database.rows.revocations
    assert all(grant.erased for grant in house.world.database.rows.grants.values())


@pytest.mark.parametrize("secret", (None, "wrong", CRON_SECRET + "x", CRON_SECRET[:-1]))
def test_a_wrong_secret_sweeps_nothing(house: House, secret: str | None) -> None:
    due(house)
    for method in ("GET", "POST"):
        answer = house.cron(secret, method)
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "CRON_SECRET" in answer.json()["detail"]
    assert house.world.platform.refreshes == 0


def test_without_a_secret_there_is_nothing_here(open_house: Callable[..., House]) -> None:
    answer = open_house(CRON_SECRET=None).cron()
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_with_the_database_away_the_scheduler_is_told_to_come_again(house: House) -> None:
    due(house)
    house.world.database.away = True
    answer = house.cron()
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    house.world.database.away = False
    assert house.cron().json()["refreshed"] == 1


def test_the_call_is_bounded_whatever_hangs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert timedelta(seconds=25) == cron.BOUND
    monkeypatch.setattr(cron, "BOUND", timedelta(seconds=0.5))
    free = threading.Event()
    house.container.clear_offers.override(lambda: free.wait(30))
    began = time.monotonic()
    answer = house.cron()
    took = time.monotonic() - began
    free.set()
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert 0.5 <= took < 10


def test_a_sweep_stops_sending_in_time_for_its_last_call(house: House) -> None:
    """Every call takes five seconds of the world's time, so three fit before the last moment to send."""
    due(house, 12)
    began = house.world.clock.monotonic()
    house.world.platform.on_refresh = lambda: house.world.clock.advance(timedelta(seconds=5))
    body = house.cron().json()
    assert body == {"success": True, "total": 12, "refreshed": 3, "failed": 0, "skipped": 9, "remaining": 0}
    assert house.world.clock.monotonic() - began <= timedelta(seconds=25)
