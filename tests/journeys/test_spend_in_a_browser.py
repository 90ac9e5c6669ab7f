"""From Connect to ROAS in a real browser: the demo's page of spend beside the books of its simulator."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from support.demo_in_browser import Demo, consent, sign_in, watched

expect.set_options(timeout=20_000)  # milliseconds

WITHIN_A_MINUTE = 60
"""Seconds from the click on Connect to the first chart."""

LOOK_TAKES = 45
"""Seconds until the demo has looked again: it looks every 15, and the machine is shared."""

DAY = timedelta(days=1)
KEPT, DELETED = "1790000000000000011", "1790000000000000012"


@dataclass
class Books:
    """What an account did, as the simulator is told it, and as nobody calculates it but this test."""

    account: str
    currency: str
    zone: str
    unit: Decimal
    """The smallest amount."""
    names: dict[str, str] = field(default_factory=lambda: {KEPT: "Autumn", DELETED: "Launch"})
    deleted: bool = False
    spend: dict[date, dict[str, Decimal]] = field(default_factory=dict)
    in_no_campaign: dict[date, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for ago in range(-1, 100):
            day = self.today - ago * DAY
            amounts = [(day.toordinal() * factor % 8_999 + 1) * self.unit for factor in (7919, 104_729)]
            self.spend[day] = dict(zip((KEPT, DELETED), amounts, strict=True)) if day.day % 7 else {}
        self.in_no_campaign[self.today - 3 * DAY] = 107 * self.unit

    @property
    def today(self) -> date:
        return datetime.now(ZoneInfo(self.zone)).date()  # noqa: TID251 (the demo runs by the machine's clock)

    def total(self, first: date, last: date) -> Decimal:
        """Of these days, up to the account's own today."""
        days = [day for day in self.spend if first <= day <= min(last, self.today)]
        return sum((self.of_day(day) for day in days), Decimal(0))

    def of_day(self, day: date) -> Decimal:
        return sum(self.spend[day].values(), self.in_no_campaign.get(day, Decimal(0)))

    def publish(self, demo: Demo) -> None:
        """Tell the simulator all of it."""
        statuses = {KEPT: "CAMPAIGN_STATUS_ENABLE", DELETED: f"CAMPAIGN_STATUS_{'DELETE' if self.deleted else 'ENABLE'}"}
        plan = {
            "advertiserId": self.account,
            "campaigns": [{"campaign_id": id_, "campaign_name": self.names[id_], "status": statuses[id_]} for id_ in self.names],
            "days": {
                day.isoformat(): {campaign: metrics(amount, self.unit) for campaign, amount in amounts.items()}
                for day, amounts in self.spend.items()
            },
            "inNoCampaign": {day.isoformat(): str(amount) for day, amount in self.in_no_campaign.items()},
            "gmvMaxStores": [],
        }
        httpx.post(f"{demo.simulator}/_sim/campaigns", json=plan).raise_for_status()


def metrics(spend: Decimal, unit: Decimal) -> dict[str, object]:
    worth = (spend * Decimal("2.37")).quantize(unit)
    return {
        "spend": str(spend),
        "impressions": 900,
        "clicks": 11,
        "complete_payment": 2,
        "total_complete_payment_rate": str(worth),
    }


def amount(text: str) -> Decimal:
    """An amount as the page writes it in English."""
    return Decimal(re.sub(r"[^\d.-]", "", text))


def amounts(cells: Locator) -> list[Decimal]:
    return [amount(text) for text in cells.all_inner_texts() if text != "-"]


def times(elements: Locator) -> list[str]:
    stamps: list[str] = elements.evaluate_all("several => several.map(one => one.dateTime)")
    return stamps


@dataclass
class SpendPage:
    """The page, which is looked at again and again, since it has no script."""

    page: Page
    demo: Demo

    def open(self, **query: str) -> None:
        self.page.goto(f"{self.demo.address}/dashboard/platforms/tiktok/spend?{urlencode(query)}")

    def until(self, true: Callable[[], bool], *, within: float, **query: str) -> None:
        deadline = time.monotonic() + within
        while True:
            self.open(**query)
            if true():
                return
            assert time.monotonic() < deadline, self.page.locator("main").inner_text()
            time.sleep(0.5)

    def section(self, currency: str) -> Locator:
        return self.page.locator(f"section[data-currency='{currency}']")

    def window(self) -> tuple[date, date]:
        first, last, *_ = times(self.page.locator(".scale time"))
        return date.fromisoformat(first), date.fromisoformat(last)

    def shows(self, *books: Books) -> bool:
        """Whether the totals are those of the books, to the last digit."""
        if any(self.section(one.currency).count() == 0 for one in books):
            return False
        first, last = self.window()
        return all(amount(self.section(one.currency).locator(".spent").inner_text()) == one.total(first, last) for one in books)


def rounded(value: Decimal, spend: Decimal) -> Decimal:
    return (value / spend).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)


def check_ratio(page: Page, books: dict[str, Books], address: str, shown: set[str]) -> None:
    """The ratios that the page shows for an address, from the rows to which it opens."""
    page.goto(address)
    parts = page.locator("#parts")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    sold, spent = amounts(parts.locator("table.orders td.total")), amounts(parts.locator("table.rows td.spend-amount"))
    claimed = amounts(parts.locator("table.rows td.claim"))
    by_orders, by_claim = (
        rounded(sum(sold, Decimal(0)), sum(spent, Decimal(0))),
        rounded(sum(claimed, Decimal(0)), sum(spent, Decimal(0))),
    )
    assert amount(parts.locator(".by-orders b").inner_text()) == by_orders, address
    assert amount(parts.locator(".claimed b").inner_text()) == by_claim, address
    both = {by_orders, by_claim}
    assert all(any(abs(amount(text) - ratio) <= Decimal("0.00505") for ratio in both) for text in shown), (address, shown, both)
    of_books = books[asked["parts"]]
    days = {date.fromisoformat(text) for text in times(parts.locator("table.rows time"))}
    sold_on = [date.fromisoformat(text) for text in times(parts.locator("table.orders td.day time"))]
    placed_at = [datetime.fromisoformat(text) for text in times(parts.locator("table.orders td.placed time"))]
    assert sold_on == [at.astimezone(ZoneInfo(of_books.zone)).date() for at in placed_at], address
    if "campaign" in asked:
        assert sum(spent) == sum(of_books.spend[day].get(asked["campaign"], Decimal(0)) for day in days), address
    else:
        assert sum(spent) == sum(of_books.of_day(day) for day in days), address
    if "day" in asked:
        assert days == {date.fromisoformat(asked["day"])} >= set(sold_on), address


def ratio_links(page: Page, demo: Demo) -> dict[str, set[str]]:
    """What the page shows as ratios, by the address to which each opens."""
    links: dict[str, set[str]] = {}
    for link in page.locator("a[href*='parts=']").all():
        address = demo.address + (link.get_attribute("href") or "")
        links.setdefault(address, set()).add(link.text_content() or "")
    return links


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return Demo(tmp_path)


@pytest.mark.timeout(240)
def test_a_minute_after_connect_there_is_a_chart_whose_sums_and_ratios_are_right(demo: Demo, context: BrowserContext) -> None:
    europe = Books("7000000000000001001", "EUR", "Europe/Berlin", Decimal("0.01"))
    japan = Books("7000000000000001003", "JPY", "Asia/Tokyo", Decimal(1))
    of_currency = {books.currency: books for books in (europe, japan)}
    page = context.new_page()
    nothing_wrong, spend = watched(page), SpendPage(page, demo)
    with demo.running():
        europe.publish(demo)
        japan.publish(demo)
        sign_in(page, demo, "Nora")
        consent(page, "ana")
        page.get_by_label("Acme Shoes Europe").check()
        page.get_by_label("Acme Shoes Japan").check()
        page.get_by_role("button", name="Connect the chosen accounts").click()

        spend.until(lambda: spend.shows(europe, japan), within=WITHIN_A_MINUTE, days="7")
        charts = page.locator("svg.chart")
        assert charts.count() == 2
        assert charts.first.locator("rect").count() == 7
        behind = spend.section("EUR").locator(".by-day tbody tr td:nth-child(2)").all_text_contents()
        assert (len(behind), sum(amount(text) for text in behind)) == (7, europe.total(*spend.window())), (
            "the table behind the chart"
        )
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") == 360, "on a phone nothing is to be scrolled sideways"
        page.set_viewport_size({"width": 1280, "height": 720})
        expect(spend.section("EUR").locator("table.campaigns")).to_contain_text("In no campaign")
        first, last = spend.window()
        reported = page.request.get(f"{demo.address}/api/spend?from={first}&to={last}").json()
        totals = {one["currency"]: Decimal(one["spend"]) for one in reported["totals"]}
        assert totals == {books.currency: books.total(first, last) for books in of_currency.values()}

        links = ratio_links(page, demo)
        assert {tuple(sorted(parse_qs(urlsplit(one).query).keys() & {"day", "campaign"})) for one in links} == {
            (),
            ("day",),
            ("campaign",),
        }
        for address, shown in links.items():
            check_ratio(page, of_currency, address, shown)
        for one in reported["roas"]:
            page.goto(f"{demo.address}/dashboard/platforms/tiktok/spend?days=7&parts={one['currency']}")
            expect(page.locator("#parts .claimed b")).to_have_text(one["claimed"])

        yesterday = europe.today - DAY
        before = europe.of_day(yesterday)
        europe.spend[yesterday] = {KEPT: Decimal("321.09"), DELETED: Decimal("0.01")}
        europe.names[KEPT] = "Autumn, renamed"
        europe.deleted = True
        europe.publish(demo)
        spend.until(lambda: spend.shows(europe, japan), within=LOOK_TAKES, days="7")
        page.locator("#changes summary").click()
        expect(page.locator("#changes")).to_contain_text(f"€{before:,.2f} → €321.10")
        campaigns = spend.section("EUR").locator("table.campaigns")
        expect(campaigns).to_contain_text("Launch")
        expect(campaigns).to_contain_text("Autumn, renamed")
        rows = page.request.get(f"{demo.address}/api/spend?from={first}&to={last}").json()["rows"]
        assert {row["campaignName"] for row in rows if row["campaignId"] == KEPT and row["currency"] == "EUR"} == {
            "Autumn, renamed"
        }

        spend.until(lambda: "Reading:" not in page.locator("#progress").inner_text(), within=WITHIN_A_MINUTE, days="90")
        assert spend.shows(europe, japan)
        nothing_wrong()
