"""Reports of spend in memory, for tests: books that say what happened, and planned failures."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from application.ports.spend_reports import CampaignPage, CampaignQuestion, ShopQuestion, TaskState
from domain.ids import AdvertiserId, CampaignId, ReportTaskId, StoreId
from domain.outcomes import OurFault, Reason, Refused
from domain.report_failures import AccountRefused, InvalidMetrics, QueryTooLarge, ReportFailure
from domain.report_pages import ReportPage
from domain.spend import NOTHING, Spend
from domain.spend_calendar import LONGEST_WINDOW, Window
from domain.tokens import Secret

Answer = TypeVar("Answer")

OPTIONAL = frozenset({"impressions", "clicks", "conversions", "purchases", "purchase_value"})
"""Metrics that a question may leave out."""

PARAMETER_ERROR, NO_PERMISSION, TOO_LARGE = 40002, 40001, 40067


@dataclass(slots=True)
class MemoryBooks:
    """What happened to one account, and how its reports behave."""

    rows: Sequence[Spend] = ()
    in_no_campaign: Mapping[date, Decimal] = field(default_factory=dict)
    shops: Mapping[StoreId, Sequence[Spend]] = field(default_factory=dict)
    is_cut: bool = False
    """Reports that name no campaigns leave the first half of them out."""
    withholds_totals: bool = False
    unreadable_totals: frozenset[date] = frozenset()
    """Days whose own total is told as an amount that can't be kept."""


@dataclass(slots=True)
class MemorySpendReports:
    """Keeps the promises of the port `SpendReports` over books. Accounts without books are refused."""

    books: dict[AdvertiserId, MemoryBooks] = field(default_factory=dict)
    page_size: int = 1_000
    longest_question: int = LONGEST_WINDOW
    """Days; what is longer is too large."""
    invalid: frozenset[str] = frozenset()
    """Of `OPTIONAL`: what the platform does not know at the time."""
    dead: set[str] = field(default_factory=set)
    """Access tokens that are refused."""
    planned: deque[ReportFailure | None] = field(default_factory=deque)
    """What happens to the next calls: a failure in place of an answer; None: nothing."""
    altered: Callable[[ReportPage, int], ReportPage] = lambda page, _number: page
    """What becomes of each page of campaigns on its way: the place for a lost row."""
    before_call: Callable[[str], None] = lambda _name: None
    """Called before each call is answered: the place for spend that arrives meanwhile."""
    calls: list[str] = field(default_factory=list)
    """The methods that were called, in order."""
    looks_until_done: int = 2
    """How often one has to look until an ordered report is done."""
    _tasks: dict[ReportTaskId, int] = field(default_factory=dict)
    """How often each was looked at."""

    def campaign_page(self, access: Secret, question: CampaignQuestion, page: int) -> ReportPage | ReportFailure:
        def answer(books: MemoryBooks) -> ReportPage | ReportFailure:
            rows = _chosen(books.rows, question.window, question.campaigns)
            is_cut = books.is_cut and not question.campaigns
            if is_cut:
                names = sorted({str(row.campaign) for row in rows})
                rows = [row for row in rows if str(row.campaign) in names[len(names) // 2 :]]
            return self._asked(question) or self.altered(replace(self._page(rows, question.without, page), is_cut=is_cut), page)

        return self._answer("campaign_page", access, question.account, answer)

    def control_totals(
        self, access: Secret, account: AdvertiserId, window: Window
    ) -> Mapping[date, Decimal | None] | ReportFailure:
        def answer(books: MemoryBooks) -> Mapping[date, Decimal | None] | ReportFailure:
            if books.withholds_totals:
                return OurFault(PARAMETER_ERROR)
            totals: dict[date, Decimal | None] = {
                day: amount for day, amount in books.in_no_campaign.items() if window.first <= day <= window.last
            }
            for row in _chosen(books.rows, window):
                totals[row.day] = (totals.get(row.day) or NOTHING) + row.spend
            totals |= dict.fromkeys(books.unreadable_totals & totals.keys())
            return totals

        return self._answer("control_totals", access, account, answer)

    def campaign_list(self, access: Secret, account: AdvertiserId, page: int) -> CampaignPage | ReportFailure:
        def answer(books: MemoryBooks) -> CampaignPage:
            names = sorted({row.campaign for row in books.rows if row.campaign})
            part = names[(page - 1) * self.page_size : page * self.page_size]
            return CampaignPage(tuple(part), len(names), -(-len(names) // self.page_size))

        return self._answer("campaign_list", access, account, answer)

    def stores(self, access: Secret, account: AdvertiserId) -> tuple[StoreId, ...] | ReportFailure:
        return self._answer("stores", access, account, lambda books: tuple(books.shops))

    def gmv_max_page(self, access: Secret, question: ShopQuestion, page: int) -> ReportPage | ReportFailure:
        def answer(books: MemoryBooks) -> ReportPage | ReportFailure:
            if (rows := books.shops.get(question.store)) is None:
                return OurFault(PARAMETER_ERROR)
            return self._asked(question) or self._page(_chosen(rows, question.window), question.without, page)

        return self._answer("gmv_max_page", access, question.account, answer)

    def order_report(self, access: Secret, question: CampaignQuestion) -> ReportTaskId | ReportFailure:
        def answer(_: MemoryBooks) -> ReportTaskId | ReportFailure:
            if failure := self._asked(question):
                return failure
            task = ReportTaskId(f"task-{len(self._tasks) + 1}")
            self._tasks[task] = 0
            return task

        return self._answer("order_report", access, question.account, answer)

    def report_state(self, access: Secret, account: AdvertiserId, task: ReportTaskId) -> TaskState | ReportFailure:
        def answer(_: MemoryBooks) -> TaskState | ReportFailure:
            if task not in self._tasks:
                return OurFault(PARAMETER_ERROR)
            self._tasks[task] += 1
            return TaskState.DONE if self._tasks[task] >= self.looks_until_done else TaskState.UNDER_WAY

        return self._answer("report_state", access, account, answer)

    def ordered_report(self, access: Secret, question: CampaignQuestion, task: ReportTaskId) -> ReportPage | ReportFailure:
        def answer(books: MemoryBooks) -> ReportPage | ReportFailure:
            if self._tasks.get(task, 0) < self.looks_until_done:
                return OurFault(PARAMETER_ERROR)
            rows = _chosen(books.rows, question.window, question.campaigns)
            return ReportPage(tuple(_without(row, question.without) for row in rows), len(rows), 1)

        return self._answer("ordered_report", access, question.account, answer)

    def _answer(
        self, name: str, access: Secret, account: AdvertiserId, answer: Callable[[MemoryBooks], Answer]
    ) -> Answer | ReportFailure:
        self.before_call(name)
        self.calls.append(name)
        failure = self.planned.popleft() if self.planned else None
        if access.reveal() in self.dead:
            return Refused(Reason.ACCESS_TOKEN_REFUSED, 40105)
        if failure is not None:
            return failure
        books = self.books.get(account)
        return AccountRefused(NO_PERMISSION) if books is None else answer(books)

    def _asked(self, question: CampaignQuestion | ShopQuestion) -> ReportFailure | None:
        if question.window.length > self.longest_question:
            return QueryTooLarge(TOO_LARGE)
        invalid = self.invalid - question.without
        return InvalidMetrics(invalid, PARAMETER_ERROR) if invalid else None

    def _page(self, rows: Sequence[Spend], without: frozenset[str], page: int) -> ReportPage:
        part = rows[(page - 1) * self.page_size : page * self.page_size]
        total = sum((row.spend for row in rows), NOTHING)
        shown = tuple(_without(row, without) for row in part)
        return ReportPage(shown, len(rows), -(-len(rows) // self.page_size), total_spend=total)


def _chosen(rows: Sequence[Spend], window: Window, campaigns: Sequence[CampaignId] = ()) -> list[Spend]:
    """The rows of these days and campaigns, the dearest first."""
    chosen = [row for row in rows if window.first <= row.day <= window.last and (not campaigns or row.campaign in campaigns)]
    return sorted(chosen, key=lambda row: (-row.spend, row.day, row.campaign or ""))


def _without(row: Spend, names: frozenset[str]) -> Spend:
    changes = dict.fromkeys(names & OPTIONAL)
    return replace(row, **changes) if changes else row  # type: ignore[arg-type] # of several types, all of which may be None
