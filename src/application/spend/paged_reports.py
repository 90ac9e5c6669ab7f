"""A report in pages, read to its end: again where rows moved, and less of it where it is too large."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from application.ports.budget import Permits
from application.ports.clock import Clock
from application.ports.spend_reports import SpendReports
from application.spend.report_turns import InTurn, ReadingStopped
from domain.ids import AdvertiserId
from domain.outcomes import OurFault
from domain.report_failures import InvalidMetrics, QueryTooLarge, ReportFailure, ReportTimedOut
from domain.report_pages import PagedReport, ReportPage, UnreadableRow
from domain.spend import Spend
from domain.spend_calendar import LONGEST_WINDOW, Window
from domain.spend_day import Flaw
from domain.tokens import Secret

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

PAGES_PER_QUESTION = 10
"""A report with more pages is asked for in shorter windows: the more pages, the more rows can move between them."""

TooMuch = QueryTooLarge | ReportTimedOut
AskPage = Callable[[Window, frozenset[str], int], ReportPage | ReportFailure]
"""Send for one page: of which days, without which metrics, and its number."""


@dataclass(frozen=True, slots=True)
class ReportRows:
    """The rows of some days, and what is to be said of them."""

    window: Window
    rows: tuple[Spend, ...]
    unreadable: tuple[UnreadableRow, ...] = ()
    pages: int = 1
    flaw: Flaw | None = None
    sum_differs: bool = False
    """Whether the platform's own sum is another one."""

    @classmethod
    def of(cls, window: Window, *parts: PagedReport | ReportRows) -> ReportRows:
        """Parts of the same days together, of which none has rows of another."""
        rows = tuple(row for part in parts for row in part.rows)
        unreadable = tuple(row for part in parts for row in part.unreadable)
        keys = [(row.campaign, row.day) for row in rows]
        repeated = Flaw.PAGES_CHANGED if len(keys) != len(set(keys)) else None
        pages = sum(part.pages if isinstance(part, ReportRows) else len(part.pages) for part in parts)
        flaw = next((part.flaw for part in parts if part.flaw), repeated)
        return cls(window, rows, unreadable, pages, flaw, any(part.sum_differs for part in parts))


@dataclass(slots=True)
class ReportReader:
    """Reads one account's reports. What it learns of the platform's limits holds for its later questions."""

    reports: SpendReports
    clock: Clock
    in_turn: InTurn
    access: Secret
    account: AdvertiserId
    longest_window: int = LONGEST_WINDOW
    without: frozenset[str] = field(default_factory=frozenset)
    """Metrics that the platform did not know."""
    in_shop_turn: InTurn | None = None
    """How reports of shops are sent for. None: as the others are."""

    def for_shops(self) -> ReportReader:
        """A reader of the same account's shops. What it learns holds for them alone."""
        return replace(self, in_turn=self.in_shop_turn or self.in_turn)

    def sent(self, send: Callable[[], Answer | ReportFailure]) -> Answer | ReportFailure:
        """What a call came to in its turn. Raises ReadingStopped where there is no turn."""
        answer = self.in_turn(send)
        if isinstance(answer, Permits):
            raise ReadingStopped(answer)
        return answer

    def in_windows(self, window: Window, ask: AskPage) -> Iterator[ReportRows | TooMuch]:
        """All of these days, in windows that the platform takes. TooMuch: a single day is too much. Raises ReadingStopped."""
        for piece in window.split(self.longest_window):
            if piece.length <= self.longest_window:
                report = self.paged(piece, ask)
                if isinstance(report, ReportRows) or piece.length == 1:
                    yield report
                    continue
                self.longest_window = -(-piece.length // 2)
            yield from self.in_windows(piece, ask)

    def paged(self, window: Window, ask: AskPage) -> ReportRows | TooMuch:
        """All pages of one question, from the first again where rows have moved between them."""
        report = PagedReport()
        for _ in range(2):
            report = PagedReport()
            while (number := report.next_page) is not None:
                page = self._page(window, ask, number)
                if not isinstance(page, ReportPage):
                    return page
                if page.total_pages > PAGES_PER_QUESTION and window.length > 1 and not page.is_cut:
                    return QueryTooLarge(0)
                report = report.with_page(page)
            if report.flaw is not Flaw.PAGES_CHANGED:
                break
        return ReportRows.of(window, report)

    def _page(self, window: Window, ask: AskPage, number: int) -> ReportPage | TooMuch:
        while True:
            without = self.without
            match self.sent(lambda without=without: ask(window, without, number)):  # type: ignore[misc] # mypy knows no defaults of lambdas
                case ReportPage() | QueryTooLarge() | ReportTimedOut() as answer:
                    return answer
                case InvalidMetrics(names=names) if not names <= self.without:
                    unknown = {"account": self.account, "metrics": sorted(names)}
                    log.warning("the platform does not know metrics of its reports: their figures are missing", extra=unknown)
                    self.without |= names
                case InvalidMetrics(code=code):
                    raise ReadingStopped(OurFault(code))
                case failure:
                    raise ReadingStopped(failure)
