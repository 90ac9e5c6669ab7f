"""The promises of the port SpendReports, over the one in memory and over TikTok's client with the simulator behind it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from adapters.clock import SystemClock
from adapters.memory.spend_reports import MemoryBooks, MemorySpendReports
from adapters.tiktok.ad_platform import TikTok
from adapters.tiktok.spend_reports import TikTokSpendReports
from adapters.tiktok_simulator.advertisers import Advertiser as SimulatedAccount
from adapters.tiktok_simulator.planned_answers import PlannedAnswer
from adapters.tiktok_simulator.server import running_simulator
from application.ports.spend_reports import CampaignQuestion, ShopQuestion, SpendReports, TaskState
from domain.ids import AdvertiserId, AppId, CampaignId, ReportTaskId, StoreId
from domain.outcomes import Issued, OurFault, Refused, Throttled, Unavailable
from domain.report_failures import AccountRefused, InvalidMetrics, QueryTooLarge, ReportFailure, ReportTimedOut
from domain.report_pages import PagedReport, ReportPage
from domain.spend import Spend, SpendKind
from domain.spend_calendar import Window
from domain.spend_day import Flaw
from domain.tokens import Secret

ACCOUNT, STRANGE = AdvertiserId("7000000000000009999"), AdvertiserId("7000000000000008888")
FIRST = date(2026, 3, 1)
DAYS = Window(FIRST, FIRST + timedelta(days=29))
SHOP = StoreId("77")
REPORT = "/report/integrated/get/"
FAILURES: dict[str, ReportFailure] = {
    "too large": QueryTooLarge(40067),
    "timed out at TikTok": ReportTimedOut("its own"),
    "throttled": Throttled(),
    "away": Unavailable("maintenance"),
    "a wrong parameter": OurFault(40002),
}
CODES = {"too large": 40067, "timed out at TikTok": 50002, "throttled": 40100, "away": 60001, "a wrong parameter": 40002}


def spent(campaign: str, day: date, amount: str, *, kind: SpendKind = SpendKind.AUCTION, **figures: object) -> Spend:
    """A row as the platform tells it, which counts what nobody did as nought."""
    counted: dict[str, object] = (
        {"impressions": 0, "clicks": 0, "conversions": 0, "purchases": 0, "purchase_value": Decimal(0)}
        if kind is SpendKind.AUCTION
        else {}
    )
    named = CampaignId(campaign)
    return Spend(ACCOUNT, named, f"Campaign {campaign}", day, kind, "KWD", Decimal(amount), **counted | figures)  # type: ignore[arg-type] # of several types


ROWS = [
    spent("11", FIRST, "12.345", impressions=1_000, clicks=20, conversions=3, purchases=2, purchase_value=Decimal("99.005")),
    spent("12", FIRST, "0.001"),
    spent("11", FIRST + timedelta(days=1), "3"),
    *(spent(str(100 + number), FIRST + timedelta(days=2), f"{number}.125") for number in range(9)),
]


@dataclass
class Rig:
    """Reports, and what can be done to the platform from outside."""

    reports: SpendReports
    access: Secret
    happen: Callable[..., None]
    """`rows`, `in_no_campaign`, `shops`, `is_cut`: what there is from now on."""
    fail: Callable[[str], None]
    spoil: Callable[[str], str]
    """Make one of our figures unknown to the platform from now on; returns its name there."""

    def read(self, question: CampaignQuestion) -> PagedReport:
        return paged(lambda page: self.reports.campaign_page(self.access, question, page))


def paged(ask: Callable[[int], ReportPage | ReportFailure]) -> PagedReport:
    report = PagedReport()
    while (number := report.next_page) is not None:
        page = ask(number)
        assert isinstance(page, ReportPage), page
        report = report.with_page(page)
    return report


def in_memory() -> Iterator[Rig]:
    reports = MemorySpendReports(page_size=4)

    def happen(
        rows: Sequence[Spend] = (),
        in_no_campaign: Mapping[date, Decimal] | None = None,
        shops: Mapping[StoreId, Sequence[Spend]] | None = None,
        *,
        is_cut: bool = False,
    ) -> None:
        reports.books = {ACCOUNT: MemoryBooks(rows, in_no_campaign or {}, shops or {}, is_cut)}

    def spoil(figure: str) -> str:
        reports.invalid = frozenset({figure})
        return figure

    happen(ROWS)
    yield Rig(reports, Secret("access"), happen, lambda name: reports.planned.append(FAILURES[name]), spoil)


NAMES = {"conversions": "conversion", "purchases": "complete_payment", "purchase_value": "total_complete_payment_rate"}


def written(row: Spend) -> dict[str, object]:
    """What the simulator is told of a row."""
    figures = {
        name: getattr(row, name) for name in ("spend", "impressions", "clicks", "conversions", "purchases", "purchase_value")
    }
    return {NAMES.get(name, name): str(value) for name, value in figures.items() if value is not None}


def over_http() -> Iterator[Rig]:
    with running_simulator() as simulator:
        own = SimulatedAccount(advertiser_id=ACCOUNT, name="Shop", currency="KWD", timezone="Asia/Kuwait")
        simulator.control.set_accounts("user", [own])

        def happen(
            rows: Sequence[Spend] = (),
            in_no_campaign: Mapping[date, Decimal] | None = None,
            shops: Mapping[StoreId, Sequence[Spend]] | None = None,
            *,
            is_cut: bool = False,
        ) -> None:
            days: dict[str, dict[str, object]] = {day.isoformat(): {} for day in DAYS.days}
            names = {row.campaign: row.campaign_name for row in rows}
            for row in rows:
                days[row.day.isoformat()][str(row.campaign)] = written(row)
            plan: dict[str, object] = {
                "advertiserId": ACCOUNT,
                "campaigns": [
                    {"campaign_id": campaign, "campaign_name": name, "status": "CAMPAIGN_STATUS_DELETE"}
                    for campaign, name in names.items()
                ],
                "days": days,
                "inNoCampaign": {day.isoformat(): str(amount) for day, amount in (in_no_campaign or {}).items()},
                "cutAds": is_cut,
                "gmvMaxStores": [shop_of(store, sold) for store, sold in (shops or {}).items()],
            }
            simulator.control.set_campaigns(plan)

        def fail(name: str) -> None:
            body = {"code": CODES[name], "message": "Something in words.", "data": {}}
            simulator.control.answer(PlannedAnswer(path=REPORT, body=body))

        def spoil(figure: str) -> str:
            name = NAMES[figure]
            body = {"code": 40002, "message": f"Invalid metric fields: ['{name}']", "data": {}}
            simulator.control.answer(PlannedAnswer(path=REPORT, body=body))
            return name

        happen(ROWS)
        clock = SystemClock()
        with (
            TikTok(
                AppId(simulator.app_id),
                Secret(simulator.app_secret),
                redirect_uri="https://dashboard.example/api/auth/tiktok/callback",
                auth_url=simulator.auth_url,
                api_url=simulator.api_url,
                clock=clock,
            ) as platform,
            TikTokSpendReports(api_url=simulator.api_url, clock=clock, page_size=4) as reports,
        ):
            issued = platform.exchange(Secret(simulator.control.grant_code("user", [ACCOUNT])))
            assert isinstance(issued, Issued)
            yield Rig(reports, issued.access, happen, fail, spoil)


def shop_of(store: StoreId, sold: Sequence[Spend]) -> dict[str, object]:
    """A shop of the simulator, whose campaigns sell the same each day."""
    by_campaign = defaultdict(list)
    for row in sold:
        by_campaign[row.campaign].append(row)
    campaigns = [
        {
            "campaign_id": campaign,
            "campaign_name": rows[0].campaign_name,
            "costPerDay": str(rows[0].spend),
            "ordersPerDay": rows[0].purchases,
            "grossRevenuePerDay": str(rows[0].purchase_value),
        }
        for campaign, rows in by_campaign.items()
    ]
    return {"store_id": store, "campaigns": campaigns}


@pytest.fixture(params=[in_memory, over_http])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    yield from request.param()


def question(window: Window = DAYS, *campaigns: str, without: frozenset[str] = frozenset()) -> CampaignQuestion:
    return CampaignQuestion(ACCOUNT, window, tuple(CampaignId(one) for one in campaigns), without)


def by_key(rows: Sequence[Spend]) -> dict[tuple[str | None, date], Spend]:
    return {(row.campaign, row.day): row for row in rows}


def test_every_figure_of_every_campaign_is_exact_deleted_ones_and_all_pages_included(rig: Rig) -> None:
    report = rig.read(question())
    assert report.flaw is None
    assert len(report.pages) == 3
    assert by_key(report.rows) == by_key(ROWS)
    assert not report.sum_differs
    assert report.pages[0].total_spend == sum(row.spend for row in ROWS)


def test_only_the_days_and_campaigns_that_were_asked_for_are_told(rig: Rig) -> None:
    first = Window(FIRST, FIRST)
    assert by_key(rig.read(question(first)).rows) == by_key(ROWS[:2])
    assert by_key(rig.read(question(DAYS, "11", "no such")).rows) == by_key([ROWS[0], ROWS[2]])


def test_days_without_spend_are_a_report_without_rows(rig: Rig) -> None:
    last = Window(DAYS.last, DAYS.last)
    report = rig.read(question(last))
    assert (report.rows, report.flaw) == ((), None)
    assert rig.reports.control_totals(rig.access, ACCOUNT, last) in ({}, {DAYS.last: Decimal(0)})


def test_the_accounts_own_totals_have_what_no_campaign_has(rig: Rig) -> None:
    rig.happen(ROWS, {FIRST: Decimal("7.255"), FIRST + timedelta(days=5): Decimal(1)})
    totals = rig.reports.control_totals(rig.access, ACCOUNT, DAYS)
    assert isinstance(totals, Mapping), totals
    assert {day: amount for day, amount in totals.items() if amount} == {
        FIRST: Decimal("19.601"),
        FIRST + timedelta(days=1): Decimal(3),
        FIRST + timedelta(days=2): sum(row.spend for row in ROWS[3:]),
        FIRST + timedelta(days=5): Decimal(1),
    }


def test_a_cut_report_says_so_and_is_whole_by_campaigns(rig: Rig) -> None:
    rig.happen(ROWS, is_cut=True)
    report = rig.read(question())
    assert report.flaw is Flaw.CUT
    campaigns: list[CampaignId] = []
    page = 1
    while True:
        listed = rig.reports.campaign_list(rig.access, ACCOUNT, page)
        assert not isinstance(listed, ReportFailure)
        campaigns += listed.campaigns
        if page >= listed.total_pages:
            break
        page += 1
    assert len(campaigns) == listed.total_campaigns == len({row.campaign for row in ROWS})
    assert by_key(rig.read(question(DAYS, *campaigns)).rows) == by_key(ROWS)


def test_a_report_that_was_ordered_comes_whole_and_in_its_own_time(rig: Rig) -> None:
    rig.happen(ROWS, is_cut=True)
    task = rig.reports.order_report(rig.access, question())
    assert isinstance(task, str), task
    states = [rig.reports.report_state(rig.access, ACCOUNT, ReportTaskId(task))]
    while states[-1] is not TaskState.DONE:
        assert states[-1] is TaskState.UNDER_WAY
        states.append(rig.reports.report_state(rig.access, ACCOUNT, ReportTaskId(task)))
    report = paged(lambda _: rig.reports.ordered_report(rig.access, question(), ReportTaskId(task)))
    assert report.flaw is None
    assert by_key(report.rows) == by_key(ROWS)


def test_a_report_that_is_not_there_or_not_done_is_no_report(rig: Rig) -> None:
    task = rig.reports.order_report(rig.access, question())
    assert isinstance(task, str)
    for one in (ReportTaskId(task), ReportTaskId("123")):
        assert isinstance(rig.reports.ordered_report(rig.access, question(), one), OurFault)


def test_a_metric_that_the_platform_does_not_know_is_named_and_left_out(rig: Rig) -> None:
    name = rig.spoil("purchase_value")
    failure = rig.reports.campaign_page(rig.access, question(), 1)
    assert failure == InvalidMetrics(frozenset({name}), 40002)
    report = rig.read(question(without=frozenset({name})))
    assert by_key(report.rows) == by_key([replace(row, purchase_value=None) for row in ROWS])


@pytest.mark.parametrize("name", FAILURES)
def test_what_goes_wrong_is_told_apart(name: str, rig: Rig) -> None:
    rig.fail(name)
    assert type(rig.reports.campaign_page(rig.access, question(), 1)) is type(FAILURES[name])
    assert rig.read(question()).flaw is None


def test_an_account_out_of_reach_is_not_a_dead_token(rig: Rig) -> None:
    strange = CampaignQuestion(STRANGE, DAYS)
    assert rig.reports.campaign_page(rig.access, strange, 1) == AccountRefused(40001)
    assert rig.reports.control_totals(rig.access, STRANGE, DAYS) == AccountRefused(40001)
    assert rig.reports.campaign_list(rig.access, STRANGE, 1) == AccountRefused(40001)
    assert rig.reports.stores(rig.access, STRANGE) == AccountRefused(40001)


def test_a_dead_token_is_refused(rig: Rig) -> None:
    dead = Secret("dead")
    if isinstance(rig.reports, MemorySpendReports):
        rig.reports.dead.add("dead")
    assert isinstance(rig.reports.campaign_page(dead, question(), 1), Refused)
    assert isinstance(rig.reports.order_report(dead, question()), Refused)


def test_gmv_max_is_found_and_read_shop_by_shop(rig: Rig) -> None:
    sold = [
        spent(campaign, day, amount, kind=SpendKind.GMV_MAX, purchases=4, purchase_value=Decimal("55.5"))
        for campaign, amount in (("91", "10.25"), ("92", "0.5"))
        for day in DAYS.days[:3]
    ]
    rig.happen(ROWS, shops={SHOP: sold})
    assert rig.reports.stores(rig.access, ACCOUNT) == (SHOP,)
    asked = ShopQuestion(ACCOUNT, SHOP, Window(DAYS.first, DAYS.days[2]))
    report = paged(lambda page: rig.reports.gmv_max_page(rig.access, asked, page))
    assert report.flaw is None
    assert by_key(report.rows) == by_key(sold)
    assert by_key(rig.read(question()).rows) == by_key(ROWS), "and it is in no other report"
    unknown = replace(asked, store=StoreId("78"))
    assert isinstance(rig.reports.gmv_max_page(rig.access, unknown, 1), OurFault)
