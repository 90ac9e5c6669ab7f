"""What callers are answered beside a dashboard whose rows follow our connections."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from adapters.memory.dashboard import DashboardRow
from domain.ids import ConnectionId, OwnerId
from entrypoints.http.success_sentences import DISCONNECTED_BEFORE
from support.builders import ANNA, BERT, MINUTE, START
from support.http_application import House, a_house, some_settings
from support.mirrored_world import MirroredWorld

STRANGE = ConnectionId("22222222-2222-7222-8222-222222222222")


@pytest.fixture
def world() -> MirroredWorld:
    return MirroredWorld()


@pytest.fixture
def house(world: MirroredWorld) -> Iterator[House]:
    with a_house(world, some_settings()) as opened:
        yield opened


def statuses(house: House, owner: OwnerId = ANNA) -> list[str]:
    return [listed["status"] for listed in house.get("/api/platforms", owner).json()["connections"]]


def test_the_row_is_there_when_the_callback_answers(world: MirroredWorld, house: House) -> None:
    path, query = house.consent("chloe")
    assert (path, query["success"]) == ("/dashboard/platforms", "true")
    [listed] = house.get("/api/platforms").json()["connections"]
    assert [row.id for row in world.rows_of()] == [listed["id"]]


def test_the_rows_are_there_in_the_order_of_the_list_when_the_choice_answers(world: MirroredWorld, house: House) -> None:
    _, query = house.consent("ana")
    offered = house.get(f"/api/auth/tiktok/pending?id={query['pendingTokenId']}").json()["accounts"]
    body = {"pendingTokenId": query["pendingTokenId"], "accountIds": [account["accountId"] for account in offered]}
    assert house.post("/api/auth/tiktok/select-account", body).status_code == 200
    listed = [c["id"] for c in house.get("/api/platforms").json()["connections"]]
    assert [row.id for row in world.rows_of()] == listed
    assert len(listed) == len(offered) > 1


def test_the_status_follows_a_refused_and_a_healed_permission(world: MirroredWorld, house: House) -> None:
    [connection] = world.connect("chloe")
    world.machine.revoke_user("chloe")
    world.pass_time(hours=25)
    assert house.refresh(connection).status_code == 401
    assert statuses(house) == world.statuses() == ["needs_reauth"]
    house.consent("chloe")
    assert statuses(house) == world.statuses() == ["active"]


def test_a_disconnect_is_repeated_as_long_as_the_row_is_there_and_then_unknown(world: MirroredWorld, house: House) -> None:
    [connection] = world.connect("chloe")
    world.dashboard.away = True
    assert house.delete(f"/api/platforms/{connection.id}").status_code == 200
    assert len(world.rows_of()) == 1
    again = house.delete(f"/api/platforms/{connection.id}")
    assert (again.status_code, again.json()["message"]) == (200, DISCONNECTED_BEFORE)
    assert house.delete(f"/api/platforms/{connection.id}", BERT).status_code == 404
    world.dashboard.away = False
    house.container.settle_soon().retry()
    house.delete(f"/api/platforms/{connection.id}")
    assert world.rows_of() == []
    assert house.delete(f"/api/platforms/{connection.id}").status_code == 404


def test_a_row_that_nobody_here_knows_is_removed_by_its_user_alone(world: MirroredWorld, house: House) -> None:
    world.dashboard.put(DashboardRow(STRANGE, ANNA, world.an_account_of("chloe"), "Strange", START))
    assert house.delete(f"/api/platforms/{STRANGE}", BERT).status_code == 404
    assert house.delete(f"/api/platforms/{STRANGE}").status_code == 200
    assert world.rows_of() == []
    assert house.delete(f"/api/platforms/{STRANGE}").status_code == 404


def test_whom_the_dashboard_does_not_know_is_sent_away(house: House) -> None:
    begun = house.get("/api/auth/tiktok", "stranger")
    assert (begun.status_code, begun.json()["code"]) == (403, "FORBIDDEN")
    navigated = house.client.get(
        "/api/auth/tiktok", headers=house.headers("stranger", Sec_Fetch_Mode="navigate"), follow_redirects=False
    )
    assert navigated.status_code == 307
    assert "code=FORBIDDEN" in navigated.headers["location"]


def test_a_user_who_is_gone_when_the_browser_comes_back_may_come_back_later(world: MirroredWorld, house: House) -> None:
    state, browser = house.begin()
    code = world.code("chloe").reveal()
    world.dashboard.users.discard(ANNA)
    assert house.come_back(state, browser, auth_code=code)[1]["code"] == "FORBIDDEN"
    world.dashboard.users.add(ANNA)
    assert house.come_back(state, browser, auth_code=code)[1]["success"] == "true"


def test_what_is_missing_there_is_not_vended_and_not_listed(world: MirroredWorld, house: House) -> None:
    [connection] = world.connect("chloe")
    world.look()
    world.dashboard.delete_row(connection.id)
    world.look()
    answer = house.vend(connectionId=connection.id)
    assert (answer.status_code, answer.json()["code"]) == (404, "CONNECTION_NOT_FOUND")
    assert statuses(house) == []


def test_our_own_page_takes_the_row_with_it(world: MirroredWorld, house: House) -> None:
    [connection] = world.connect("chloe")
    answer = house.client.post(
        f"/dashboard/platforms/{connection.id}/disconnect", headers=house.headers(), follow_redirects=False
    )
    assert answer.status_code == 303
    assert world.rows_of() == []


def test_readiness_reports_a_frozen_mirror_and_serves(world: MirroredWorld, house: House) -> None:
    assert house.get("/health/ready", owner=None).json()["checks"]["mirror"] == "ok"
    world.dashboard.standby = True
    world.look()
    answer = house.get("/health/ready", owner=None)
    assert (answer.status_code, answer.json()["checks"]["mirror"]) == (200, "degraded")


def test_readiness_reports_a_mirror_that_nobody_can_look_at_any_more(world: MirroredWorld, house: House) -> None:
    world.dashboard.away = True
    world.clock.advance(MINUTE)
    assert house.get("/health/ready", owner=None).json()["checks"]["mirror"] == "ok"
    world.clock.advance(2 * MINUTE)
    answer = house.get("/health/ready", owner=None)
    assert (answer.status_code, answer.json()["checks"]["mirror"]) == (200, "degraded")


@pytest.mark.usefixtures("house")
def test_the_thread_of_the_process_brings_up_to_date_what_was_missed(world: MirroredWorld) -> None:
    world.dashboard.away = True
    [connection] = world.connect("chloe")
    assert world.rows_of() == []
    world.dashboard.away = False
    until = time.monotonic() + 20
    while not world.rows_of() and time.monotonic() < until:
        time.sleep(0.1)
    assert [row.id for row in world.rows_of()] == [connection.id]
