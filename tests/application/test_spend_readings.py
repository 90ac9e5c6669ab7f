from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory.spend_reports import MemoryBooks, MemorySpendReports
from application.ports.budget import Permits
from application.spend.auction_readings import AuctionReader
from application.spend.campaign_rows import TASK_PAUSES
from application.spend.paged_reports import ReportReader
from application.spend.report_turns import Answer, ReadingStopped
from application.spend.shop_readings import ShopReader
from domain.ids import CampaignId, StoreId
from domain.outcomes import OurFault, Reason, Refused, Throttled
from domain.report_failures import AccountRefused, InvalidMetrics, ReportFailure, ReportTimedOut
from domain.report_pages import ReportPage, UnreadableRow
from domain.spend import NOTHING, Spend, SpendKind
from domain.spend_calendar import Window
from domain.spend_day import DayProof, DayReading, Flaw
from domain.tokens import Secret
from support.builders import account
from support.world import SimulatedClock

FIRST = date(2030, 3, 1)
SHOP = StoreId("77")
Books = dict[tuple[str | None, date], Decimal]


def at_once(send: Callable[[], Answer | ReportFailure]) -> Answer | ReportFailure | Permits:
    return send()


def spent(campaign: int | str, day: int, amount: str | Decimal, *, kind: SpendKind = SpendKind.AUCTION) -> Spend:
    when = FIRST + timedelta(days=day)
    return Spend(account(1), CampaignId(str(campaign)), "", when, kind, "JPY", Decimal(amount), clicks=1, purchases=2)


def window(days: int) -> Window:
    return Window(FIRST, FIRST + timedelta(days=days - 1))


@dataclass
class Rig:
    reports: MemorySpendReports
    reader: ReportReader

    @property
    def books(self) -> MemoryBooks:
        return self.reports.books[account(1)]

    def read(self, days: int, earlier: dict[date, DayProof] | None = None) -> list[DayReading]:
        return AuctionReader(self.reader).read(window(days), earlier=earlier)

    def shops(self, days: int) -> list[DayReading]:
        reader = ShopReader(self.reader)
        return reader.read(reader.shops(), window(days))


def a_rig(*rows: Spend, page_size: int = 100) -> Rig:
    reports = MemorySpendReports({account(1): MemoryBooks(rows)}, page_size)
    return Rig(reports, ReportReader(reports, SimulatedClock(), at_once, Secret("access"), account(1)))


def kept(readings: list[DayReading]) -> Books:
    """What would be stored of the days that are whole."""
    return {(row.campaign, row.day): row.spend for one in readings if one.judged() is None for row in one.entered() if row.spend}


def told(books: MemoryBooks, days: list[date]) -> Books:
    amounts: Books = {(row.campaign, row.day): row.spend for row in books.rows if row.spend and row.day in days}
    return amounts | {(None, day): amount for day, amount in books.in_no_campaign.items() if amount and day in days}


ROWS = [spent(campaign, day, f"{campaign}.{day}") for campaign in range(1, 6) for day in range(12)]

amounts = st.integers(0, 10**7).map(lambda amount: Decimal(amount).scaleb(-3))
rows = st.dictionaries(st.tuples(st.integers(1, 5), st.integers(0, 33)), amounts, max_size=25)


@settings(max_examples=150)
@given(
    rows=rows,
    beside=st.dictionaries(st.integers(0, 33), amounts, max_size=3),
    page_size=st.integers(3, 12),
    longest=st.integers(1, 30),
    is_cut=st.booleans(),
    withholds=st.booleans(),
    invalid=st.sets(st.sampled_from(["clicks", "purchases", "conversions"])),
)
def test_all_days_are_whole_and_exact_whatever_the_platform_takes(
    rows: dict[tuple[int, int], Decimal],
    beside: dict[int, Decimal],
    page_size: int,
    longest: int,
    *,
    is_cut: bool,
    withholds: bool,
    invalid: set[str],
) -> None:
    rig = a_rig(*(spent(*key, amount) for key, amount in rows.items()), page_size=page_size)
    rig.reports.longest_question, rig.reports.invalid = longest, frozenset(invalid)
    in_no_campaign = {} if withholds else {FIRST + timedelta(days=day): amount for day, amount in beside.items()}
    rig.books.in_no_campaign, rig.books.is_cut, rig.books.withholds_totals = in_no_campaign, is_cut, withholds
    readings = rig.read(34)
    assert [reading.day for reading in readings] == list(window(34).days)
    assert [reading.judged() for reading in readings if reading.judged()] == []
    assert kept(readings) == told(rig.books, list(window(34).days))
    assert rig.reader.without == invalid
    assert all((row.clicks is None) == ("clicks" in invalid) for reading in readings for row in reading.rows)


@settings(max_examples=150)
@given(
    rows=rows.filter(bool),
    lost=st.integers(0, 30),
    page_size=st.integers(3, 12),
    hides=st.booleans(),
    withholds=st.booleans(),
)
def test_a_lost_row_of_any_amount_is_found_in_the_same_reading(
    rows: dict[tuple[int, int], Decimal], lost: int, page_size: int, *, hides: bool, withholds: bool
) -> None:
    """`hides`: the platform's number of rows leaves it out, too; its sum does not."""
    rig = a_rig(*(spent(*key, amount) for key, amount in rows.items()), page_size=page_size)
    gone = rig.books.rows[lost % len(rows)]
    rig.books.withholds_totals = withholds

    def lose(page: ReportPage, _: int) -> ReportPage:
        left = tuple(row for row in page.rows if (row.campaign, row.day) != (gone.campaign, gone.day))
        return replace(page, rows=left, total_rows=page.total_rows - hides)

    rig.reports.altered = lose
    for reading in rig.read(34):
        if reading.day == gone.day and gone.spend:
            assert reading.judged() is not None
        elif reading.judged() is None:
            assert kept([reading]) == told(rig.books, [reading.day])


@settings(max_examples=150)
@given(
    rows=rows,
    arrives=st.lists(st.tuples(st.integers(1, 12), st.integers(0, 4), amounts), max_size=3),
    page_size=st.integers(3, 12),
)
def test_spend_that_arrives_while_it_is_read_makes_no_day_that_never_was(
    rows: dict[tuple[int, int], Decimal], arrives: list[tuple[int, int, Decimal]], page_size: int
) -> None:
    rig = a_rig(*(spent(*key, amount) for key, amount in rows.items()), page_size=page_size)
    moments = [told(rig.books, list(window(34).days))]

    def arrive(_: str) -> None:
        for call, campaign, amount in arrives:
            if call == len(rig.reports.calls):
                others = [row for row in rig.books.rows if (row.campaign, row.day) != (str(campaign), window(34).last)]
                rig.books.rows = [*others, spent(campaign, 33, amount)]
                moments.append(told(rig.books, list(window(34).days)))

    rig.reports.before_call = arrive
    for reading in rig.read(34):
        if reading.judged() is None:
            of_the_day = [{key: amount for key, amount in moment.items() if key[1] == reading.day} for moment in moments]
            assert kept([reading]) in of_the_day


def test_a_day_is_one_question_and_one_total_where_they_agree() -> None:
    rig = a_rig(*ROWS)
    rig.read(12)
    assert rig.reports.calls == ["campaign_page", "control_totals"]


def test_a_difference_that_was_there_before_needs_no_second_look() -> None:
    rig = a_rig(*ROWS)
    rig.books.in_no_campaign = {FIRST: Decimal("2.5")}
    before = rig.read(12)[0]
    assert rig.reports.calls == 2 * ["campaign_page", "control_totals"]
    total = sum((row.spend for row in before.rows), NOTHING)
    proof = DayProof(before.read_at - timedelta(hours=1), total, before.control_total, 1)
    rig.reports.calls.clear()
    assert rig.read(12, {FIRST: proof})[0].confirmed
    assert rig.reports.calls == ["campaign_page", "control_totals"]


def test_what_was_too_large_is_never_asked_again() -> None:
    rig = a_rig(*ROWS)
    rig.reports.longest_question = 4
    rig.read(60)
    asked = len(rig.reports.calls)
    assert rig.reader.longest_window == 4
    assert asked == 3 + 16 + 2  # 30, 15 and 8 days; 4 at a time; two totals
    rig.reports.calls.clear()
    rig.read(60)
    assert len(rig.reports.calls) == 15 + 2


def test_a_time_out_is_asked_for_less_and_for_a_single_day_it_stops() -> None:
    rig = a_rig(*ROWS)
    rig.reports.planned.append(ReportTimedOut("late"))
    assert kept(rig.read(12)) == told(rig.books, list(window(12).days))
    rig.reports.planned.extend([ReportTimedOut("late")] * 9)
    with pytest.raises(ReadingStopped) as stopped:
        rig.read(12)
    assert stopped.value.because == ReportTimedOut("late")


def test_a_report_of_too_many_pages_is_asked_for_in_shorter_windows() -> None:
    rig = a_rig(*ROWS, page_size=2)
    readings = rig.read(12)
    assert max(reading.pages for reading in readings) <= 10
    assert kept(readings) == told(rig.books, list(window(12).days))


def test_rows_that_move_between_pages_are_read_again() -> None:
    rig, seen = a_rig(*ROWS, page_size=30), list[int]()

    def move(page: ReportPage, number: int) -> ReportPage:
        seen.append(number)
        return replace(page, rows=page.rows[::-1][:1] * len(page.rows)) if len(seen) == 2 else page

    rig.reports.altered = move
    assert kept(rig.read(12)) == told(rig.books, list(window(12).days))
    assert seen == [1, 2, 1, 2]


def test_a_cut_account_with_very_many_campaigns_has_its_report_ordered() -> None:
    rig = a_rig(*(spent(campaign, 0, "1.5") for campaign in range(1_300)), page_size=1_000)
    rig.books.is_cut = True
    assert kept(rig.read(1)) == told(rig.books, [FIRST])
    assert rig.reports.calls[-4:] == ["report_state", "report_state", "ordered_report", "control_totals"]


def test_an_ordered_report_that_never_comes_leaves_the_days_cut() -> None:
    rig = a_rig(*(spent(campaign, 0, "1.5") for campaign in range(1_300)), page_size=1_000)
    rig.books.is_cut = True
    rig.reports.looks_until_done = 99
    before = rig.reader.clock.now()
    [reading] = rig.read(1)
    assert (reading.judged(), len(reading.rows)) == (Flaw.CUT, 650)
    assert rig.reader.clock.now() - before == sum(TASK_PAUSES, timedelta(0))


def test_an_amount_that_cannot_be_kept_costs_its_own_day_alone() -> None:
    rig = a_rig(*ROWS)

    def spoil(page: ReportPage, _: int) -> ReportPage:
        first, *others = page.rows
        bad = UnreadableRow(CampaignId(str(first.campaign)), first.day, "spend", "is no number")
        return replace(page, rows=tuple(others), unreadable=(bad,))

    rig.reports.altered = spoil
    judged = {reading.day: reading.judged() for reading in rig.read(12)}
    assert [flaw for flaw in judged.values() if flaw] == [Flaw.UNREADABLE]


def test_a_total_that_cannot_be_kept_costs_its_own_day_alone() -> None:
    rig = a_rig(*ROWS)
    rig.books.unreadable_totals = frozenset({ROWS[0].day})
    readings = {reading.day: reading for reading in rig.read(12)}
    assert {day for day, one in readings.items() if one.judged()} == {ROWS[0].day}
    assert readings[ROWS[0].day].judged() is Flaw.UNREADABLE
    assert all(one.control_total is not None for day, one in readings.items() if day != ROWS[0].day)


@pytest.mark.parametrize(
    "failure",
    [Throttled(), AccountRefused(40001), Refused(Reason.ACCESS_TOKEN_REFUSED, 40105), OurFault(40002)],
    ids=lambda failure: type(failure).__name__,
)
def test_what_else_goes_wrong_stops_the_reading_and_says_why(failure: ReportFailure) -> None:
    rig = a_rig(*ROWS)
    rig.reports.planned.append(failure)
    with pytest.raises(ReadingStopped) as stopped:
        rig.read(12)
    assert stopped.value.because == failure


def test_without_a_turn_nothing_is_sent() -> None:
    rig = a_rig(*ROWS)
    rig.reader.in_turn = lambda _send: Permits(0, timedelta(seconds=3))
    with pytest.raises(ReadingStopped) as stopped:
        rig.read(12)
    assert stopped.value.because == Permits(0, timedelta(seconds=3))
    assert rig.reports.calls == []


def test_a_metric_that_the_platform_does_not_know_is_reported_by_its_name(caplog: pytest.LogCaptureFixture) -> None:
    rig = a_rig(*ROWS)
    rig.reports.invalid = frozenset({"clicks"})
    rig.read(12)
    assert [record.metrics for record in caplog.records] == [["clicks"]]  # type: ignore[attr-defined] # logged beside the message


def test_a_metric_that_stays_invalid_when_it_is_left_out_stops_the_reading() -> None:
    rig = a_rig(*ROWS)
    rig.reports.planned.extend(2 * [InvalidMetrics(frozenset({"clicks"}), 40002)])
    with pytest.raises(ReadingStopped) as stopped:
        rig.read(12)
    assert stopped.value.because == OurFault(40002)


def test_gmv_max_is_a_kind_of_its_own_over_all_shops() -> None:
    rig = a_rig(*ROWS)
    shop, other = ([spent(f"{name}{n}", n, f"{n}.5", kind=SpendKind.GMV_MAX) for n in range(6)] for name in "ab")
    rig.books.shops = {SHOP: shop, StoreId("78"): other}
    readings = rig.shops(6)
    assert {reading.kind for reading in readings} == {SpendKind.GMV_MAX}
    assert {reading.control_total for reading in readings} == {None}
    assert kept(readings) == {(row.campaign, row.day): row.spend for row in [*shop, *other]}
    assert not any(row.kind is SpendKind.GMV_MAX for reading in rig.read(6) for row in reading.rows)


def test_an_account_without_shops_or_without_leave_to_see_them_has_none() -> None:
    rig = a_rig(*ROWS)
    assert ShopReader(rig.reader).shops() == ()
    rig.reports.planned.append(AccountRefused(40001))
    assert ShopReader(rig.reader).shops() == ()
