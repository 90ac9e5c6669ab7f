from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from adapters.memory.orders import MemoryOrders, OrderRow
from application.ports.spend_store import SpendAccount
from domain.advertiser import Connection
from domain.spend import Spend, SpendKind
from domain.spend_day import DayState
from support.scriptless_browser import ADDRESS, NORA, THEO, PlainBrowser, demo_settings
from support.spent import read_into, spent
from support.world import START, World

PAGE = "/dashboard/platforms/tiktok/spend"
TODAY = START.date() - timedelta(days=1)
"""In New York, where the account is."""
WEEK = [TODAY - timedelta(days=ago) for ago in range(6, -1, -1)]


@pytest.fixture
def orders() -> MemoryOrders:
    return MemoryOrders()


@pytest.fixture
def browser(world: World, orders: MemoryOrders, tmp_path: Path) -> Iterator[PlainBrowser]:
    """A browser at the demo whose shop's orders the test writes, nobody signed in."""
    app: Litestar = world.over(demo_settings(tmp_path), orders=orders).app
    with TestClient(app, base_url=ADDRESS) as client:
        yield PlainBrowser(client, world)


def connected(world: World) -> Connection:
    [connection] = world.connect("ana", 0, owner=NORA)
    return connection


def read(world: World, connection: Connection, *rows: Spend, **more: Any) -> None:
    of = SpendAccount(NORA, connection.advertiser.id)
    read_into(world.container.spend_store(), of, rows, at=START - timedelta(minutes=10), **more)


def shown(nora: PlainBrowser, language: str = "en-GB", **query: str) -> str:
    answer = nora.client.get(PAGE, params=query, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return " ".join(re.sub(r"\s+", " ", answer.text).split())


def ratios(text: str) -> dict[str, str]:
    return dict(re.findall(r'class="(roas-\w+)">([^<]*)<', text))


def test_without_an_account_the_page_says_how_to_begin(nora: PlainBrowser) -> None:
    assert "Connect an account" in shown(nora)


def test_spend_both_ratios_and_how_far_it_is_read(nora: PlainBrowser, world: World, orders: MemoryOrders) -> None:
    shop = connected(world)
    rows = [spent(shop.advertiser.id, day, "10.50", value="31.5", currency="USD") for day in WEEK[:5]]
    read(world, shop, *rows, days=WEEK[:5], back_to=TODAY - timedelta(days=33))
    late = [spent(shop.advertiser.id, day, "99", currency="USD") for day in WEEK[5:]]
    read(world, shop, *late, state=DayState.PROVISIONAL, back_to=TODAY - timedelta(days=33))
    noon = datetime(WEEK[1].year, WEEK[1].month, WEEK[1].day, 18, tzinfo=UTC)
    orders.rows[NORA] = [
        OrderRow("W-1", noon, Decimal("105.00"), "USD", "completed", {"ttclid": "T", "utm": {"utm_campaign": "11"}}),
        OrderRow("W-2", noon, Decimal("7.00"), "USD", "completed", {"ttclid": "T", "last_touch": {"gclid": "G"}}),
        OrderRow("W-3", noon + timedelta(days=4), Decimal("900.00"), "USD", "completed", {"ttclid": "T"}),
    ]
    text = shown(nora, days="7")
    assert "Spent US$250.50" in text
    assert ratios(text) == {"roas-orders": "2.00", "roas-claimed": "3.00"}
    assert "5 of 7 days" in text
    assert "1, US$105.00; the dashboard's home page counts 2" in text
    assert re.search(r"Read until <time [^>]+>10 min ago</time>", text)
    assert "<span>Reading: 34 of 90 days.</span>" in text
    assert f'Days since <time datetime="{WEEK[5]}">' in text
    assert f'Days since <time datetime="{WEEK[5]}">' in shown(nora, days="30")
    assert (text.count('class="closed"'), text.count('class="open"')) == (5, 2)
    taken_apart = shown(nora, days="7", parts="USD").partition('id="parts"')[2]
    assert "W-1" in taken_apart
    assert "W-2" not in taken_apart
    assert "W-3" not in taken_apart
    assert taken_apart.count("US$10.50") == 5
    assert "US$99.00" not in taken_apart


def test_amounts_are_written_as_the_person_does(nora: PlainBrowser, world: World) -> None:
    shop = connected(world)
    read(world, shop, spent(shop.advertiser.id, WEEK[0], "1234.5", currency="KWD"))
    assert "1.234,500\N{NO-BREAK SPACE}KWD" in nora.client.get(PAGE, headers={"Accept-Language": "de"}).text
    read(world, shop, spent(shop.advertiser.id, WEEK[0], "1234", currency="JPY"))
    assert "JP¥1,234" in shown(nora)


def test_campaigns_stand_by_spend_and_what_is_in_none_is_named(nora: PlainBrowser, world: World) -> None:
    account = (shop := connected(world)).advertiser.id
    rows = (
        spent(account, WEEK[0], "1", name="Small"),
        spent(account, WEEK[0], "20", campaign="12", name="<b>Large</b>" + "x" * 10_000),
        spent(account, WEEK[0], "0.40", campaign=None),
    )
    read(world, shop, *rows)
    text = shown(nora)
    assert text.index("&lt;b&gt;Large") < text.index("Small") < text.index("In no campaign")
    assert len(text) < 60_000


def test_gmv_max_stands_apart(nora: PlainBrowser, world: World) -> None:
    shop = connected(world)
    assert "GMV Max" not in shown(nora)
    read(world, shop, spent(shop.advertiser.id, WEEK[0], "60", kind=SpendKind.GMV_MAX), spent(shop.advertiser.id, WEEK[0], "5"))
    text = shown(nora)
    assert "Spent €5.00" in text
    assert "€60.00" in text.partition("GMV Max")[2]


def test_span_and_account_are_chosen(nora: PlainBrowser, world: World) -> None:
    shop, other = world.connect("ana", 0, 1, owner=NORA)
    read(world, shop, spent(shop.advertiser.id, WEEK[0], "5"), spent(shop.advertiser.id, TODAY - timedelta(days=60), "3"))
    read(world, other, spent(other.advertiser.id, WEEK[0], "20", campaign="12"))
    assert "Spent €25.00" in shown(nora)
    assert "Spent €28.00" in shown(nora, days="90")
    assert "Spent €5.00" in shown(nora, account=shop.id)
    assert "Spent €25.00" in shown(nora, days="9999")
    assert nora.get(PAGE, account="nobody's").status_code == 404


def test_nobody_sees_the_spend_of_others(nora: PlainBrowser, world: World) -> None:
    shop = connected(world)
    read(world, shop, spent(shop.advertiser.id, WEEK[0], "5"))
    nora.sign_in(THEO)
    assert "Spent" not in shown(nora)
    assert nora.get(PAGE, account=shop.id).status_code == 404


def test_while_orders_cannot_be_read_there_is_no_ratio_by_orders(nora: PlainBrowser, world: World, orders: MemoryOrders) -> None:
    shop = connected(world)
    orders.away = True
    read(world, shop, *(spent(shop.advertiser.id, day, "5", value="10") for day in WEEK))
    text = shown(nora, days="7")
    assert ratios(text) == {"roas-orders": "-", "roas-claimed": "2.00"}
    assert "Your shop's orders can't be read here" in text


def test_whoever_is_not_signed_in_signs_in_first(browser: PlainBrowser) -> None:
    answer = browser.get(PAGE)
    assert (answer.status_code, answer.headers["location"].endswith("callbackUrl=%2Fdashboard%2Fplatforms%2Ftiktok%2Fspend")) == (
        307,
        True,
    )
