"""All rows of an account's campaigns for some days: at once; where that is cut, by campaigns; else from an ordered report."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from application.ports.spend_reports import CAMPAIGNS_PER_QUESTION, CampaignQuestion, TaskState
from application.spend.paged_reports import AskPage, ReportReader, ReportRows
from application.spend.report_turns import ReadingStopped
from domain.ids import CampaignId
from domain.report_failures import ReportFailure, ReportTimedOut
from domain.report_pages import PagedReport, ReportPage
from domain.spend_calendar import Window
from domain.spend_day import Flaw

GROUPS_PER_WINDOW = 40
"""How many questions by campaigns are put for one cut window; for more campaigns the report is ordered."""

TASK_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 4, 8, 16, 30, 30))
"""Before each look whether an ordered report is done."""


def campaign_rows(reader: ReportReader, window: Window) -> list[ReportRows]:
    """All of these days, in parts that the platform takes. Raises ReadingStopped."""
    parts, last = list[ReportRows](), window.last
    for part in reader.in_windows(window, _asking(reader)):
        if isinstance(part, ReportTimedOut):
            raise ReadingStopped(part)
        if isinstance(part, ReportRows) and part.flaw is not Flaw.CUT:
            parts.append(part)
        else:
            days = part.window if isinstance(part, ReportRows) else Window(last, last)
            cut = part if isinstance(part, ReportRows) else ReportRows(days, (), flaw=Flaw.CUT)
            parts.append(_by_campaigns(reader, days) or _ordered(reader, days) or cut)
        last = parts[-1].window.first - timedelta(days=1)
    return parts


def _asking(reader: ReportReader, campaigns: tuple[CampaignId, ...] = ()) -> AskPage:
    def ask(window: Window, without: frozenset[str], number: int) -> ReportPage | ReportFailure:
        question = CampaignQuestion(reader.account, window, campaigns, without)
        return reader.reports.campaign_page(reader.access, question, number)

    return ask


def _by_campaigns(reader: ReportReader, window: Window) -> ReportRows | None:
    """The same days, some campaigns at a time; None: they are too many, or that is cut too."""
    campaigns = _campaigns(reader)
    groups = [campaigns[at : at + CAMPAIGNS_PER_QUESTION] for at in range(0, len(campaigns), CAMPAIGNS_PER_QUESTION)]
    if not 0 < len(groups) <= GROUPS_PER_WINDOW:
        return None
    parts = list[ReportRows]()
    for group in groups:
        part = reader.paged(window, _asking(reader, group))
        if not isinstance(part, ReportRows) or part.flaw is Flaw.CUT:
            return None
        parts.append(part)
    return ReportRows.of(window, *parts)


def _campaigns(reader: ReportReader) -> tuple[CampaignId, ...]:
    """All campaigns, each once; none where the list is no whole."""
    campaigns = list[CampaignId]()
    number, pages, total = 1, 1, 0
    while number <= pages:
        page = reader.sent(partial(reader.reports.campaign_list, reader.access, reader.account, number))
        if isinstance(page, ReportFailure):
            raise ReadingStopped(page)
        campaigns += page.campaigns
        number, pages, total = number + 1, page.total_pages, page.total_campaigns
    return tuple(campaigns) if len(set(campaigns)) == len(campaigns) == total else ()


def _ordered(reader: ReportReader, window: Window) -> ReportRows | None:
    """The report that the platform makes in its own time; None: it fails, or takes too long."""
    question = CampaignQuestion(reader.account, window, (), reader.without)
    task = reader.sent(partial(reader.reports.order_report, reader.access, question))
    if isinstance(task, ReportFailure):
        raise ReadingStopped(task)
    for pause in TASK_PAUSES:
        reader.clock.sleep(pause)
        state = reader.sent(partial(reader.reports.report_state, reader.access, reader.account, task))
        if isinstance(state, ReportFailure):
            raise ReadingStopped(state)
        if state is TaskState.FAILED:
            return None
        if state is TaskState.DONE:
            page = reader.sent(partial(reader.reports.ordered_report, reader.access, question, task))
            if not isinstance(page, ReportPage):
                raise ReadingStopped(page)
            return ReportRows.of(window, PagedReport().with_page(page))
    return None
