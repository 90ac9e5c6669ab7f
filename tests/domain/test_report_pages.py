from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import CampaignId
from domain.report_pages import PagedReport, ReportPage
from domain.spend import Spend, SpendKind
from domain.spend_day import Flaw
from support.builders import account


def rows(*campaigns: int) -> tuple[Spend, ...]:
    return tuple(
        Spend(account(1), CampaignId(str(number)), "", date(2030, 3, 1), SpendKind.AUCTION, "EUR", Decimal(number))
        for number in campaigns
    )


def report(*pages: ReportPage) -> PagedReport:
    together = PagedReport()
    for page in pages:
        together = together.with_page(page)
    return together


@given(number=st.integers(0, 40), size=st.integers(1, 10))
def test_all_pages_are_asked_for_and_make_a_whole(number: int, size: int) -> None:
    together, total_pages = PagedReport(), -(-number // size)
    while (page := together.next_page) is not None:
        part = rows(*range(1 + (page - 1) * size, 1 + min(page * size, number)))
        together = together.with_page(ReportPage(part, number, total_pages, total_spend=Decimal(sum(range(number + 1)))))
    assert together.flaw is None
    assert together.rows == rows(*range(1, number + 1))
    assert not together.sum_differs


def test_an_empty_page_in_the_middle_is_not_the_end_and_its_rows_are_missed() -> None:
    together = report(ReportPage(rows(1, 2), 6, 3), ReportPage((), 6, 3))
    assert together.next_page == 3
    assert together.with_page(ReportPage(rows(5, 6), 6, 3)).flaw is Flaw.PAGES_CHANGED


@pytest.mark.parametrize(
    "last",
    [
        ReportPage(rows(3), 4, 2),  # a row is lost
        ReportPage(rows(3, 4), 5, 2),  # a row more since the first page
        ReportPage(rows(2, 3), 4, 2),  # one moved here from the first page
        ReportPage((), 4, 2),  # no list at all
        ReportPage(rows(3, 4, 5), 4, 2),  # more than there are
    ],
)
def test_what_is_no_whole_has_a_flaw(last: ReportPage) -> None:
    together = report(ReportPage(rows(1, 2), 4, 2), last)
    assert together.flaw is Flaw.PAGES_CHANGED
    assert together.next_page is None


def test_a_cut_page_is_no_whole_and_no_other_is_asked_for() -> None:
    together = report(ReportPage(rows(1, 2), 2, 2, is_cut=True))
    assert (together.flaw, together.next_page) == (Flaw.CUT, None)


def test_a_sum_of_the_platforms_that_is_another_one_is_seen() -> None:
    assert report(ReportPage(rows(1, 2), 2, 1, total_spend=Decimal("3.01"))).sum_differs
    assert not report(ReportPage(rows(1, 2), 2, 1)).sum_differs
