"""Pages of a report, and what makes them a whole one."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from domain.ids import CampaignId
from domain.spend import NOTHING, Spend
from domain.spend_day import Flaw


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row whose amount can't be kept: its day can't be whole."""

    campaign: CampaignId
    day: date
    figure: str
    why: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One page, and what it says of all. An answer without rows may have no list at all."""

    rows: tuple[Spend, ...]
    total_rows: int
    total_pages: int
    is_cut: bool = False
    """Whether the platform says that it left rows out."""
    total_spend: Decimal | None = None
    """The platform's sum over all pages; None: it tells of none."""
    unreadable: tuple[UnreadableRow, ...] = ()


@dataclass(frozen=True, slots=True)
class PagedReport:
    """The pages of one question so far, in order."""

    pages: tuple[ReportPage, ...] = ()
    flaw: Flaw | None = None
    """What speaks against them as a whole."""

    @property
    def next_page(self) -> int | None:
        """The page to ask for, counted from 1. None: all are there, or it is clear that they fit no whole.

        Only the platform's number of pages ends a report: an empty page in the middle does not.
        """
        if self.flaw is not None or (self.pages and len(self.pages) >= self.pages[0].total_pages):
            return None
        return len(self.pages) + 1

    @property
    def rows(self) -> tuple[Spend, ...]:
        """All rows so far."""
        return tuple(row for page in self.pages for row in page.rows)

    @property
    def unreadable(self) -> tuple[UnreadableRow, ...]:
        """All rows so far whose amounts can't be kept."""
        return tuple(row for page in self.pages for row in page.unreadable)

    @property
    def sum_differs(self) -> bool:
        """Whether the platform's sum over all pages is another one than that of the rows."""
        told = self.pages[-1].total_spend if self.pages else None
        return told is not None and told != sum((row.spend for row in self.rows), NOTHING)

    def with_page(self, page: ReportPage) -> "PagedReport":
        """The report with one page more."""
        longer = replace(self, pages=(*self.pages, page))
        return replace(longer, flaw=_flaw_of(longer))


def _flaw_of(report: PagedReport) -> Flaw | None:
    if any(page.is_cut for page in report.pages):
        return Flaw.CUT
    first = report.pages[0]
    if any((page.total_rows, page.total_pages) != (first.total_rows, first.total_pages) for page in report.pages):
        return Flaw.PAGES_CHANGED
    keys = [(row.campaign, row.day) for row in report.rows] + [(row.campaign, row.day) for row in report.unreadable]
    is_last = len(report.pages) >= first.total_pages
    if len(keys) != len(set(keys)) or (is_last and len(keys) != first.total_rows):
        return Flaw.PAGES_CHANGED
    return None
