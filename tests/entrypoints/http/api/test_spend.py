from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from adapters.memory.orders import MemoryOrders, OrderRow
from application import list_spend_lines
from application.ports.spend_store import SpendAccount
from domain.advertiser import Connection
from domain.spend import Spend, SpendKind
from domain.spend_day import DayState
from entrypoints.http.api import spend
from support.http_application import READING, UNKNOWN, VENDING, House
from support.stored_spend import read_into, spent
from support.world import ANNA, BERT, START

TODAY = START.date()
FIRST, SECOND = TODAY - timedelta(days=9), TODAY - timedelta(days=8)
SPAN = {"from": FIRST.isoformat(), "to": SECOND.isoformat()}


def read(house: House, connection: Connection, *rows: Spend, **more: Any) -> None:
    of = SpendAccount(ANNA, connection.advertiser.id)
    read_into(house.container.spend_store(), of, rows, at=START, days=(FIRST, SECOND), **more)


def ask(house: House, owner: str | None = ANNA, accept: str = "application/json", **query: str) -> httpx.Response:
    return house.client.get("/api/spend", params=SPAN | query, headers=house.headers(owner, Accept=accept))


def ask_as_service(house: House, secret: str | None = READING, **query: str) -> httpx.Response:
    bearer = {"Authorization": f"Bearer {secret}"} if secret else {}
    return house.client.get("/api/internal/spend", params=SPAN | query, headers=bearer)


@pytest.fixture
def shop(house: House) -> Connection:
    """An account with a campaign on both days, and something in no campaign on the second."""
    connection = house.connected()
    account = connection.advertiser.id
    rows = (
        spent(account, FIRST, "40.10", value="100"),
        spent(account, SECOND, "19.90"),
        spent(account, SECOND, "0.5", campaign=None),
    )
    read(house, connection, *rows)
    return connection


def test_rows_by_day_and_campaign_with_totals(house: House, shop: Connection) -> None:
    body = ask(house).json()
    counts = {"impressions": 1000, "clicks": 10, "conversions": None}
    spring = {"campaignId": "11", "campaignName": "Spring", "currency": "EUR"}
    assert body["rows"] == [
        {"date": SPAN["from"], "spend": "40.1"} | spring | counts,
        {"date": SPAN["to"], "spend": "0.5"} | spring | counts | {"campaignId": None, "campaignName": ""},
        {"date": SPAN["to"], "spend": "19.9"} | spring | counts,
    ]
    assert body["totals"] == [{"currency": "EUR", "spend": "60.5", "impressions": 3000, "clicks": 30, "conversions": None}]
    assert (body["from"], body["to"], body["incomplete"], body["importedThrough"]) == (
        SPAN["from"],
        SPAN["to"],
        [],
        "2030-01-01T00:00:00Z",
    )
    assert body["importing"]["of"] == 90
    assert body["revenue"] is None
    assert body["roas"] == [{"currency": "EUR", "orders": None, "claimed": "1.6529"}]
    assert shop.id not in str(body)


@pytest.mark.parametrize(
    ("by", "names", "amounts"),
    [
        ("campaign", {"campaignId", "campaignName"}, ["0.5", "60"]),
        ("day", {"date"}, ["40.1", "20.4"]),
        ("account", {"connectionId", "accountId"}, ["60.5"]),
        ("account,day", {"connectionId", "accountId", "date"}, ["40.1", "20.4"]),
    ],
)
@pytest.mark.usefixtures("shop")
def test_rows_are_told_apart_by_what_is_asked_for(house: House, by: str, names: set[str], amounts: list[str]) -> None:
    rows = ask(house, by=by).json()["rows"]
    assert [row["spend"] for row in rows] == amounts
    always = {"spend", "currency", "impressions", "clicks", "conversions"}
    assert all(set(row) == names | always for row in rows)


@pytest.mark.parametrize(
    "query",
    [
        {"from": ""},
        {"to": ""},
        {"from": "2029-02-30"},
        {"from": "20290201"},
        {"from": "2030-01-01", "to": "2029-12-31"},
        {"from": "2028-12-01", "to": "2029-12-02"},
        {"by": "week"},
        {"by": "day,"},
        {"kind": "both"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(house: House, query: dict[str, str]) -> None:
    answer = ask(house, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


def test_a_year_may_be_asked_for(house: House) -> None:
    assert ask(house, **{"from": "2028-12-01", "to": "2029-12-01"}).status_code == 200


def test_only_ones_own_is_shown(house: House, shop: Connection) -> None:
    assert ask(house, BERT).json()["rows"] == []
    assert ask(house, BERT, connectionId=shop.id).status_code == 404
    assert ask(house, connectionId=UNKNOWN).json()["code"] == "CONNECTION_NOT_FOUND"
    assert len(ask(house, connectionId=shop.id).json()["rows"]) == 3
    assert ask(house, None).status_code == 401


def sold(house: House, *orders: OrderRow) -> None:
    house.container.orders.override(MemoryOrders({ANNA: list(orders)}))
    house.container.show_spend.reset()


def an_order(total: str, currency: str = "EUR") -> OrderRow:
    at = datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=UTC)
    return OrderRow(total, at, Decimal(total), currency, "completed", {"ttclid": "T-1"})


@pytest.mark.usefixtures("shop")
def test_revenue_and_both_ratios_stand_beside_spend(house: House) -> None:
    sold(house, an_order("100.00"), an_order("21.00"), an_order("5", "GBP"))
    body = ask(house).json()
    assert body["revenue"] == [{"currency": "EUR", "total": "121", "orders": 2}, {"currency": "GBP", "total": "5", "orders": 1}]
    assert body["roas"] == [{"currency": "EUR", "orders": "2.0000", "claimed": "1.6529"}]
    sold(house)
    assert ask(house).json()["revenue"] == []


def test_there_is_no_ratio_by_orders_while_a_day_is_open(house: House) -> None:
    connection = house.connected()
    read(house, connection, spent(connection.advertiser.id, FIRST, "40"))
    read(house, connection, spent(connection.advertiser.id, SECOND, "20"), state=DayState.PROVISIONAL)
    read_into(
        house.container.spend_store(),
        SpendAccount(ANNA, connection.advertiser.id),
        [spent(connection.advertiser.id, FIRST, "40")],
        at=START,
    )
    sold(house, an_order("100.00"))
    body = ask(house).json()
    assert body["roas"][0]["orders"] is None
    assert body["incomplete"] == [{"connectionId": connection.id, "date": SPAN["to"], "state": "provisional"}]


def test_csv_holds_the_same_rows(house: House, shop: Connection) -> None:
    account = shop.advertiser.id
    read(house, shop, spent(account, FIRST, "1.25", name='=HYPERLINK("x"), "y"'), spent(account, SECOND, "2", campaign=None))
    answer = ask(house, accept="text/csv", by="day,campaign,account")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    first, second = csv.DictReader(io.StringIO(answer.text))
    assert first == {
        "date": SPAN["from"],
        "connectionId": shop.id,
        "accountId": account,
        "campaignId": "11",
        "campaignName": '\'=HYPERLINK("x"), "y"',
        "spend": "1.25",
        "currency": "EUR",
        "impressions": "1000",
        "clicks": "10",
        "conversions": "",
    }
    assert (second["campaignId"], second["spend"]) == ("", "2")
    assert ask(house, accept="text/csv", by="day").text.splitlines()[0] == "date,spend,currency,impressions,clicks,conversions"


def test_gmv_max_is_asked_for_by_its_name(house: House, shop: Connection) -> None:
    account = shop.advertiser.id
    read(house, shop, spent(account, FIRST, "7", campaign="12", kind=SpendKind.GMV_MAX))
    assert [row["spend"] for row in ask(house, kind="gmv_max").json()["rows"]] == ["7"]


def test_a_service_gets_pages_that_a_change_meanwhile_does_not_tear(house: House) -> None:
    connection = house.connected()
    account = connection.advertiser.id
    rows = [spent(account, day, "0.01", campaign=f"{n:04d}") for day in (FIRST, SECOND) for n in range(1100)]
    read(house, connection, *rows)
    page = ask_as_service(house, userId=ANNA).json()
    assert len(page["rows"]) == 1000
    assert "revenue" not in page
    assert page["totals"][0]["spend"] == "22"
    read_into(house.container.spend_store(), SpendAccount(ANNA, account), [spent(account, FIRST, "5", campaign="0001")], at=START)
    seen = [row["campaignId"] for row in page["rows"]]
    while page["nextCursor"]:
        page = ask_as_service(house, userId=ANNA, cursor=page["nextCursor"]).json()
        seen += [row["campaignId"] for row in page["rows"]]
    assert seen[1000:] == [f"{n:04d}" for n in range(1100)]


def test_a_service_asks_by_user_or_by_connection(house: House, shop: Connection) -> None:
    by_user, by_connection = ask_as_service(house, userId=ANNA), ask_as_service(house, connectionId=shop.id)
    assert by_user.json() == by_connection.json()
    assert by_user.json()["nextCursor"] is None
    assert len(by_user.json()["rows"]) == 3
    assert ask_as_service(house, connectionId=UNKNOWN).status_code == 404
    for wrong in (
        {},
        {"userId": ANNA, "connectionId": shop.id},
        {"userId": ANNA, "cursor": "x"},
        {"userId": ANNA, "cursor": "W10="},
    ):
        assert ask_as_service(house, **wrong).json()["code"] == "INVALID_REQUEST", wrong


def test_a_service_needs_the_scope(house: House, open_house: Callable[..., House]) -> None:
    assert ask_as_service(house, None, userId=ANNA).status_code == 401
    answer = ask_as_service(house, VENDING, userId=ANNA)
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
    assert ask_as_service(open_house(SERVICE_TOKENS=None), userId=ANNA).json()["code"] == "NOT_FOUND"


def many_rows(house: House, number: int) -> list[Spend]:
    """So many campaigns on both days, of two accounts."""
    house.world.connect("ana", 0, 1)
    rows = []
    for view in house.world.list_connections(ANNA):
        account = view.connection.advertiser.id
        own = [spent(account, day, "0.25", campaign=f"{n:04d}") for day in (FIRST, SECOND) for n in range(number)]
        read(house, view.connection, *own)
        rows += own
    return rows


@pytest.mark.parametrize("by", ["day,campaign", "day,campaign,account"])
def test_csv_comes_in_pieces_and_is_the_same_table(house: House, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    many_rows(house, 5)
    at_once = ask(house, accept="text/csv", by=by).text
    monkeypatch.setattr(list_spend_lines, "ROWS_AT_ONCE", 1)
    in_pieces = ask(house, accept="text/csv", by=by)
    assert in_pieces.text == at_once
    assert "content-length" not in in_pieces.headers
    assert [row["spend"] for row in csv.DictReader(io.StringIO(at_once))] == [
        row["spend"] for row in ask(house, by=by).json()["rows"]
    ]


def test_json_of_more_rows_than_one_answer_has_is_refused_and_csv_is_not(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = many_rows(house, 5)
    monkeypatch.setattr(spend, "MOST_ROWS", len(rows) - 1)
    answer = ask(house, by="day,campaign,account")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert "ask for fewer days, for `by=campaign` or `by=day`, or for text/csv" in answer.json()["detail"]
    assert len(ask(house, by="campaign").json()["rows"]) == 5
    assert len(ask(house, accept="text/csv", by="day,campaign,account").text.splitlines()) == len(rows) + 1
    monkeypatch.setattr(spend, "MOST_ROWS", 4)
    assert ask(house, by="campaign").status_code == 400


def test_a_table_whose_first_piece_cannot_be_read_is_a_failure_and_no_table(house: House, shop: Connection) -> None:
    house.world.database.away = True
    answer = ask(house, accept="text/csv")
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert shop.id not in answer.text


@pytest.mark.parametrize("by", ["day,campaign,account", "day,campaign", "campaign,account", "account,day"])
def test_pages_are_the_rows_of_one_answer(house: House, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    many_rows(house, 5)
    monkeypatch.setattr(spend, "ROWS_A_PAGE", 3)
    monkeypatch.setattr(list_spend_lines, "ROWS_AT_ONCE", 4)
    pages = [ask_as_service(house, userId=ANNA, by=by).json()]
    while cursor := pages[-1]["nextCursor"]:
        pages.append(ask_as_service(house, userId=ANNA, by=by, cursor=cursor).json())
    whole = ask(house, by=by).json()
    assert [row for page in pages for row in page["rows"]] == whole["rows"]
    assert all(page["totals"] == whole["totals"] for page in pages)
