from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
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
from domain.spend_calendar import Window
from domain.spend_day import DayState, DayUpdate, Flaw, Restatement
from domain.spend_plan import Purpose
from entrypoints.http.pages.amounts import Amounts
from entrypoints.http.pages.spend_day_states import FLAWS
from entrypoints.http.pages.spend_notes import AccountNotes
from support.scriptless_browser import ADDRESS, NORA, THEO, PlainBrowser, demo_settings
from support.stored_spend import read_into, spent
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


def words(text: str) -> str:
    """What a person reads of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())


def ratios(text: str) -> dict[str, str]:
    return {name: words(cell) for name, cell in re.findall(r'class="(roas-\w+)">(.*?)</dd>', text)}


def opened(nora: PlainBrowser, text: str, ratio: str) -> str:
    """The page behind the first ratio of this value, from its parts on."""
    [address, *_] = re.findall(rf'<a href="([^"]+)#parts">{re.escape(ratio)}</a>', text)
    answer = nora.client.get(html.unescape(address), headers={"Accept-Language": "en-GB"})
    assert answer.status_code == 200
    return str(answer.text).partition('id="parts"')[2].partition("</section>")[0]


def cells(text: str, of: str) -> list[str]:
    return [words(cell) for cell in re.findall(rf'<td class="{of}">(.*?)</td>', text)]


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
    assert "Spent US$250.50" in words(text)
    assert ratios(text) == {"roas-orders": "2.00", "roas-claimed": "3.00"}
    assert "5 of 7 days" in text
    assert "TikTok orders on these days1, US$105.00" in words(text)
    assert "home page counts 2 orders as TikTok's" in words(text)
    assert re.search(r"Read until <time [^>]+>10 min ago</time>", text)
    assert "<span>Reading: 34 of 90 days.</span>" in text
    assert f'Days since <time datetime="{WEEK[5]}">' in text
    assert f'Days since <time datetime="{WEEK[5]}">' in shown(nora, days="30")
    assert (text.count('class="closed"'), text.count('class="open"')) == (5, 2)
    taken_apart = opened(nora, text, "2.00")
    assert "W-1" in taken_apart
    assert "W-2" not in taken_apart
    assert "W-3" not in taken_apart
    assert cells(taken_apart, "spend-amount") == 5 * ["US$10.50"]
    assert "US$105.00 / US$52.50 = 2.0000" in words(taken_apart)
    assert "US$157.50 / US$52.50 = 3.0000" in words(taken_apart)


def test_before_anything_is_read_nothing_is_said_of_amounts(nora: PlainBrowser, world: World) -> None:
    shop, other = world.connect("ana", 0, 1, owner=NORA)
    text = words(shown(nora))
    assert "Spent" not in text
    assert text.count("nothing was read yet: its last week comes within a minute") == 2
    read(world, shop, spent(shop.advertiser.id, WEEK[1], "5"))
    text = words(shown(nora, days="7"))
    assert "Spent €5.00" in text
    assert f"{other.advertiser.name}: nothing was read yet" in text
    assert "7 of these 7 days are not yet read of every account, so this sum may lack what was spent then" in text
    looks = re.findall(r'class="(unread|open|closed)"', shown(nora, days="7"))
    assert looks == ["open", *(6 * ["unread"])]
    assert "6 of these 7 days are not yet read of every account" in words(shown(nora, days="7", account=shop.id))


def test_every_ratio_opens_to_what_it_is_made_of(nora: PlainBrowser, world: World, orders: MemoryOrders) -> None:
    account = (shop := connected(world)).advertiser.id
    rows = [spent(account, day, "10", value="31", currency="USD") for day in WEEK[:2]]
    other = spent(account, WEEK[1], "4", campaign="12", name="Summer", currency="USD", value="1")
    read(world, shop, *rows, other)
    noon = datetime(WEEK[1].year, WEEK[1].month, WEEK[1].day, 18, tzinfo=UTC)
    touches: list[dict[str, object]] = [
        {"ttclid": "T", "utm": {"utm_campaign": "Summer"}},
        {"multi_touch": {"last_touch": {"source": "tiktok_ads"}}, "utm": {"utm_campaign": "11"}},
        {"ttclid": "T", "utm": {"utm_campaign": "<i>of last year"}},
    ]
    orders.rows[NORA] = [
        OrderRow(f"W-{number}", noon, Decimal(7 * number), "USD", "completed", touch) for number, touch in enumerate(touches, 1)
    ]
    text = shown(nora, days="7")
    of_all, of_day = opened(nora, text, "1.75"), opened(nora, text, "3.00")
    assert cells(of_all, "total") == ["US$7.00", "US$14.00", "US$21.00"]
    assert "US$42.00 / US$24.00 = 1.7500" in words(of_all)
    assert "TikTok's is the only ad that was clicked" in html.unescape(of_all)
    assert "its last touch was TikTok's ad" in html.unescape(of_all)
    assert "&lt;i&gt;of last year" in of_all
    assert cells(of_day, "total") == ["US$7.00", "US$14.00", "US$21.00"]
    assert cells(of_day, "spend-amount") == ["US$10.00", "US$4.00"]
    of_campaign = opened(nora, text.partition('class="campaigns"')[2], "1.75")
    assert (cells(of_campaign, "total"), cells(of_campaign, "spend-amount")) == (["US$7.00"], ["US$4.00"])
    assert "1 of TikTok's orders, US$21.00, name none of these campaigns" in words(text)
    for query in ({"parts": "EUR"}, {"parts": "USD", "day": WEEK[4].isoformat()}, {"parts": "USD", "campaign": "99"}):
        assert "This ratio is no longer there" in shown(nora, days="7", **query)
    for query in ({"parts": "USD", "day": "no day"}, {"parts": "USD", "part_page": "no page"}):
        assert "US$42.00 / US$24.00 = 1.7500" in words(shown(nora, days="7", **query))


def test_what_a_ratio_is_made_of_comes_in_pages(nora: PlainBrowser, world: World, orders: MemoryOrders) -> None:
    shop = connected(world)
    read(world, shop, spent(shop.advertiser.id, WEEK[1], "10", currency="USD"))
    noon = datetime(WEEK[1].year, WEEK[1].month, WEEK[1].day, 18, tzinfo=UTC)
    orders.rows[NORA] = [
        OrderRow(f"{number:04}", noon, Decimal("0.10"), "USD", "completed", {"ttclid": "T"}) for number in range(501)
    ]
    first = opened(nora, shown(nora, days="7"), "5.01")
    assert (len(cells(first, "total")), "Page 1 of 2" in first) == (500, True)
    [following] = re.findall(r'href="([^"]+)#parts">The next page', first)
    second = nora.client.get(html.unescape(following)).text
    assert len(cells(second, "total")) == 1
    assert "None on this page" in second


def test_a_change_of_a_day_that_had_ended_is_told(nora: PlainBrowser, world: World) -> None:
    account = (shop := connected(world)).advertiser.id
    assert "changed afterwards" not in shown(nora)
    read(world, shop, spent(account, WEEK[1], "10", currency="USD", value="20"))
    store, of = world.container.spend_store(), SpendAccount(NORA, account)
    claim = store.take(of, lease=timedelta(minutes=1))
    assert claim is not None
    [day] = store.days([of], Window(WEEK[1], WEEK[1]))[of]
    row = spent(account, WEEK[1], "8", currency="USD", value="20")
    at = START - timedelta(minutes=5)
    change = Restatement(
        account, SpendKind.AUCTION, WEEK[1], at, store.rows([of], Window(WEEK[1], WEEK[1]))[of][0].figures, row.figures, 1
    )
    assert store.replace(claim, [DayUpdate(replace(day, state=DayState.RESTATED), (row,), change)])
    text = words(shown(nora, days="7").partition('id="changes"')[2].partition("</section>")[0])
    assert "One change" in text
    assert "US$10.00 → US$8.00 as it was 2.00 → 2.50 1" in text
    assert "closed again, after TikTok changed it" in shown(nora, days="7")


@pytest.mark.parametrize(
    ("flaw", "line"),
    [
        (Flaw.UNREADABLE, "one day is incomplete, 27 Dec 2029 the last: TikTok gave an amount that is no number, or too long"),
        (Flaw.CUT, "TikTok left rows out of its answer"),
    ],
)
def test_a_day_that_is_not_whole_says_why(nora: PlainBrowser, world: World, flaw: Flaw, line: str) -> None:
    shop = connected(world)
    row = spent(shop.advertiser.id, WEEK[2], "8", currency="USD")
    read(world, shop, row, state=DayState.PARTIAL, flaw=flaw)
    text = words(shown(nora, days="7"))
    assert line in text
    assert f"incomplete: {FLAWS[flaw]}" in text


def test_a_failed_import_says_why_and_when_it_is_tried_again(nora: PlainBrowser, world: World) -> None:
    shop, other = world.connect("ana", 0, 1, owner=NORA)
    for one in (shop, other):
        read(world, one, spent(one.advertiser.id, WEEK[0], "5"))
    store, of = world.container.spend_store(), SpendAccount(NORA, other.advertiser.id)
    claim = store.take(of, lease=timedelta(minutes=1))
    assert claim is not None
    failed = claim.progress.failed("a report took too long", START, pause=timedelta(minutes=3, seconds=1))
    assert store.settle(claim, failed, due_at=START, purpose=Purpose.RECENT)
    text = words(shown(nora))
    assert f"{other.advertiser.name}: could not be read the last time: a report took too long." in text
    assert "It is tried again by itself, in about 3 min." in text
    assert "Spent €10.00" in text


def test_an_account_without_a_currency_or_a_time_zone_is_shown_with_what_lacks(nora: PlainBrowser, world: World) -> None:
    world.platform.withheld = True
    shop = connected(world)
    read(world, shop, spent(shop.advertiser.id, WEEK[2], "5.5", currency=""), back_to=TODAY - timedelta(days=99))
    text = words(shown(nora, days="7"))
    assert "Spent 5.5 in a currency that TikTok does not tell" in text
    assert "TikTok does not say in which currency it spends" in text
    assert "TikTok does not say in which time zone it is" in text
    assert ratios(shown(nora, days="7")) == {"roas-orders": "-", "roas-claimed": "-"}


def test_spend_that_is_withheld_from_the_dashboard_is_named_with_its_reason(world: World) -> None:
    shop = connected(world)
    read(world, shop, spent(shop.advertiser.id, WEEK[0], "5"))
    shown_here = world.container.show_spend()(NORA, Window(WEEK[0], WEEK[6]))
    [account] = shown_here.accounts
    withheld = replace(shown_here, accounts=[replace(account, hindrance="its currency is EUR, and its owner's stores have GBP")])
    [note] = AccountNotes.of(withheld, Amounts.of("en"), START).notes
    assert (note.account, note.words) == (
        shop.advertiser.name,
        "its spend, or some of it, is not passed on to the dashboard: its currency is EUR, and its owner's stores have GBP.",
    )


def test_days_in_several_zones_have_no_ratio_each_and_the_page_says_so(nora: PlainBrowser, world: World) -> None:
    shop, other = world.connect("ana", 0, 1, owner=NORA)
    for one in (shop, other):
        read(world, one, spent(one.advertiser.id, WEEK[1], "5", value="10"))
    text = shown(nora, days="7")
    assert "These accounts lie in several time zones" in text
    assert "2.00" not in text.partition('class="by-day"')[2].partition("</table>")[0]
    assert ratios(text)["roas-claimed"] == "2.00"
    assert "several time zones" not in shown(nora, days="7", account=shop.id)


def test_amounts_and_days_are_written_as_the_person_does(nora: PlainBrowser, world: World) -> None:
    shop = connected(world)
    read(world, shop, spent(shop.advertiser.id, WEEK[0], "1234.5", currency="KWD"))
    german = nora.client.get(PAGE, headers={"Accept-Language": "de"}).text
    assert "1.234,500\N{NO-BREAK SPACE}KWD" in german
    assert f'<time datetime="{WEEK[0]}">{WEEK[0]:%d.%m.%Y}</time>' in german
    read(world, shop, spent(shop.advertiser.id, WEEK[0], "1234", currency="JPY"))
    assert "JP¥1,234<" in shown(nora)
    read(world, shop, spent(shop.advertiser.id, WEEK[0], "12.3456", currency="USD"))
    assert "US$12.3456" in shown(nora)


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


def test_of_very_many_campaigns_the_dearest_are_listed(nora: PlainBrowser, world: World) -> None:
    account = (shop := connected(world)).advertiser.id
    read(world, shop, *(spent(account, WEEK[0], f"{n}.01", campaign=str(n), name=f"C {n}") for n in range(203)))
    text = words(shown(nora))
    assert "C 3€3.01" in text
    assert "C 2€2.01" not in text
    assert "And 3 more, €3.03 together" in text


def test_gmv_max_stands_apart(nora: PlainBrowser, world: World) -> None:
    shop = connected(world)
    assert "GMV Max" not in shown(nora)
    read(world, shop, spent(shop.advertiser.id, WEEK[0], "60", kind=SpendKind.GMV_MAX), spent(shop.advertiser.id, WEEK[0], "5"))
    text = words(shown(nora))
    assert "Spent €5.00" in text
    assert "Spent €60.00" in text.partition("GMV Max")[2]


def test_span_and_account_are_chosen(nora: PlainBrowser, world: World) -> None:
    shop, other = world.connect("ana", 0, 1, owner=NORA)
    read(world, shop, spent(shop.advertiser.id, WEEK[0], "5"), spent(shop.advertiser.id, TODAY - timedelta(days=60), "3"))
    read(world, other, spent(other.advertiser.id, WEEK[0], "20", campaign="12"))
    assert "Spent €25.00" in words(shown(nora))
    assert "Spent €28.00" in words(shown(nora, days="90"))
    assert "Spent €5.00" in words(shown(nora, account=shop.id))
    assert "Spent €25.00" in words(shown(nora, days="9999"))
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
