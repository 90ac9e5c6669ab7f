"""TikTok's reports where they are odd: what was seen of them, and what must never be believed."""

import json
import logging
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from adapters.clock import SystemClock
from adapters.tiktok.spend_reports import TikTokSpendReports
from adapters.tiktok_simulator.planned_answers import PlannedAnswer
from adapters.tiktok_simulator.running_simulator import RunningSimulator
from adapters.tiktok_simulator.server import running_simulator
from application.ports.spend_reports import CampaignQuestion, TaskState
from domain.ids import AdvertiserId, CampaignId, ReportTaskId
from domain.outcomes import NotPermitted, OurFault, PathMissing, Unavailable
from domain.report_failures import AccountRefused, InvalidMetrics, ReportTimedOut
from domain.report_pages import ReportPage, UnreadableRow
from domain.spend_calendar import Window
from domain.tokens import Secret

ACCOUNT = AdvertiserId("7000000000000009999")
DAY = date(2026, 3, 1)
QUESTION = CampaignQuestion(ACCOUNT, Window(DAY, DAY + timedelta(days=1)))
ACCESS = Secret("an-access-token-of-this-test")
REPORT = "/report/integrated/get/"
A_TOTAL: dict[str, object] = {"dimensions": {"stat_time_day": "2026-03-01"}, "metrics": {"spend": "1"}}


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def reports(simulator: RunningSimulator) -> Iterator[TikTokSpendReports]:
    simulator.control.reset()
    with TikTokSpendReports(api_url=simulator.api_url, clock=SystemClock(), timeout=timedelta(seconds=1)) as client:
        yield client


def a_row(campaign: object = "11", day: str = "2026-03-01 00:00:00", **metrics: object) -> dict[str, object]:
    return {"dimensions": {"campaign_id": campaign, "stat_time_day": day}, "metrics": {"spend": "1.00", **metrics}}


def a_report(*rows: dict[str, object], **data: object) -> dict[str, object]:
    pages = {"page": 1, "page_size": 1000, "total_number": len(rows), "total_page": 1}
    return {"code": 0, "message": "OK", "data": {"list": list(rows), "page_info": pages, **data}}


def answered(
    simulator: RunningSimulator,
    reports: TikTokSpendReports,
    body: object,
    *,
    path: str = REPORT,
    headers: dict[str, str] | None = None,
) -> object:
    text = body if isinstance(body, str) else json.dumps(body)
    simulator.control.answer(PlannedAnswer(path=path, body_text=text, headers=headers or {}))
    return reports.campaign_page(ACCESS, QUESTION, 1)


def page_of(answer: object) -> ReportPage:
    assert isinstance(answer, ReportPage), answer
    return answer


def test_a_question_is_put_as_tiktok_wants_it(simulator: RunningSimulator, reports: TikTokSpendReports) -> None:
    asked = CampaignQuestion(ACCOUNT, QUESTION.window, (CampaignId("11"), CampaignId("12")), frozenset({"clicks"}))
    reports.campaign_page(ACCESS, asked, 2)
    [seen] = simulator.control.requests(REPORT)
    query = dict(seen.query)
    assert {name: query[name] for name in ("report_type", "data_level", "start_date", "end_date", "page", "page_size")} == {
        "report_type": "BASIC", "data_level": "AUCTION_CAMPAIGN", "start_date": "2026-03-01", "end_date": "2026-03-02",
        "page": "2", "page_size": "1000",
    }  # fmt: skip
    assert (query["order_field"], query["enable_total_metrics"]) == ("spend", "true")
    assert json.loads(query["filtering"]) == [
        {"field_name": "campaign_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'},
        {"field_name": "campaign_ids", "filter_type": "IN", "filter_value": '["11","12"]'},
    ]
    assert "spend" in json.loads(query["metrics"])
    assert "clicks" not in json.loads(query["metrics"])
    assert ACCESS.reveal() not in json.dumps(query)


def test_numbers_that_come_as_json_numbers_keep_every_digit(simulator: RunningSimulator, reports: TikTokSpendReports) -> None:
    body = json.dumps(a_report(a_row(spend="?", total_complete_payment_rate="?", clicks=7))).replace('"?"', "123456789012.100001")
    [row] = page_of(answered(simulator, reports, body)).rows
    assert (row.spend, row.purchase_value, row.clicks) == (Decimal("123456789012.100001"), Decimal("123456789012.100001"), 7)


def test_what_tiktok_does_not_tell_is_none_and_never_nought(simulator: RunningSimulator, reports: TikTokSpendReports) -> None:
    told = a_row(spend="-", impressions="-", clicks="<5", conversion="", complete_payment=None, total_complete_payment_rate="0")
    [row] = page_of(answered(simulator, reports, a_report(told))).rows
    assert (row.spend, row.purchase_value) == (Decimal(0), Decimal(0))
    assert {row.impressions, row.clicks, row.conversions, row.purchases} == {None}
    assert (row.campaign_name, row.currency) == ("", "")


@pytest.mark.parametrize("spend", ["<5", "", None, "1e5", "1,50", "9999999999999", "0.0000001", True, [], "9" * 5_000])
def test_a_spend_that_cannot_be_kept_is_no_nought_and_costs_its_own_day_alone(
    spend: object, simulator: RunningSimulator, reports: TikTokSpendReports
) -> None:
    bad, good = a_row(spend=spend), a_row("12", "2026-03-02 00:00:00")
    page = page_of(answered(simulator, reports, a_report(bad, good)))
    assert [row.campaign for row in page.rows] == ["12"]
    [unreadable] = page.unreadable
    assert isinstance(unreadable, UnreadableRow)
    assert (unreadable.campaign, unreadable.day, unreadable.figure) == ("11", DAY, "spend")
    assert len(unreadable.why) < 120


@pytest.mark.parametrize("metrics", [{"spend": "9" * 40}, {"spend": "-1,5"}, {}], ids=str)
def test_a_total_of_the_account_that_cannot_be_kept_costs_its_own_day_alone(
    metrics: dict[str, object], simulator: RunningSimulator, reports: TikTokSpendReports
) -> None:
    bad: dict[str, object] = {"dimensions": {"stat_time_day": "2026-03-01 00:00:00"}, "metrics": metrics}
    good: dict[str, object] = {"dimensions": {"stat_time_day": "2026-03-02 00:00:00"}, "metrics": {"spend": "1.5"}}
    simulator.control.answer(PlannedAnswer(path=REPORT, body=a_report(bad, good)))
    totals = reports.control_totals(ACCESS, ACCOUNT, QUESTION.window)
    assert totals == {QUESTION.window.first: None, QUESTION.window.last: Decimal("1.5")}


def test_a_dash_is_no_currency(simulator: RunningSimulator, reports: TikTokSpendReports) -> None:
    [row] = page_of(answered(simulator, reports, a_report(a_row(currency="-")))).rows
    assert row.currency == ""


def test_another_figure_that_cannot_be_kept_is_left_out_and_logged(
    simulator: RunningSimulator, reports: TikTokSpendReports, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        [row] = page_of(answered(simulator, reports, a_report(a_row(impressions="1" * 30, clicks="3")))).rows
    assert (row.impressions, row.clicks, row.spend) == (None, 3, Decimal(1))
    assert "impressions" in caplog.text
    assert ACCESS.reveal() not in caplog.text


def test_a_name_of_ten_thousand_characters_is_kept(simulator: RunningSimulator, reports: TikTokSpendReports) -> None:
    name = "Sömmer 🏖" * 1_250
    [row] = page_of(answered(simulator, reports, a_report(a_row(campaign_name=name, currency="EUR")))).rows
    assert (row.campaign_name, row.currency) == (name, "EUR")


@pytest.mark.parametrize("rows", [{"list": None}, {"list": []}, {}])
def test_a_report_without_rows_may_have_no_list(
    rows: dict[str, object], simulator: RunningSimulator, reports: TikTokSpendReports
) -> None:
    body = {"code": 0, "data": {**rows, "page_info": {"total_number": 0, "total_page": 0}}}
    assert page_of(answered(simulator, reports, body)) == ReportPage((), 0, 0)


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "data": {}},
        {"code": 0, "data": {"list": []}},
        {"code": 0, "data": {"list": [], "page_info": {"total_number": 0}}},
        {"code": 0, "data": {"list": [], "page_info": {"total_number": "many", "total_page": 1}}},
        {"code": 0, "data": {"list": {}, "page_info": {"total_number": 0, "total_page": 1}}},
        {"code": 0, "data": {"list": ["row"], "page_info": {"total_number": 1, "total_page": 1}}},
        a_report({"metrics": {"spend": "1"}}),
        a_report(a_row(None)),
        a_report(a_row(day="yesterday")),
        a_report(a_row(day="2026-03-03 00:00:00")),
        "<html>504</html>",
        "",
        '{"code": 0, "data": {"list": [',
    ],
    ids=str,
)
def test_a_success_that_is_no_report_is_none(body: object, simulator: RunningSimulator, reports: TikTokSpendReports) -> None:
    assert isinstance(answered(simulator, reports, body), Unavailable)


def test_a_cut_is_seen_by_its_header_or_by_its_mark(simulator: RunningSimulator, reports: TikTokSpendReports) -> None:
    header = {"X-Tt-Ads-Throttle": "Number of ad ids is equal or more than 20k"}
    assert page_of(answered(simulator, reports, a_report(a_row()), headers=header)).is_cut
    assert page_of(answered(simulator, reports, a_report(a_row(), extra_info={"search_ads_throttle": True}))).is_cut
    assert not page_of(answered(simulator, reports, a_report(a_row(), extra_info={"search_ads_throttle": False}))).is_cut


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("Invalid metric fields: ['clicks', 'conversion']", {"clicks", "conversion"}),
        ("metrics: invalid metric field 'currency'.", {"currency"}),
        ("Invalid metric fields: ['spend']", None),
        ("Invalid metric fields: ['clicks', 'spend']", None),
        ("Invalid metric fields: ['not_ours']", None),
        ("Invalid dimension fields: ['clicks']", None),
        ("Invalid metric fields", None),
    ],
)
def test_only_metrics_that_may_be_left_out_are_told_as_invalid(
    message: str, names: set[str] | None, simulator: RunningSimulator, reports: TikTokSpendReports
) -> None:
    expected = OurFault(40002) if names is None else InvalidMetrics(frozenset(names), 40002)
    assert answered(simulator, reports, {"code": 40002, "message": message, "data": {}}) == expected


@pytest.mark.parametrize("code", [40001, 40300, 40301])
def test_an_account_that_is_withheld_punished_or_closed_is_the_account(
    code: int, simulator: RunningSimulator, reports: TikTokSpendReports
) -> None:
    assert answered(simulator, reports, {"code": code, "message": "", "data": {}}) == AccountRefused(code)


def test_a_missing_scope_is_not_the_account(simulator: RunningSimulator, reports: TikTokSpendReports) -> None:
    assert answered(simulator, reports, {"code": 40130, "message": "", "data": {}}) == NotPermitted(40130)


def test_an_answer_that_takes_too_long_may_be_too_large(simulator: RunningSimulator, reports: TikTokSpendReports) -> None:
    simulator.control.answer(PlannedAnswer(path=REPORT, body=a_report(a_row()), delay_ms=2_000))
    assert isinstance(reports.campaign_page(ACCESS, QUESTION, 1), ReportTimedOut)


def test_nobody_there_is_no_question_that_is_too_large() -> None:
    with TikTokSpendReports(api_url="http://127.0.0.1:9/open_api/v1.3", clock=SystemClock()) as reports:
        assert isinstance(reports.campaign_page(ACCESS, QUESTION, 1), Unavailable)


def test_a_path_that_tiktok_does_not_know_rests(simulator: RunningSimulator, reports: TikTokSpendReports) -> None:
    missing = {"code": 40400, "message": "", "data": {}}
    assert isinstance(answered(simulator, reports, missing), PathMissing)
    assert isinstance(reports.campaign_page(ACCESS, QUESTION, 1), PathMissing)
    assert len(simulator.control.requests(REPORT)) == 1


@pytest.mark.parametrize(
    "body",
    [
        a_report(A_TOTAL, A_TOTAL),
        a_report({"dimensions": {"stat_time_day": "2026-04-01"}, "metrics": {"spend": "1"}}),
        {"code": 0, "data": {"page_info": {"total_number": 1, "total_page": 1}}},
    ],
    ids=str,
)
def test_totals_of_the_account_that_are_not_all_there_are_none(
    body: object, simulator: RunningSimulator, reports: TikTokSpendReports
) -> None:
    simulator.control.answer(PlannedAnswer(path=REPORT, body=body))
    assert isinstance(reports.control_totals(ACCESS, ACCOUNT, QUESTION.window), Unavailable)


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("\ufeffcampaign_id,stat_time_day,spend,extra\r\n11,2026-03-01 00:00:00,1.10,x\r\n", [Decimal("1.10")]),
        ("stat_time_day,spend,campaign_id\n", []),
        ("campaign_id,stat_time_day\n11,2026-03-01\n", None),
        ("campaign_id,stat_time_day,spend\n11,2026-03-09,1\n", None),
        ("", None),
        ("<html>", None),
    ],
)
def test_a_reports_file_is_read_by_its_columns(
    text: str, amounts: list[Decimal] | None, simulator: RunningSimulator, reports: TikTokSpendReports
) -> None:
    simulator.control.answer(PlannedAnswer(path="/report/task/download/", body_text=text))
    report = reports.ordered_report(ACCESS, QUESTION, ReportTaskId("1"))
    assert [row.spend for row in page_of(report).rows] == amounts if amounts is not None else isinstance(report, Unavailable)


def test_a_line_of_the_file_that_ends_too_early_is_a_row_that_cannot_be_kept(
    simulator: RunningSimulator, reports: TikTokSpendReports
) -> None:
    simulator.control.answer(
        PlannedAnswer(path="/report/task/download/", body_text="campaign_id,stat_time_day,spend\n11,2026-03-01\n")
    )
    page = page_of(reports.ordered_report(ACCESS, QUESTION, ReportTaskId("1")))
    assert (page.rows, len(page.unreadable), page.total_rows) == ((), 1, 1)


@pytest.mark.parametrize(
    ("status", "state"), [("SUCCESS", TaskState.DONE), ("FAILED", TaskState.FAILED), ("NEW", TaskState.UNDER_WAY)]
)
def test_how_far_a_report_is(status: str, state: TaskState, simulator: RunningSimulator, reports: TikTokSpendReports) -> None:
    simulator.control.answer(PlannedAnswer(path="/report/task/check/", body={"code": 0, "data": {"status": status}}))
    assert reports.report_state(ACCESS, ACCOUNT, ReportTaskId("1")) is state
