from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.outcomes import Failure, InDoubt, Misconfigured, Reason, Refused, Throttled, Unavailable
from support.http_application import DASHBOARD, ERASING, VENDING, House
from support.world import ANNA, START


def test_a_token_that_lasts_long_enough_is_handed_out_at_once(house: House) -> None:
    connection = house.connected()
    answer = house.vend(connectionId=connection.id)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert house.world.machine.is_live(body.pop("accessToken"))
    assert body == {
        "expiresAt": (START + timedelta(days=1)).isoformat().replace("+00:00", "Z"),
        "accountId": connection.advertiser.id,
        "degraded": False,
    }
    assert house.world.platform.refreshes == 0


def test_the_user_and_the_account_name_a_connection_too(house: House) -> None:
    connection = house.connected()
    by_id = house.vend(connectionId=connection.id).json()
    assert house.vend(userId=ANNA, accountId=connection.advertiser.id).json() == by_id


def test_a_token_that_ends_too_soon_is_renewed_first(house: House) -> None:
    connection = house.connected()
    house.world.pass_time(hours=23)
    answer = house.vend(connectionId=connection.id, minValiditySeconds=7200)
    assert (answer.status_code, answer.json()["degraded"]) == (200, False)
    assert house.world.platform.refreshes == 1


def test_what_cannot_be_renewed_but_is_valid_comes_marked(house: House) -> None:
    connection = house.connected()
    house.world.pass_time(hours=23)
    house.world.platform.away = Unavailable("refused")
    answer = house.vend(connectionId=connection.id, minValiditySeconds=7200)
    assert (answer.status_code, answer.json()["degraded"]) == (200, True)


def test_a_token_without_an_end_has_no_expiry_and_any_validity(house: House) -> None:
    house.world.machine.config = house.world.machine.config.but(profile="long-term")
    connection = house.connected()
    answer = house.vend(connectionId=connection.id, minValiditySeconds=10**9)
    assert (answer.json()["expiresAt"], answer.json()["degraded"]) == (None, False)


def test_more_than_a_third_of_the_life_is_refused(house: House) -> None:
    connection = house.connected()
    assert house.vend(connectionId=connection.id, minValiditySeconds=28_800).status_code == 200
    answer = house.vend(connectionId=connection.id, minValiditySeconds=28_801)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert "28800" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    (
        {},
        {"connectionId": str(uuid4()), "userId": "anna", "accountId": "7"},
        {"connectionId": str(uuid4()), "accountId": "7"},
        {"userId": "anna"},
        {"accountId": "7"},
        {"connectionId": 7},
        {"connectionId": str(uuid4()), "minValiditySeconds": -1},
        {"connectionId": str(uuid4()), "minValiditySeconds": 1.5},
        {"connectionId": str(uuid4()), "minValiditySeconds": 2**31},
        {"connectionId": str(uuid4()), "minValiditySeconds": 10**40},
        {"connectionId": str(uuid4()), "minValiditySeconds": "60"},
        {"connectionId": str(uuid4()), "minValiditySeconds": True},
        {"connectionId": str(uuid4()), "minValiditySeconds": [60]},
        {"connectionId": "null", "userId": "anna", "accountId": "7"},
        {"userId": "anna", "accountId": 7},
        {"userId": 7, "accountId": "7"},
    ),
)
def test_a_request_must_say_whose_token_in_one_way(house: House, body: dict[str, Any]) -> None:
    answer = house.vend(**body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("seconds", ("NaN", "Infinity", "1e400", "6e1", '"null"'))
def test_a_validity_is_a_whole_number(house: House, seconds: str) -> None:
    body = f'{{"connectionId": "{uuid4()}", "minValiditySeconds": {seconds}}}'
    headers = {"Authorization": f"Bearer {VENDING}", "Content-Type": "application/json"}
    answer = house.client.post("/api/internal/tiktok/access-token", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert answer.json()["detail"] != answer.json()["error"], "developers are told what is wrong"


def test_an_unknown_connection_or_account_is_not_found(house: House) -> None:
    connection = house.connected()
    bodies: tuple[dict[str, Any], ...] = (
        {"connectionId": str(uuid4())},
        {"connectionId": "7"},
        {"userId": "nobody", "accountId": connection.advertiser.id},
        {"userId": ANNA, "accountId": "7"},
    )
    for body in bodies:
        answer = house.vend(**body)
        assert (answer.status_code, answer.json()["code"]) == (404, "CONNECTION_NOT_FOUND")


def test_only_services_with_the_scope_get_tokens(house: House) -> None:
    connection = house.connected()
    for secret in (None, "wrong", VENDING[:-1], VENDING + "x"):
        answer = house.vend(secret, connectionId=connection.id)
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "SERVICE_TOKENS" in answer.json()["detail"]
    answer = house.vend(ERASING, connectionId=connection.id)
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


def test_a_users_session_is_no_service(house: House) -> None:
    body = {"connectionId": house.connected().id}
    assert house.post("/api/internal/tiktok/access-token", body).json()["code"] == "UNAUTHORIZED"


def test_without_services_there_is_nothing_here(open_house: Callable[..., House]) -> None:
    house = open_house(SERVICE_TOKENS=None)
    answer = house.vend(connectionId=str(uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    (
        (Throttled(), 429, "TIKTOK_THROTTLED"),
        (Unavailable("refused"), 503, "TIKTOK_UNAVAILABLE"),
        (InDoubt("504"), 503, "TIKTOK_UNAVAILABLE"),
        (Misconfigured("secret"), 503, "TIKTOK_MISCONFIGURED"),
    ),
)
def test_an_expired_token_that_waiting_brings_back(house: House, failure: Failure, status: int, code: str) -> None:
    connection = house.connected()
    house.world.pass_time(days=2)
    house.world.platform.refresh_plan.append(failure)
    answer = house.vend(connectionId=connection.id)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert int(answer.headers["retry-after"]) >= 1
    house.world.pass_time(hours=1)
    assert house.vend(connectionId=connection.id).json()["degraded"] is False


def test_an_expired_token_that_only_a_person_brings_back(house: House) -> None:
    connection = house.connected()
    house.world.pass_time(days=2)
    house.world.platform.refresh_plan.append(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103))
    for body in ({"connectionId": connection.id}, {"userId": ANNA, "accountId": connection.advertiser.id}):
        answer = house.vend(**body)
        assert (answer.status_code, answer.json()["code"]) == (409, "TIKTOK_REFRESH_TOKEN_EXPIRED")
        assert answer.json()["reconnectUrl"] == f"{DASHBOARD}/api/auth/tiktok?connectionId={connection.id}"
    assert house.world.platform.refreshes == 1


def test_a_refused_token_is_served_marked_until_it_ends(house: House) -> None:
    connection = house.connected()
    house.world.platform.refresh_plan.append(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103))
    house.refresh(connection)
    assert house.vend(connectionId=connection.id).json()["degraded"] is True
    house.world.pass_time(days=1)
    assert house.vend(connectionId=connection.id).status_code == 409


def test_other_reasons_have_other_codes(house: House) -> None:
    connection = house.connected()
    house.world.pass_time(days=2)
    house.world.platform.refresh_plan.append("lost")
    assert house.vend(connectionId=connection.id).json()["code"] == "TIKTOK_UNAVAILABLE"
    house.world.pass_time(hours=1)
    answer = house.vend(connectionId=connection.id)
    assert (answer.status_code, answer.json()["code"]) == (409, "TIKTOK_ROTATION_IN_DOUBT")


def test_a_token_without_an_end_that_tiktok_refuses_needs_a_person(house: House) -> None:
    house.world.machine.config = house.world.machine.config.but(profile="long-term")
    connection = house.connected()
    house.world.machine.revoke_user("ana")
    assert house.refresh(connection).status_code == 401
    assert house.vend(connectionId=connection.id).json()["degraded"]
    house.world.pass_time(minutes=10)
    house.world.sweep()
    answer = house.vend(connectionId=connection.id)
    assert (answer.status_code, answer.json()["code"]) == (409, "TIKTOK_ACCESS_TOKEN_EXPIRED")
    assert answer.json()["reconnectUrl"].endswith(connection.id)


def test_an_account_that_the_login_no_longer_reaches_needs_a_person(house: House) -> None:
    connection = house.connected()
    [grant] = house.world.database.rows.grants.values()
    grant.connections[connection.id] = replace(connection, lost_at=house.world.clock.now())
    for body in ({"connectionId": connection.id}, {"userId": ANNA, "accountId": connection.advertiser.id}):
        answer = house.vend(**body)
        assert (answer.status_code, answer.json()["code"]) == (409, "TIKTOK_ACCOUNT_LOST")
        assert answer.json()["reconnectUrl"].endswith(connection.id)
    [listed] = house.get("/api/platforms").json()["connections"]
    assert (listed["status"], listed["health"]["state"]) == ("needs_reauth", "account_lost")


def test_with_the_database_away_one_comes_again(house: House) -> None:
    connection = house.connected()
    house.world.database.away = True
    answer = house.vend(connectionId=connection.id)
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")


def test_a_nul_in_a_name_is_a_bad_request(house: House) -> None:
    for body in {"userId": "\0", "accountId": "1"}, {"userId": "anna", "accountId": "1\0"}:
        assert house.vend(**body).status_code == 400


def test_a_service_says_that_its_token_was_refused_and_gets_another(house: House) -> None:
    connection = house.connected()
    house.world.pass_time(hours=1)
    dead = house.vend(connectionId=connection.id).json()["accessToken"]
    answer = house.vend(connectionId=connection.id, rejectedToken=dead)
    assert answer.status_code == 200
    assert answer.json()["accessToken"] != dead
    assert house.world.platform.refreshes == 1
    assert house.vend(userId=ANNA, accountId=connection.advertiser.id, rejectedToken=dead).json() == answer.json()
    assert house.world.platform.refreshes == 1


def test_a_rejected_token_of_a_person_who_withdrew_is_409_and_said_nowhere(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.world.machine.config = house.world.machine.config.but(profile="long-term")
    connection = house.connected()
    house.world.pass_time(hours=1)
    token = house.vend(connectionId=connection.id).json()["accessToken"]
    house.world.machine.revoke_user("ana")
    answer = house.vend(connectionId=connection.id, rejectedToken=token)
    assert (answer.status_code, answer.json()["code"]) == (409, "TIKTOK_ACCESS_TOKEN_EXPIRED")
    assert answer.json()["reconnectUrl"].startswith(DASHBOARD)
    assert token not in answer.text + caplog.text


def test_a_rejected_token_that_cannot_be_replaced_now_is_503_with_a_time(house: House) -> None:
    connection = house.connected()
    house.world.pass_time(hours=1)
    token = house.vend(connectionId=connection.id).json()["accessToken"]
    house.world.platform.away = Unavailable("away")
    answer = house.vend(connectionId=connection.id, rejectedToken=token)
    assert (answer.status_code, answer.json()["code"]) == (503, "TIKTOK_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) >= 1
    assert token not in answer.text


@pytest.mark.parametrize("rejected", ["x" * 4097, 7, ["x"]])
def test_a_rejected_token_that_can_be_none_is_refused_and_not_echoed(house: House, rejected: object) -> None:
    answer = house.vend(connectionId=house.connected().id, rejectedToken=rejected)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert "xxx" not in answer.text
