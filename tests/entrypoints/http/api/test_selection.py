from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from adapters.tiktok_simulator.advertisers import Advertiser
from domain.ids import OfferId
from support.http_application import House
from support.world import ANNA, BERT, START

SELECT = "/api/auth/tiktok/select-account"


@pytest.fixture
def offer(house: House) -> str:
    """What Ana's consent reached."""
    return house.consent("ana")[1]["pendingTokenId"]


def account(house: House, place: int, user: str = "ana") -> str:
    return house.world.machine.accounts(user)[place].advertiser_id


def test_the_accounts_on_offer_are_told_with_nothing_null(house: House, offer: str) -> None:
    answer = house.get(f"/api/auth/tiktok/pending?id={offer}")
    assert answer.json()["accounts"][1] == {
        "accountId": account(house, 1),
        "name": "Acme Shoes Europe",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
    }
    assert answer.json()["unavailableAccounts"] == []
    assert answer.json()["expiresAt"] == (START + timedelta(minutes=10)).isoformat().replace("+00:00", "Z")


def test_an_account_that_cannot_be_chosen_comes_with_its_status_and_why(house: House) -> None:
    offer = house.consent("ben")[1]["pendingTokenId"]
    [closed] = house.get(f"/api/auth/tiktok/pending?id={offer}").json()["unavailableAccounts"]
    assert closed["accountId"] == account(house, 3, "ben")
    assert (closed["status"], closed["reason"]) == ("STATUS_DISABLE", "This account is closed at TikTok.")


def test_what_tiktok_withholds_is_empty(house: House) -> None:
    house.world.platform.withheld = True
    offer = house.consent("ana")[1]["pendingTokenId"]
    first = house.get(f"/api/auth/tiktok/pending?id={offer}").json()["accounts"][0]
    assert (first["name"], first["currency"], first["timezone"]) == ("Acme Shoes", "", "")


@pytest.mark.parametrize("query", ("", "?id="))
def test_pending_without_an_id_is_an_invalid_request(house: House, query: str) -> None:
    answer = house.get(f"/api/auth/tiktok/pending{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


def test_an_offer_of_nobody_or_of_somebody_else_is_unknown(house: House, offer: str) -> None:
    for id_, owner in ((str(uuid4()), ANNA), ("7", ANNA), (offer, BERT)):
        for answer in (
            house.get(f"/api/auth/tiktok/pending?id={id_}", owner),
            house.post(SELECT, {"pendingTokenId": id_, "accountId": account(house, 0)}, owner),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "PENDING_NOT_FOUND")


def test_an_offer_lives_ten_minutes(house: House, offer: str) -> None:
    house.world.pass_time(minutes=10)
    for answer in (
        house.get(f"/api/auth/tiktok/pending?id={offer}"),
        house.post(SELECT, {"pendingTokenId": offer, "accountId": account(house, 0)}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (410, "PENDING_EXPIRED")


def test_a_cancelled_offer_is_over(house: House, offer: str) -> None:
    house.world.select.cancel(ANNA, OfferId(offer))
    assert house.get(f"/api/auth/tiktok/pending?id={offer}").status_code == 410


def test_one_account_is_connected(house: House, offer: str) -> None:
    answer = house.post(SELECT, {"pendingTokenId": offer, "accountId": account(house, 2)})
    assert answer.status_code == 200
    [connection] = answer.json()["connections"]
    assert answer.json()["success"] is True
    assert connection | {"id": ""} == {
        "id": "",
        "platform": "tiktok_ads",
        "accountId": account(house, 2),
        "accountName": "Acme Shoes UK",
        "status": "active",
    }
    assert [c["id"] for c in house.get("/api/platforms").json()["connections"]] == [connection["id"]]


def test_several_accounts_are_connected_each_once(house: House, offer: str) -> None:
    chosen = [account(house, 0), account(house, 1), account(house, 0)]
    answer = house.post(SELECT, {"pendingTokenId": offer, "accountIds": chosen})
    assert [c["accountId"] for c in answer.json()["connections"]] == sorted(set(chosen))


def test_the_same_choice_again_gives_the_same_answer_and_another_one_none(house: House, offer: str) -> None:
    first = house.post(SELECT, {"pendingTokenId": offer, "accountId": account(house, 0)})
    again = house.post(SELECT, {"pendingTokenId": offer, "accountIds": [account(house, 0)]})
    assert again.json() == first.json()
    other = house.post(SELECT, {"pendingTokenId": offer, "accountId": account(house, 1)})
    assert (other.status_code, other.json()["code"]) == (409, "PENDING_USED")


def test_a_connected_account_keeps_its_id(house: House) -> None:
    before = house.connected()
    offer = house.consent("ana")[1]["pendingTokenId"]
    answer = house.post(SELECT, {"pendingTokenId": offer, "accountIds": [account(house, 0), account(house, 1)]})
    ids = {c["accountId"]: c["id"] for c in answer.json()["connections"]}
    assert ids[account(house, 0)] == before.id


def test_an_account_that_is_not_on_offer_is_refused(house: House, offer: str) -> None:
    for stranger in ("7999999999999999999", account(house, 0, "ben"), ""):
        answer = house.post(SELECT, {"pendingTokenId": offer, "accountId": stranger})
        assert (answer.status_code, answer.json()["code"]) == (400, "ACCOUNT_NOT_ON_OFFER")


def test_a_closed_account_cannot_be_chosen(house: House) -> None:
    offer = house.consent("ben")[1]["pendingTokenId"]
    answer = house.post(SELECT, {"pendingTokenId": offer, "accountId": account(house, 3, "ben")})
    assert (answer.status_code, answer.json()["code"]) == (400, "ACCOUNT_NOT_ON_OFFER")


@pytest.mark.parametrize(
    "fields",
    (
        {},
        {"accountIds": []},
        {"accountId": "7", "accountIds": ["7"]},
        {"accountId": 7},
        {"accountId": True},
        {"accountId": ["7"]},
        {"accountIds": "7"},
        {"accountIds": [7]},
        {"accountIds": {"7": "7"}},
        {"accountId": "7", "accountIds": "null"},
    ),
)
def test_a_choice_is_one_account_or_several(house: House, offer: str, fields: dict[str, object]) -> None:
    answer = house.post(SELECT, {"pendingTokenId": offer} | fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


def test_choosing_and_looking_need_a_session(house: House, offer: str) -> None:
    for answer in (
        house.get(f"/api/auth/tiktok/pending?id={offer}", owner=None),
        house.post(SELECT, {"pendingTokenId": offer, "accountId": "7"}, owner=None),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_choice_from_a_foreign_page_is_refused(house: House, offer: str) -> None:
    answer = house.post(SELECT, {"pendingTokenId": offer, "accountId": account(house, 0)}, Origin="https://evil.example")
    assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_REFUSED")


def test_a_further_origin_may_be_allowed(open_house: Callable[..., House]) -> None:
    house = open_house(ALLOWED_ORIGINS="https://shop.example.org")
    body = {"pendingTokenId": str(uuid4()), "accountId": "7"}
    assert house.post(SELECT, body, Origin="https://shop.example.org").status_code == 404


def test_with_the_database_away_one_comes_again(house: House, offer: str) -> None:
    house.world.database.away = True
    for answer in (
        house.get(f"/api/auth/tiktok/pending?id={offer}"),
        house.post(SELECT, {"pendingTokenId": offer, "accountId": account(house, 0)}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    house.world.database.away = False
    assert house.post(SELECT, {"pendingTokenId": offer, "accountId": account(house, 0)}).status_code == 200


@pytest.mark.parametrize("body", [b"[" * 20_000, b'{"pendingTokenId":"\xff"}'], ids=["nested without end", "not UTF-8"])
def test_a_body_that_no_parser_gets_through_is_a_bad_request(house: House, body: bytes) -> None:
    answer = house.post("/api/auth/tiktok/select-account", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


def test_a_choice_of_all_of_ten_thousand_accounts_is_taken(house: House) -> None:
    accounts = [Advertiser(advertiser_id=str(7_000_000_000_000_000_000 + n), name="Client") for n in range(10_000)]
    house.world.machine.set_accounts("agency", accounts)
    _, query = house.consent("agency")
    ids = [account.advertiser_id for account in accounts]
    body = {"pendingTokenId": query["pendingTokenId"], "accountIds": ids}
    answer = house.post("/api/auth/tiktok/select-account", body)
    assert answer.status_code == 200
    assert [connection["accountId"] for connection in answer.json()["connections"]] == sorted(ids)
