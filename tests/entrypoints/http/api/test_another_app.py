"""What callers are told where another app's id is configured than the one that obtained the grant."""

from __future__ import annotations

from datetime import timedelta

from domain.ids import AppId
from support.http_application import House
from support.world import ANNA


def test_a_click_and_a_service_are_told_that_an_operator_has_to_act_and_nothing_is_sent(house: House) -> None:
    connection = house.connected()
    before = house.world.grant_of(connection)
    house.world.platform.app = AppId("another")
    for answer in (house.refresh(connection), house.vend(connectionId=connection.id)):
        assert (answer.status_code, answer.json()["code"]) == (503, "TIKTOK_MISCONFIGURED")
        assert int(answer.headers["retry-after"]) >= 60
    assert house.world.grant_of(connection) == before
    assert (house.world.platform.refreshes, house.world.platform.probes) == (0, 1), "one, at the consent"


def test_the_cron_call_counts_no_grant_of_another_app(house: House) -> None:
    house.connected()
    house.world.platform.app = AppId("another")
    house.world.pass_time(hours=13)
    report = house.cron().json()
    assert (report["success"], report["total"], report["remaining"]) == (True, 0, 0)


def test_a_person_can_disconnect_whatever_the_app(house: House) -> None:
    connection = house.connected()
    house.world.platform.app = AppId("another")
    assert house.delete(f"/api/platforms/{connection.id}", ANNA).status_code == 200
    house.world.clock.advance(timedelta(minutes=1))
    assert house.get("/api/platforms", ANNA).json()["connections"] == []
