"""TikTok's reports of spend."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from adapters.http_client.connections import Connections
from adapters.http_client.request_sent_once import HttpAnswer, HttpRequest, Lost, NotSent
from adapters.tiktok import report_answers
from adapters.tiktok.answers import SUCCESS, Envelope, id_of, text_of
from adapters.tiktok.api_calls import ApiCalls
from adapters.tiktok.report_answers import UnreadableReport
from adapters.tiktok.report_metrics import AUCTION, GMV_MAX, Metrics, invalid_metrics
from adapters.tiktok.return_codes import CallKind
from application.ports.clock import Clock
from application.ports.metrics import Metrics as CallMetrics
from application.ports.spend_reports import CampaignPage, CampaignQuestion, ShopQuestion, TaskState
from domain.ids import AdvertiserId, ReportTaskId, StoreId
from domain.outcomes import NotPermitted, Unavailable
from domain.report_failures import AccountRefused, InvalidMetrics, QueryTooLarge, ReportFailure, ReportTimedOut
from domain.report_pages import ReportPage
from domain.spend_calendar import Window
from domain.tokens import Secret

Read = TypeVar("Read")

PAGE_SIZE = 1_000
"""The most that TikTok gives on a page of a report, or of campaigns."""

LONGEST_REPORT = 64 * 1024 * 1024
"""Bytes of a report's page, or file: a page of a thousand campaigns has half a megabyte."""

FILE_TAKES = 3
"""How many times a call's time-out a report's file may take."""

TOO_LARGE, INVALID, TIMED_OUT = 40067, 40002, 50002
"""TikTok's "query too large", parameter error, and time-out."""

OF_THE_ACCOUNT = frozenset({40001, 40300, 40301})
"""No permission for this account, or it is punished or closed."""

CUT_HEADER = "x-tt-ads-throttle"
ALL_STATUSES = {"field_name": "campaign_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}
"""Without it deleted campaigns are hidden, and what they spent."""

TASK_STATES = {"SUCCESS": TaskState.DONE, "FAILED": TaskState.FAILED, "CANCELED": TaskState.FAILED}


class TikTokSpendReports:
    """TikTok's reports, for one developer app. Keeps the promises of the port `SpendReports`.

    Any number of threads may share it.
    """

    def __init__(
        self,
        *,
        api_url: str,
        clock: Clock,
        timeout: timedelta = timedelta(seconds=10),
        connections: Connections | None = None,
        page_size: int = PAGE_SIZE,
        call_metrics: CallMetrics | None = None,
    ) -> None:
        self._api_url, self._timeout, self._page_size = api_url.rstrip("/"), timeout, page_size
        self._calls = ApiCalls(clock, connections, call_metrics)

    def campaign_page(self, access: Secret, question: CampaignQuestion, page: int) -> ReportPage | ReportFailure:
        query = _in_query({**_report(question), "enable_total_metrics": True, **self._page(page)})

        def read(envelope: Envelope, answer: HttpAnswer) -> ReportPage:
            throttled = CUT_HEADER in answer.headers
            return report_answers.report_page(envelope.data, AUCTION, question.account, question.window, throttled=throttled)

        return self._get("/report/integrated/get/", access, query, read)

    def control_totals(
        self, access: Secret, account: AdvertiserId, window: Window
    ) -> Mapping[date, Decimal | None] | ReportFailure:
        query = {
            "advertiser_id": account,
            "report_type": "BASIC",
            "data_level": "AUCTION_ADVERTISER",
            "dimensions": ["stat_time_day"],
            "metrics": [AUCTION.spend],
            **_span(window),
            "page": 1,
            "page_size": PAGE_SIZE,
        }

        def read(envelope: Envelope, _: HttpAnswer) -> Mapping[date, Decimal | None]:
            return report_answers.account_totals(envelope.data, window)

        return self._get("/report/integrated/get/", access, _in_query(query), read)

    def campaign_list(self, access: Secret, account: AdvertiserId, page: int) -> CampaignPage | ReportFailure:
        filtering = {"primary_status": "STATUS_ALL"}
        query = {"advertiser_id": account, "fields": ["campaign_id"], "filtering": filtering, **self._page(page)}
        return self._get(
            "/campaign/get/", access, _in_query(query), lambda envelope, _: report_answers.campaign_page(envelope.data)
        )

    def stores(self, access: Secret, account: AdvertiserId) -> tuple[StoreId, ...] | ReportFailure:
        query = {"advertiser_id": account}
        return self._get("/gmv_max/store/list/", access, query, lambda envelope, _: report_answers.gmv_max_stores(envelope.data))

    def gmv_max_page(self, access: Secret, question: ShopQuestion, page: int) -> ReportPage | ReportFailure:
        query = {
            "advertiser_id": question.account,
            "store_ids": [question.store],
            "dimensions": ["campaign_id", "stat_time_day"],
            "metrics": GMV_MAX.asked_for(question.without),
            **_span(question.window),
            **self._page(page),
        }

        def read(envelope: Envelope, _: HttpAnswer) -> ReportPage:
            return report_answers.report_page(envelope.data, GMV_MAX, question.account, question.window, throttled=False)

        return self._get("/gmv_max/report/get/", access, _in_query(query), read, GMV_MAX)

    def order_report(self, access: Secret, question: CampaignQuestion) -> ReportTaskId | ReportFailure:
        def read(envelope: Envelope, _: HttpAnswer) -> ReportTaskId:
            if (task := id_of(envelope.data.get("task_id"))) is None:
                raise UnreadableReport("a report under way without an id")
            return ReportTaskId(task)

        url = self._api_url + "/report/task/create/"
        body = msgspec.json.encode({**_report(question), "output_format": "CSV_DOWNLOAD"})
        request = HttpRequest("POST", url, {"Content-Type": "application/json"}, body=body)
        return self._called(request, access, read, AUCTION)

    def report_state(self, access: Secret, account: AdvertiserId, task: ReportTaskId) -> TaskState | ReportFailure:
        def read(envelope: Envelope, _: HttpAnswer) -> TaskState:
            return TASK_STATES.get(text_of(envelope.data.get("status")).upper(), TaskState.UNDER_WAY)

        return self._get("/report/task/check/", access, {"advertiser_id": account, "task_id": task}, read)

    def ordered_report(self, access: Secret, question: CampaignQuestion, task: ReportTaskId) -> ReportPage | ReportFailure:
        query = {"advertiser_id": question.account, "task_id": task}
        request = self._request("/report/task/download/", query)
        answer = self._calls.send(request, access, within=FILE_TAKES * self._timeout)
        if isinstance(answer, HttpAnswer) and answer.status == 200 and Envelope.of(answer.body) is None:  # noqa: PLR2004 (HTTP's OK)
            self._calls.note_code(request.url, None, is_file=True)
            try:
                return report_answers.report_file(answer.body.decode(), AUCTION, question.account, question.window)
            except (UnreadableReport, UnicodeDecodeError) as unreadable:
                return Unavailable(str(unreadable))
        envelope = self._envelope(request, answer, AUCTION)
        return Unavailable("a success without a report's file") if isinstance(envelope, Envelope) else envelope

    def close(self) -> None:
        """Close the connections that are idle, and the others after their calls."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _page(self, number: int) -> dict[str, object]:
        return {"page": number, "page_size": self._page_size}

    def _request(self, path: str, query: Mapping[str, str]) -> HttpRequest:
        return HttpRequest("GET", self._api_url + path, {}, query=query, longest_answer=LONGEST_REPORT)

    def _get(
        self,
        path: str,
        access: Secret,
        query: Mapping[str, str],
        read: Callable[[Envelope, HttpAnswer], Read],
        metrics: Metrics = AUCTION,
    ) -> Read | ReportFailure:
        return self._called(self._request(path, query), access, read, metrics)

    def _called(
        self, request: HttpRequest, access: Secret, read: Callable[[Envelope, HttpAnswer], Read], metrics: Metrics
    ) -> Read | ReportFailure:
        """What `read` makes of a success, or what else it came to."""
        answer = self._calls.send(request, access, within=self._timeout)
        envelope = self._envelope(request, answer, metrics)
        if not (isinstance(envelope, Envelope) and isinstance(answer, HttpAnswer)):
            return Unavailable("no answer") if isinstance(envelope, Envelope) else envelope
        try:
            return read(envelope, answer)
        except UnreadableReport as unreadable:
            return Unavailable(f"a success that is no report: {unreadable}")

    def _envelope(
        self, request: HttpRequest, answer: HttpAnswer | NotSent | Lost | ReportFailure, metrics: Metrics
    ) -> Envelope | ReportFailure:
        match answer:
            case NotSent(detail=detail):
                return Unavailable(f"no connection ({detail})")
            case Lost(detail=detail):
                return ReportTimedOut(detail) if "Timeout" in detail else Unavailable(f"no answer ({detail})")
            case HttpAnswer(body=body):
                envelope = Envelope.of(body)
                self._calls.note_code(request.url, envelope)
                if envelope is not None and envelope.code in SUCCESS:
                    return envelope
                return _of_reports(envelope, metrics) or self._failure(request, envelope, answer)
            case failure:
                return failure

    def _failure(self, request: HttpRequest, envelope: Envelope | None, answer: HttpAnswer) -> ReportFailure:
        failure = self._calls.failure_of(CallKind.WITH_TOKEN, request.url, envelope, answer)
        if isinstance(failure, NotPermitted) and failure.code in OF_THE_ACCOUNT:
            return AccountRefused(failure.code)
        return failure


def _of_reports(envelope: Envelope | None, metrics: Metrics) -> ReportFailure | None:
    """What only a question for a report can come to."""
    if envelope is None:
        return None
    if envelope.code == TOO_LARGE:
        return QueryTooLarge(envelope.code)
    if envelope.code == TIMED_OUT:
        return ReportTimedOut("TikTok's own time was up")
    names = invalid_metrics(envelope.message, metrics) if envelope.code == INVALID else None
    return InvalidMetrics(names, envelope.code) if names else None


def _report(question: CampaignQuestion) -> dict[str, object]:
    """The question in TikTok's words. Sorted by what it was asked for, since pages have no order else."""
    filtering = [ALL_STATUSES]
    if question.campaigns:
        named = msgspec.json.encode(question.campaigns).decode()
        filtering = [*filtering, {"field_name": "campaign_ids", "filter_type": "IN", "filter_value": named}]
    return {
        "advertiser_id": question.account,
        "report_type": "BASIC",
        "data_level": "AUCTION_CAMPAIGN",
        "dimensions": ["campaign_id", "stat_time_day"],
        "metrics": AUCTION.asked_for(question.without),
        **_span(question.window),
        "filtering": filtering,
        "order_field": AUCTION.spend,
        "order_type": "DESC",
    }


def _span(window: Window) -> dict[str, object]:
    return {"start_date": window.first.isoformat(), "end_date": window.last.isoformat()}


def _in_query(values: Mapping[str, object]) -> dict[str, str]:
    """Lists, objects and truths as JSON text; text as it is."""
    return {name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in values.items()}
