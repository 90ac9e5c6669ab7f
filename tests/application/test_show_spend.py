from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.memory.made_up_orders import MadeUpOrders
from adapters.memory.orders import MemoryOrders, OrderRow
from application.ports.spend_store import SpendAccount
from application.show_spend import ShowSpend, SpendShown
from domain.advertiser import Connection
from domain.attribution import is_tiktok_order
from domain.errors import ConnectionNotFound
from domain.spend import SpendKind
from domain.spend_calendar import Window
from domain.spend_day import DayState
from support.stored_spend import read_into, spent
from support.world import ANNA, BERT, START, World

TODAY = START.date()
FIRST, SECOND = TODAY - timedelta(days=9), TODAY - timedelta(days=8)
BOTH = Window(FIRST, SECOND)
BY_TIKTOK = {"last_touch": {"ttclid": "T-1", "timestamp": 1}, "utm": {"utm_campaign": "11"}}


@dataclass
class Rig:
    world: World = field(default_factory=World)
    orders: MemoryOrders = field(default_factory=MemoryOrders)

    def __post_init__(self) -> None:
        self.world.container.orders.override(self.orders)
        self.show: ShowSpend = self.world.container.show_spend()
        self.spend = self.world.container.spend_store()

    def connected(self, *places: int) -> list[Connection]:
        return list(self.world.connect("ana", *places))

    def read(self, connection: Connection, *amounts: tuple[date, str], **more: Any) -> None:
        rows = [spent(connection.advertiser.id, day, amount, currency=connection.advertiser.currency) for day, amount in amounts]
        read_into(self.spend, SpendAccount(ANNA, connection.advertiser.id), rows, at=START, **more)

    def sold(self, day: date, total: str, *, currency: str, attribution: object = BY_TIKTOK) -> None:
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        self.orders.rows.setdefault(ANNA, []).append(OrderRow(total, at, Decimal(total), currency, "completed", attribution))

    def shown(self, window: Window = BOTH, **more: Any) -> SpendShown:
        return self.show(ANNA, window, **more)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_spend_revenue_and_ratio_of_closed_days(rig: Rig) -> None:
    [shop] = rig.connected(0)
    rig.read(shop, (FIRST, "40"), (SECOND, "20"))
    rig.sold(FIRST, "90", currency=shop.advertiser.currency)
    shown = rig.shown()
    [roas], [revenue] = shown.roas, shown.revenue or []
    assert (roas.by_orders, revenue.total, len(revenue.orders)) == (Decimal("1.5000"), Decimal(90), 1)
    assert (shown.incomplete, shown.imported_through) == ([], START)


def test_days_that_are_not_closed_are_named_up_to_today(rig: Rig) -> None:
    [shop] = rig.connected(0)
    rig.read(shop, (FIRST, "40"))
    rig.read(shop, (SECOND, "20"), state=DayState.PROVISIONAL)
    shown = rig.shown(Window(FIRST - timedelta(days=1), SECOND))
    assert shown.incomplete == [
        (shop.id, FIRST - timedelta(days=1), DayState.MISSING),
        (shop.id, SECOND, DayState.PROVISIONAL),
    ]
    assert [roas.days for roas in shown.roas] == [(FIRST,)]
    ahead = rig.shown(Window(TODAY, TODAY + timedelta(days=9)))
    assert {day for _, day, _ in ahead.incomplete} <= {TODAY, TODAY + timedelta(days=1)}


def test_how_far_the_past_is_read(rig: Rig) -> None:
    shop, other = rig.connected(0, 1)
    assert rig.shown().imported_through is None
    rig.read(shop, (FIRST, "40"), back_to=TODAY - timedelta(days=33))
    rig.read(other, (FIRST, "40"), back_to=TODAY - timedelta(days=200))
    importing = rig.shown().importing
    assert importing is not None
    assert importing[1] == 90
    assert rig.shown(connection=other.id).importing is None
    assert rig.shown().imported_through == START


def test_one_connection_is_shown_alone_and_nobody_elses(rig: Rig) -> None:
    shop, other = rig.connected(0, 1)
    rig.read(shop, (FIRST, "40"))
    rig.read(other, (FIRST, "7"))
    assert [row.spend for row in rig.shown(connection=other.id).rows] == [Decimal(7)]
    with pytest.raises(ConnectionNotFound):
        rig.show(BERT, BOTH, connection=shop.id)
    assert rig.show(BERT, BOTH).rows == []


def test_gmv_max_is_shown_apart(rig: Rig) -> None:
    [shop] = rig.connected(0)
    of = SpendAccount(ANNA, shop.advertiser.id)
    rows = [spent(of.account, FIRST, "40"), spent(of.account, FIRST, "60", campaign="12", kind=SpendKind.GMV_MAX)]
    read_into(rig.spend, of, rows, at=START)
    assert [row.spend for row in rig.shown().rows] == [Decimal(40)]
    assert [row.spend for row in rig.shown(kind=SpendKind.GMV_MAX).rows] == [Decimal(60)]


def test_spend_is_shown_without_revenue_while_orders_are_away(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    [shop] = rig.connected(0)
    rig.read(shop, (FIRST, "40"), (SECOND, "20"))
    rig.orders.away = True
    shown = rig.shown()
    assert (len(shown.rows), shown.revenue, shown.roas[0].by_orders) == (2, None, None)
    assert "without revenue" in caplog.text


def test_an_order_that_cannot_be_read_is_told_and_holds_up_nothing(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    [shop] = rig.connected(0)
    rig.read(shop, (FIRST, "40"), (SECOND, "20"))
    rig.sold(FIRST, "30", currency=shop.advertiser.currency)
    rig.sold(FIRST, "31", currency=shop.advertiser.currency, attribution="no JSON")
    assert rig.shown().roas[0].by_orders == Decimal("0.5000")
    assert "in no figure" in caplog.text


def test_orders_that_are_made_up_are_the_same_each_time_and_make_a_ratio(rig: Rig) -> None:
    [shop] = rig.connected(0)
    rig.read(shop, (FIRST, "400"), (SECOND, "200"))
    rig.world.container.orders.override(MadeUpOrders(rig.spend))
    rig.world.container.show_spend.reset()
    rig.show = rig.world.container.show_spend()
    shown = rig.shown()
    assert shown.orders == rig.shown().orders
    [roas] = shown.roas
    assert roas.by_orders is not None
    assert 0 < roas.by_orders < 6
    assert shown.orders is not None
    assert any(not is_tiktok_order(order.attribution) for order in shown.orders.orders) or len(shown.orders.orders) < 30
