"""What the doors know of who asks, and from where, is in the audit trail."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from domain.audit_trail import Act, Actor, AuditRecord, VendRecord
from support.http_application import ERASING, House, a_cookie
from support.world import ANNA, BERT, World


def trail(house: House) -> list[AuditRecord]:
    house.container.audit_batch().write()
    return list(house.world.database.rows.audit_trail.values())


def vends(house: House) -> list[VendRecord]:
    house.container.audit_batch().write()
    return list(house.world.database.rows.vends.values())


def test_each_vend_is_counted_for_the_service_and_the_connection(house: House) -> None:
    connection = house.connected()
    for _ in range(3):
        assert house.vend(connectionId=connection.id).status_code == 200
    assert house.vend(userId=ANNA, accountId=connection.advertiser.id).status_code == 200
    [vend] = vends(house)
    assert (vend.connection, vend.service, vend.count) == (connection.id, "importer", 4)


def test_what_is_not_vended_is_not_counted(house: House) -> None:
    connection = house.connected()
    assert house.vend(secret="wrong" * 8, connectionId=connection.id).status_code == 401
    assert house.vend(secret=ERASING, connectionId=connection.id).status_code == 403
    assert house.vend(connectionId="0197e7d6-0000-7000-8000-000000000000").status_code == 404
    assert vends(house) == []


def test_a_click_on_refresh_is_in_the_trail_with_what_came_of_it(house: House) -> None:
    connection = house.connected()
    assert house.refresh(connection).status_code == 200
    [asked] = [r for r in trail(house) if r.act is Act.REFRESH_ASKED]
    assert (asked.owner, asked.connection, asked.detail) == (ANNA, connection.id, "rotated")


def test_nobody_writes_into_the_history_of_anothers_connection(house: House) -> None:
    connection = house.connected()
    before = trail(house)
    assert house.refresh(connection, BERT).status_code == 404
    assert house.delete(f"/api/platforms/{connection.id}", BERT).status_code == 404
    assert house.get("/api/auth/tiktok", BERT).status_code == 307
    assert house.client.get(
        "/api/auth/tiktok", params={"connectionId": connection.id}, headers=house.headers(BERT)
    ).status_code in {307, 404}
    assert [r for r in trail(house) if r.connection == connection.id] == [r for r in before if r.connection == connection.id]


def test_an_erasure_names_the_service_that_asked(house: House) -> None:
    house.connected()
    answer = house.client.delete(f"/api/internal/users/{ANNA}", headers={"Authorization": f"Bearer {ERASING}"})
    assert answer.status_code == 202
    [erased] = [r for r in trail(house) if r.act is Act.USER_ERASED]
    assert erased.actor == Actor.service("eraser", erased.actor.address)
    assert erased.owner == house.container.sealer().pseudonym(ANNA)


def test_a_journey_over_http_is_in_the_trail(house: House) -> None:
    path, query = house.consent("chloe")
    assert (path, query["success"]) == ("/dashboard/platforms", "true")
    state, browser = house.begin()
    _, failed = house.come_back(state, browser, error="access_denied")
    assert failed["code"] == "TIKTOK_AUTH_DENIED"
    assert [r.act for r in trail(house)] == [
        Act.CONNECT_BEGUN,
        Act.CONNECT_COMPLETED,
        Act.ACCOUNT_CONNECTED,
        Act.CONNECT_REFUSED,
    ]
    assert {r.actor.name for r in trail(house)} == {ANNA}


@pytest.mark.parametrize(
    ("trusted", "address"),
    [("127.0.0.0/8", "192.0.2.7"), (None, "127.0.0.1")],
    ids=["behind a trusted proxy", "a header of a stranger"],
)
def test_the_address_is_the_one_behind_trusted_proxies(
    serve_house: Callable[..., str], world: World, trusted: str | None, address: str
) -> None:
    served = serve_house(TRUSTED_PROXIES=trusted)
    headers = {"Cookie": a_cookie(ANNA, world.clock.now()), "X-Forwarded-For": "192.0.2.7"}
    assert httpx.get(f"{served}/api/auth/tiktok", headers=headers).status_code == 307
    [begun] = world.database.rows.audit_trail.values()
    assert begun.actor == Actor.user(ANNA, address)
