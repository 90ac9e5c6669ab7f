"""What is promised of orders, on a real PostgreSQL in tables of the dashboard's, whose customers stay there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest

from adapters.memory.orders import MemoryOrders, OrderRow
from adapters.null.orders import NullOrders
from adapters.wab.orders import WabOrders
from application.ports.orders import Orders, OrdersUnavailable
from domain.attribution import is_tiktok_order
from domain.ids import OwnerId
from support.dashboard_database import DashboardDatabase
from support.plugin_orders import OTHERS, TIKTOKS

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)
LAST_TOUCH = {"last_touch": {"ttclid": "T-1", "timestamp": 1}, "utm": {"utm_campaign": "1790000000000000001"}}

DOCUMENTS: dict[str, Any] = {
    "flat": {"ttclid": "T-1", "gclid": "", "last_touch": [], "multi_touch": [], "utm": []},
    "flat, and Google's": {"ttclid": "T-1", "gclid": "G-1", "last_touch": [], "utm": []},
    "blank": {"ttclid": " ", "last_touch": {"ttclid": ""}},
    "a touch without an ad": {"ttclid": "T-1", "last_touch": {"timestamp": 1}},
    "a touch": LAST_TOUCH,
    "a source": {"gclid": "G-1", "multi_touch": {"last_touch": {"source": "tiktok_ads"}}},
    "another touch": {"ttclid": "T-1", "last_touch": {"fbclid": "F-1"}},
    "numbers": {"ttclid": 7, "last_touch": 8, "multi_touch": "tiktok_ads", "utm": {"utm_campaign": 9}},
    "numbers inside": {"ttclid": "T-1", "last_touch": {"ttclid": 7}, "utm": {"utm_campaign": ["x"]}},
    **TIKTOKS,
    **OTHERS,
    "unknown keys": {"ttclid": "T-1", "last_touch": {"li_fat_id": "L-1"}},
}


class Rig(NamedTuple):
    orders: Orders
    owner: OwnerId
    add: Callable[..., None]


def in_memory() -> Rig:
    orders, owner = MemoryOrders(most=5), OwnerId(str(uuid4()))

    def add(
        number: str,
        total: str | None = "10.00",
        *,
        at: datetime = NOON,
        currency: str | None = "EUR",
        status: str = "completed",
        attribution: object = None,
    ) -> None:
        amount = None if total is None else Decimal(total)
        orders.rows.setdefault(owner, []).append(OrderRow(number, at, amount, currency, status, attribution))

    return Rig(orders, owner, add)


@pytest.fixture
def shop(dashboard: DashboardDatabase) -> Iterator[Rig]:
    """A user with one shop, and one who has another."""
    owner, other = OwnerId(str(uuid4())), OwnerId(str(uuid4()))
    orders = WabOrders(dashboard.url, most=5)
    with psycopg.connect(dashboard.owner_url, autocommit=True) as connection:
        stores: dict[OwnerId, object] = {}
        for user in (owner, other):
            dashboard.add_user(user)
            row = connection.execute(
                "INSERT INTO stores (user_id, api_key, access_token) VALUES (%s, 'k', 't') RETURNING id", (user,)
            )
            [[stores[user]]] = row.fetchall()

        def add(
            number: str,
            total: str | None = "10.00",
            *,
            at: datetime = NOON,
            currency: str | None = "EUR",
            status: str = "completed",
            attribution: object = None,
            of: OwnerId = owner,
        ) -> None:
            document = None if attribution is None else json.dumps(attribution)
            connection.execute(
                "INSERT INTO orders"
                " (store_id, external_id, total, currency, status, customer_email_hash, attribution, date_created)"
                " VALUES (%s, %s, %s, %s, %s, 'a customer', %s, %s)",
                (stores[of], number, total, currency, status, document, at.replace(tzinfo=None)),
            )

        add("not hers", attribution=LAST_TOUCH, of=other)
        yield Rig(orders, owner, add)
    orders.dispose()


@pytest.fixture(params=["memory", "postgres"])
def rig(request: pytest.FixtureRequest) -> Rig:
    rig: Rig = in_memory() if request.param == "memory" else request.getfixturevalue("shop")
    return rig


def numbers(rig: Rig) -> list[str]:
    read = rig.orders.paid(rig.owner, SINCE, UNTIL)
    assert read is not None
    return [order.id for order in read.orders]


def test_an_order_comes_as_the_rule_needs_it(rig: Rig) -> None:
    rig.add("1", "12.34", attribution=LAST_TOUCH, currency="GBP", status="processing")
    read = rig.orders.paid(rig.owner, SINCE, UNTIL)
    assert read is not None
    [order] = read.orders
    assert (order.id, order.placed_at, order.total, order.currency) == ("1", NOON, Decimal("12.34"), "GBP")
    assert order.counts
    assert order.attribution.campaign == "1790000000000000001"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_rule_says_the_same_of_what_is_picked_as_of_the_whole(shop: Rig, name: str) -> None:
    whole = in_memory()
    for rig in (shop, whole):
        rig.add("1", attribution=DOCUMENTS[name])
    picked, kept = (rig.orders.paid(rig.owner, SINCE, UNTIL) for rig in (shop, whole))
    assert picked is not None
    assert kept is not None
    ours = [(order.id, order.attribution.campaign) for order in picked.orders if is_tiktok_order(order.attribution)]
    assert ours == [(order.id, order.attribution.campaign) for order in kept.orders if is_tiktok_order(order.attribution)]
    assert picked.currencies == kept.currencies == {"EUR"}


def test_only_paid_orders_of_the_span_and_of_the_owner_are_read(rig: Rig) -> None:
    for number, at in (
        ("first", SINCE),
        ("last", UNTIL - timedelta(seconds=1)),
        ("early", SINCE - timedelta(seconds=1)),
        ("late", UNTIL),
    ):
        rig.add(number, at=at, attribution=LAST_TOUCH)
    rig.add("refunded", status="refunded", attribution=LAST_TOUCH)
    assert numbers(rig) == ["first", "last"]


def test_currencies_are_those_of_all_orders(rig: Rig) -> None:
    rig.add("1", attribution=LAST_TOUCH)
    rig.add("2", currency="GBP", attribution={"gclid": "G-1"})
    rig.add("3", currency="USD")
    read = rig.orders.paid(rig.owner, SINCE, UNTIL)
    assert read is not None
    assert numbers(rig) == ["1"]
    assert read.currencies == {"EUR", "GBP", "USD"}
    assert read.unreadable == 0


@pytest.mark.parametrize("attribution", ["no JSON", '{"ttclid": "T-1"}', ["ttclid"], 7, True])
def test_an_attribution_that_is_no_object_is_counted_apart(rig: Rig, attribution: object) -> None:
    rig.add("1", attribution=attribution)
    rig.add("2", attribution=LAST_TOUCH)
    read = rig.orders.paid(rig.owner, SINCE, UNTIL)
    assert read is not None
    assert (numbers(rig), read.unreadable) == (["2"], 1)


def test_an_order_without_an_amount_or_currency_is_counted_apart(rig: Rig) -> None:
    rig.add("1", None, attribution=LAST_TOUCH)
    rig.add("2", "NaN", attribution=LAST_TOUCH)
    rig.add("3", currency=None, attribution=LAST_TOUCH)
    read = rig.orders.paid(rig.owner, SINCE, UNTIL)
    assert read is not None
    assert (read.orders, read.currencies, read.unreadable) == ((), frozenset(), 3)


def test_more_orders_than_can_be_added_up_are_refused(rig: Rig) -> None:
    for number in range(6):
        rig.add(str(number), attribution=LAST_TOUCH)
    with pytest.raises(OrdersUnavailable, match="more than 5"):
        rig.orders.paid(rig.owner, SINCE, UNTIL)


def test_nothing_of_a_customer_and_no_click_leaves_the_database(shop: Rig) -> None:
    shop.add("1", attribution=LAST_TOUCH | {"email": "someone@example.org", "touchpoints": [{"landing": "/secret"}]})
    read = shop.orders.paid(shop.owner, SINCE, UNTIL)
    for private in ("someone", "secret", "T-1", "a customer"):
        assert private not in repr(read)


def test_a_user_who_is_none_of_the_dashboards_has_no_orders(shop: Rig) -> None:
    read = shop.orders.paid(OwnerId("anna"), SINCE, UNTIL)
    assert read is not None
    assert read.orders == ()


def test_a_database_that_is_away_is_told() -> None:
    with pytest.raises(OrdersUnavailable):
        WabOrders("postgresql://nobody@127.0.0.1:1/nowhere").paid(OwnerId(str(uuid4())), SINCE, UNTIL)


def test_without_a_dashboard_nobodys_orders_are_known() -> None:
    assert NullOrders().paid(OwnerId("anna"), SINCE, UNTIL) is None
