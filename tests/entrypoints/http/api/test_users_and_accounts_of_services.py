"""Which users and accounts a service may ask for, at each endpoint for services."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from domain.ids import OwnerId
from support.builders import ANNA, BERT
from support.http_application import READING, UNKNOWN, VENDING, House

SPAN = {"from": "2026-11-01", "to": "2026-11-02"}
OpenHouse = Callable[..., House]


def spend(house: House, **query: str) -> int:
    bearer = {"Authorization": f"Bearer {READING}"}
    return house.client.get("/api/internal/spend", params=SPAN | query, headers=bearer).status_code


def test_a_service_that_is_limited_to_users_gets_nothing_of_others(
    open_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    house = open_house(SERVICE_LIMITS=f"importer:users={ANNA}|team-*,reader:users={ANNA}")
    own, other = house.connected("ana"), house.connected("chloe", owner=BERT)
    assert house.vend(connectionId=own.id).status_code == 200
    assert house.vend(userId=ANNA, accountId=own.advertiser.id).status_code == 200
    assert (spend(house, userId=ANNA), spend(house, connectionId=own.id)) == (200, 200)
    with caplog.at_level(logging.WARNING):
        for body in ({"connectionId": other.id}, {"userId": BERT, "accountId": other.advertiser.id}):
            answer = house.vend(**body)
            assert (answer.status_code, answer.json()) == (404, house.vend(connectionId=UNKNOWN).json()), (
                "as if it were not there"
            )
        assert (spend(house, userId=BERT), spend(house, connectionId=other.id)) == (404, 404)
    assert sum("beyond its limits" in line.message for line in caplog.records) == 4
    assert spend(house, userId="nobody") == 404, "who lies beyond is told apart from nobody by nothing"


def test_a_service_that_is_limited_to_accounts_gets_nothing_of_others(open_house: OpenHouse) -> None:
    usual = open_house()
    first, second = usual.world.connect("ana", 0, 1)
    house = open_house(SERVICE_LIMITS=f"importer:accounts={first.advertiser.id},reader:accounts={first.advertiser.id}|none")
    assert house.vend(connectionId=first.id).status_code == 200
    assert house.vend(connectionId=second.id).status_code == 404
    assert house.vend(userId=ANNA, accountId=second.advertiser.id).status_code == 404
    assert (spend(house, connectionId=first.id), spend(house, connectionId=second.id), spend(house, userId=ANNA)) == (
        200,
        404,
        200,
    )
    page = house.client.get(
        "/api/internal/spend", params=SPAN | {"userId": ANNA, "by": "account"}, headers={"Authorization": f"Bearer {READING}"}
    )
    assert {day["connectionId"] for day in page.json()["incomplete"]} == {first.id}


def test_nothing_is_called_for_a_service_beyond_its_limits(open_house: OpenHouse) -> None:
    house = open_house(SERVICE_LIMITS="importer:users=somebody-else")
    connection = house.connected()
    house.world.pass_time(hours=30)
    before = house.world.grant_of(connection).generation
    assert house.vend(connectionId=connection.id).status_code == 404
    assert house.vend(connectionId=connection.id, rejectedToken="x" * 40).status_code == 404
    assert house.world.grant_of(connection).generation == before


def test_limits_of_one_service_are_none_of_another_and_hold_under_all_of_its_secrets(open_house: OpenHouse) -> None:
    older = "the-older-secret-of-the-importer"
    tokens = f"importer:{VENDING},importer:{older},reader:{READING}:spend+vend"
    house = open_house(SERVICE_TOKENS=tokens, SERVICE_LIMITS="importer:users=nobody")
    connection = house.connected(owner=OwnerId(ANNA))
    statuses = [house.vend(secret, connectionId=connection.id).status_code for secret in (VENDING, older, READING)]
    assert statuses == [404, 404, 200]
