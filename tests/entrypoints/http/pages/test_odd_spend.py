"""What is odd about one account, from TikTok's answers over an import to the page: a line each, and nothing else held up."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from litestar.testing import TestClient

from adapters.memory.orders import MemoryOrders, OrderRow
from adapters.tiktok_simulator.advertisers import Advertiser
from domain.consent import Choosing
from domain.ids import OwnerId
from domain.tokens import Secret
from entrypoints.http.app import create_app
from support.deployment import BROWSER, Deployment, deployment
from support.session_cookies import AUTH_SECRET, a_session_cookie

ANNA = OwnerId("anna")
COOKIE = "authjs.session-token"
SPENT_DAILY = Decimal("1.25")
NAMES = ("Healthy", "Overflow", "Long name", "Nowhere", "Lost")
ACCOUNTS = {
    name: Advertiser(
        advertiser_id=str(7_000_000_000_000_070_000 + number),
        name=name,
        currency="" if name == "Nowhere" else "USD",
        timezone="" if name == "Nowhere" else "Etc/UTC",
    )
    for number, name in enumerate(NAMES)
}


@dataclass
class Oddities:
    """A person whose accounts are odd in one way each, but for the first."""

    here: Deployment
    orders: MemoryOrders

    @property
    def today(self) -> date:
        return self.here.container.clock().now().date()

    def plan(self, name: str, *, campaign: str = "Spring", days: dict[date, str] | None = None) -> None:
        """What the account spends each day, but for some."""
        spent = {self.today - timedelta(days=ago): str(SPENT_DAILY) for ago in range(-1, 30)} | (days or {})
        number = f"{ACCOUNTS[name].advertiser_id[-3:]}1"
        figures = {day.isoformat(): {number: {"spend": amount}} for day, amount in spent.items()}
        plan = {
            "advertiserId": ACCOUNTS[name].advertiser_id,
            "campaigns": [{"campaign_id": number, "campaign_name": campaign}],
            "days": figures,
            "gmvMaxStores": [],
        }
        self.here.tiktok.control.set_campaigns(plan)

    def connect(self) -> None:
        container = self.here.container
        url = container.begin_connect()(ANNA, BROWSER)
        ids = [account.advertiser_id for account in ACCOUNTS.values()]
        query = parse_qs(urlsplit(self.here.tiktok.control.consent(url, user="odd", advertiser_ids=ids)).query)
        ending = container.complete_connect()(ANNA, BROWSER, state=query["state"][0], code=Secret(query["auth_code"][0]))
        assert isinstance(ending, Choosing), ending
        offer = container.select_accounts().offered(ANNA, ending.offer)
        container.select_accounts()(ANNA, offer.id, [one.id for one in offer.selectable])

    def run(self) -> None:
        """Import all; one account is lost after its first days were read."""

        def stopping() -> bool:
            """Asked between calls: what happens meanwhile happens here."""
            read = {one.of.account for one in self.here.container.spend_store().imports(ANNA) if one.progress.read_back_to}
            if ACCOUNTS["Lost"].advertiser_id in read:
                left = [account for name, account in ACCOUNTS.items() if name != "Lost"]
                self.here.tiktok.control.set_accounts("odd", left)
            return False

        self.here.container.import_spend()(for_at_most=timedelta(seconds=60), stopping=stopping)

    def page(self, **query: str) -> str:
        """What a person reads."""
        cookie = a_session_cookie(name=COOKIE, id=ANNA, now=self.here.container.clock().now())
        with TestClient(create_app(self.here.container), base_url=self.here.address) as client:
            address = "/dashboard/platforms/tiktok/spend"
            answer = client.get(address, params=query, headers={"Cookie": f"{COOKIE}={cookie}", "Accept-Language": "en-GB"})
        assert answer.status_code == 200, answer.text
        return " ".join(html.unescape(re.sub(r"<[^>]+>", "", answer.text)).split())


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Oddities]:
    environ = {"AUTH_SECRET": AUTH_SECRET.reveal(), "TIKTOK_QPS": "200", "SPEND_BACKFILL_DAYS": "20"}
    with deployment(tmp_path, environ=environ) as here:
        here.tiktok.control.set_accounts("odd", list(ACCOUNTS.values()))
        here.container.orders.override(orders := MemoryOrders())
        yield Oddities(here, orders)


def test_each_oddity_has_a_line_of_its_own_and_holds_up_nothing_else(odd: Oddities) -> None:
    bad_days = {odd.today - timedelta(days=3): "9" * 40, odd.today - timedelta(days=4): "1e400"}
    for name in NAMES:
        odd.plan(name)
    odd.plan("Overflow", days=bad_days)
    odd.plan("Long name", campaign="<b>Spring</b>" + "n" * 10_000)
    odd.connect()
    noon = datetime.combine(odd.today - timedelta(days=5), datetime.min.time(), UTC) + timedelta(hours=12)
    odd.orders.rows[ANNA] = [
        OrderRow("1", noon, Decimal(10), "USD", "completed", {"ttclid": "T"}),
        OrderRow("2", noon, Decimal(20), "USD", "completed", "no JSON object"),
    ]
    odd.run()

    text = odd.page(days="7")
    assert "Overflow: 2 days are incomplete" in text
    assert "TikTok gave an amount that is no number, or too long to be kept" in text
    assert "Nowhere: TikTok does not say in which currency it spends" in text
    assert "Nowhere: TikTok does not say in which time zone it is" in text
    assert "Lost: could not be read the last time: the platform does not let this connection read the account's reports" in text
    assert "1 paid order can't be read, and is in no figure" in text
    assert "<b>Spring</b>n" in text
    assert len(text) < 20_000

    of_account = {view.connection.advertiser.label: view.connection.id for view in odd.here.container.list_connections()(ANNA)}
    for name in ("Healthy", "Long name", "Lost"):
        assert "Spent US$8.75" in odd.page(days="7", account=of_account[name]), name
    assert "Spent US$6.25" in odd.page(days="7", account=of_account["Overflow"]), "but for the days that are incomplete"
    assert "in a currency that TikTok does not tell" in odd.page(days="7", account=of_account["Nowhere"])
