"""Erasing a user, over HTTP and by command: what it takes, who may, and what a session from before gets."""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from domain.ids import OwnerId
from support.builders import ANNA, BERT
from support.http_application import ERASING, VENDING, House


def erase(house: House, user: str = ANNA, secret: str | None = ERASING) -> httpx.Response:
    bearer = {"Authorization": f"Bearer {secret}"} if secret else {}
    return house.client.delete(f"/api/internal/users/{quote(user, safe='')}", headers=bearer)


def test_a_user_is_erased_at_once_and_the_answer_is_a_receipt(house: House) -> None:
    connection, other = house.connected(), house.connected("chloe", BERT)
    answer = erase(house)
    assert (answer.status_code, list(answer.json())) == (202, ["receiptId"])
    assert house.vend(connectionId=connection.id).status_code == 404
    assert house.world.revoke() == 1
    assert house.vend(connectionId=other.id).status_code == 200


def test_a_repetition_has_the_same_receipt_and_so_has_a_user_of_whom_nothing_is_known(house: House) -> None:
    house.connected()
    receipts = [erase(house).json()["receiptId"] for _ in range(2)]
    assert receipts[0] == receipts[1]
    unknown = [erase(house, "nobody").json()["receiptId"] for _ in range(2)]
    assert unknown[0] == unknown[1] != receipts[0]


@pytest.mark.parametrize("method", ("cookie", "bearer"))
def test_a_session_from_before_is_401_everywhere_and_other_users_are_not(house: House, method: str) -> None:
    house.connected()
    state, browser = house.begin()
    erase(house)

    def headers(owner: str) -> dict[str, str]:
        if method == "cookie":
            return house.headers(owner, browser=browser)
        return house.world.over(house.container.settings()).signed_in(OwnerId(owner))

    for path in (
        "/api/platforms",
        "/api/auth/tiktok",
        f"/api/auth/tiktok/callback?state={state}&auth_code=x",
        "/api/auth/tiktok/pending?id=x",
        "/api/spend?from=2026-11-01&to=2026-11-02",
        "/dashboard/platforms",
    ):
        answer = house.client.get(path, headers=headers(ANNA))
        assert (answer.status_code, "location" in answer.headers) == (401, False), path
        assert house.client.get(path, headers=headers(BERT)).status_code != 401, path
    assert house.client.delete("/api/platforms/x", headers=headers(ANNA)).status_code == 401
    body = {"Content-Type": "application/json"}
    for path in ("/api/auth/tiktok/refresh", "/api/auth/tiktok/select-account"):
        assert house.client.post(path, content=b"{}", headers=headers(ANNA) | body).status_code == 401


def test_after_thirty_days_the_id_is_a_new_users(house: House) -> None:
    erase(house)
    house.world.pass_time(days=30, seconds=1)
    answer = house.get("/api/platforms")
    assert (answer.status_code, answer.json()) == (200, {"connections": []})


def test_only_a_service_with_the_scope_may(house: House, open_house: Callable[..., House]) -> None:
    connection = house.connected()
    assert erase(house, secret=VENDING).json()["code"] == "FORBIDDEN"
    for secret in (None, "not-a-secret-of-anybody"):
        assert erase(house, secret=secret).status_code == 401
    assert house.client.delete(f"/api/internal/users/{ANNA}", headers=house.headers()).status_code == 401
    assert house.vend(connectionId=connection.id).status_code == 200
    assert erase(open_house(SERVICE_TOKENS=None)).status_code == 404


def test_a_service_erases_within_its_limits_alone(open_house: Callable[..., House]) -> None:
    house = open_house(SERVICE_LIMITS=f"eraser:users={BERT}")
    connection = house.connected()
    assert (erase(house).status_code, erase(house).json()["code"]) == (404, "NOT_FOUND")
    assert house.vend(connectionId=connection.id).status_code == 200
    assert erase(house, BERT).status_code == 202


@pytest.mark.parametrize("user", ("auth0|7", "https://idp.example/users/7", "a+b@example.org", "ünal", "a%2Fb", "x" * 255))
def test_whatever_a_session_names_can_be_erased(house: House, user: str) -> None:
    house.connected(owner=user)
    assert erase(house, user).status_code == 202
    assert house.get("/api/platforms", owner=user).status_code == 401
    assert house.get("/api/platforms").status_code == 200


@pytest.mark.parametrize("user", (" ann", "ann\n", "x" * 256, "a\x00b"))
def test_what_no_session_names_is_a_bad_request(house: House, user: str) -> None:
    assert erase(house, user).json()["code"] == "INVALID_REQUEST"


def test_the_log_has_the_receipt_and_not_the_user(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.connected()
    with caplog.at_level(logging.INFO):
        receipt = erase(house).json()["receiptId"]
    [line] = [line for line in caplog.records if line.message == "everything of a user was erased"]
    assert (line.__dict__["receipt"], line.__dict__["service"], line.__dict__["grants"]) == (receipt, "eraser", 1)
    assert ANNA not in str(line.__dict__)
