"""What callers are told when our own budget of calls has none left for them."""

from __future__ import annotations

import httpx

from support.http_application import House


def came_back(house: House, state: str, browser: str, code: str, **headers: str) -> httpx.Response:
    return house.client.get(
        "/api/auth/tiktok/callback",
        params={"state": state, "auth_code": code},
        headers=house.headers(browser=browser, **headers),
    )


def test_who_comes_back_is_told_in_place_and_may_come_again(house: House) -> None:
    (state, browser), code = house.begin(), house.world.code("chloe").reveal()
    house.world.budget.spent = True
    for _ in range(2):
        answer = came_back(house, state, browser, code)
        assert (answer.status_code, answer.json()["code"]) == (429, "BUDGET_SPENT")
        assert answer.headers["retry-after"] == "3"
    house.world.budget.spent = False
    assert house.come_back(state, browser, auth_code=code)[1] == {"success": "true", "platform": "tiktok_ads"}


def test_a_person_reads_a_page_from_which_the_same_address_can_be_asked_again(house: House) -> None:
    (state, browser), code = house.begin(), house.world.code("chloe").reveal()
    house.world.budget.spent = True
    answer = came_back(house, state, browser, code, Accept="text/html", Sec_Fetch_Mode="navigate")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert answer.headers["content-type"].startswith("text/html")
    assert 'href=""' in answer.text
    assert state not in answer.text
    assert code not in answer.text


def test_a_click_and_a_service_that_needs_a_call_are_told_by_the_same_code(house: House) -> None:
    connection = house.connected()
    house.world.budget.spent = True
    answer = house.refresh(connection)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, "BUDGET_SPENT", "3")
    assert house.vend(connectionId=connection.id).status_code == 200
    token = house.vend(connectionId=connection.id).json()["accessToken"]
    rejected = house.vend(connectionId=connection.id, rejectedToken=token)
    assert (rejected.status_code, rejected.json()["code"]) == (429, "BUDGET_SPENT")
    house.world.pass_time(hours=30)
    dead = house.vend(connectionId=connection.id)
    assert (dead.status_code, dead.json()["code"]) == (429, "BUDGET_SPENT")
    assert house.world.platform.refreshes == 0
    house.world.budget.spent = False
    assert house.refresh(connection).status_code == 200
