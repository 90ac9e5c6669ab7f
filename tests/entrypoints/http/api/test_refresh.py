from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from domain.outcomes import Failure, InDoubt, Misconfigured, NotPermitted, OurFault, Reason, Refused, Throttled, Unavailable
from support.http_application import UNKNOWN, House
from support.world import BERT


def test_a_refresh_always_rotates(house: House) -> None:
    connection = house.connected()
    for rotations in (1, 2):
        house.world.pass_time(minutes=1)
        answer = house.refresh(connection)
        assert answer.status_code == 200
        assert answer.json()["success"] is True
        assert datetime.fromisoformat(answer.json()["tokenExpiresAt"]) == house.world.clock.now() + timedelta(days=1)
        assert house.world.platform.refreshes == rotations


def test_a_long_term_token_is_looked_at(house: House) -> None:
    house.world.machine.config = house.world.machine.config.but(profile="long-term")
    connection = house.connected()
    probes = house.world.platform.probes
    assert house.refresh(connection).json() == {"success": True, "tokenExpiresAt": None}
    assert house.world.platform.probes == probes + 1


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    (
        (Throttled(), 429, "TIKTOK_THROTTLED"),
        (Unavailable("refused"), 503, "TIKTOK_UNAVAILABLE"),
        (InDoubt("504"), 503, "TIKTOK_UNAVAILABLE"),
        (Misconfigured("secret"), 503, "TIKTOK_MISCONFIGURED"),
        (OurFault(40002), 503, "TIKTOK_UNAVAILABLE"),
    ),
)
def test_what_tiktok_fails_with_harms_no_connection(house: House, failure: Failure, status: int, code: str) -> None:
    connection = house.connected()
    house.world.platform.refresh_plan.append(failure)
    answer = house.refresh(connection)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert int(answer.headers["retry-after"]) >= 1
    [listed] = house.get("/api/platforms").json()["connections"]
    assert listed["status"] == "active"
    house.world.pass_time(minutes=1)
    assert house.refresh(connection).status_code == 200


def test_a_definite_error_on_a_look_is_told_as_such(house: House) -> None:
    house.world.machine.config = house.world.machine.config.but(profile="long-term")
    connection = house.connected()
    house.world.platform.away = NotPermitted(40001)
    answer = house.refresh(connection)
    assert (answer.status_code, answer.json()["code"]) == (502, "TIKTOK_API_ERROR")


def test_a_budget_that_is_stopped_says_how_long(house: House) -> None:
    connection = house.connected()
    house.world.budget.stop = Throttled()
    answer = house.refresh(connection)
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["retryAfter"]) == (429, "30", 30)
    assert house.world.platform.refreshes == 0


def test_a_refused_refresh_needs_a_person_and_is_not_sent_again(house: House) -> None:
    connection = house.connected()
    house.world.platform.refresh_plan.append(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103))
    for _ in range(2):
        answer = house.refresh(connection)
        assert (answer.status_code, answer.json()["code"]) == (401, "TIKTOK_REFRESH_TOKEN_EXPIRED")
    assert house.world.platform.refreshes == 1


def test_a_token_that_was_lost_on_the_way_has_its_own_code(house: House) -> None:
    connection = house.connected()
    house.world.platform.refresh_plan.append("lost")
    assert house.refresh(connection).json()["code"] == "TIKTOK_UNAVAILABLE"
    house.world.pass_time(minutes=1)
    answer = house.refresh(connection)
    assert (answer.status_code, answer.json()["code"]) == (401, "TIKTOK_ROTATION_IN_DOUBT")


def test_a_long_term_token_that_was_withdrawn_has_its_own_code(house: House) -> None:
    house.world.machine.config = house.world.machine.config.but(profile="long-term")
    connection = house.connected()
    house.world.machine.revoke_user("ana")
    answer = house.refresh(connection)
    assert (answer.status_code, answer.json()["code"]) == (401, "TIKTOK_ACCESS_TOKEN_EXPIRED")


@pytest.mark.parametrize("unknown", (UNKNOWN, "7", ""))
def test_an_unknown_connection_is_not_found(house: House, unknown: str) -> None:
    answer = house.post("/api/auth/tiktok/refresh", {"connectionId": unknown})
    assert (answer.status_code, answer.json()["code"]) == (404, "CONNECTION_NOT_FOUND")


@pytest.mark.parametrize(
    "body", ({}, {"connectionId": 7}, {"connectionId": None}, {"connectionId": [UNKNOWN]}, [UNKNOWN], "null", None)
)
def test_a_request_names_one_connection_as_text(house: House, body: object) -> None:
    answer = house.post("/api/auth/tiktok/refresh", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


def test_somebody_elses_connection_is_not_found(house: House) -> None:
    connection = house.connected(owner=BERT)
    assert house.refresh(connection).json()["code"] == "CONNECTION_NOT_FOUND"
    assert house.world.platform.refreshes == 0


def test_who_may_refresh(house: House) -> None:
    body = {"connectionId": house.connected().id}
    assert house.post("/api/auth/tiktok/refresh", body, owner=None).json()["code"] == "UNAUTHORIZED"
    assert house.post("/api/auth/tiktok/refresh", body, Origin="https://evil.example").json()["code"] == "ORIGIN_REFUSED"


def test_with_the_database_away_nothing_is_sent(house: House) -> None:
    connection = house.connected()
    house.world.database.away = True
    answer = house.refresh(connection)
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert house.world.platform.refreshes == 0


def test_a_renewal_elsewhere_is_waited_for_and_shared(house: House) -> None:
    connection = house.connected()
    grant = house.world.grant_of(connection)
    assert house.world.claims is not None
    claim = house.world.claims.take(grant.id, generation=grant.generation, lease=timedelta(seconds=30))
    assert claim is not None

    def settle() -> None:
        house.world.carry_out(claim, taken_at=house.world.clock.monotonic())

    elsewhere = threading.Timer(0.3, settle)
    elsewhere.start()
    assert house.refresh(connection).status_code == 200
    elsewhere.join()
    assert house.world.platform.refreshes == 1
