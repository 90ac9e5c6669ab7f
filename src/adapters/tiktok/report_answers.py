"""TikTok's reports, lists of campaigns and of shops, read from its answers: exact, and nothing guessed."""

import csv
import io
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from adapters.tiktok.answers import Row, id_of, text_of
from adapters.tiktok.report_metrics import AUCTION, Metrics
from application.ports.spend_reports import CampaignPage
from domain.ids import AdvertiserId, CampaignId, StoreId
from domain.report_pages import ReportPage, UnreadableRow
from domain.spend import NOTHING, Spend, UnreadableFigure, amount_of, count_of
from domain.spend_calendar import Window

Number = TypeVar("Number", int, Decimal)

log = logging.getLogger(__name__)

LONGEST_CAMPAIGN_NAME = 10_000
"""Characters; orders are matched by the exact name, so it is not cut to what is shown."""

LONGEST_FIGURE = 100

NO_TEXT = " -"
"""A dash is TikTok's word for none, of a currency too."""


class UnreadableReport(ValueError):
    """A success that is no report: nothing can be said of its days."""


def report_page(data: Row, metrics: Metrics, account: AdvertiserId, window: Window, *, throttled: bool) -> ReportPage:
    """One page of campaigns by day. Raises UnreadableReport."""
    read = [_spend(dimensions, figures, metrics, account, window) for dimensions, figures in _rows(data)]
    extra, totals = data.get("extra_info"), data.get("total_metrics")
    return ReportPage(
        tuple(row for row in read if isinstance(row, Spend)),
        *_extent(data),
        is_cut=throttled or (isinstance(extra, dict) and bool(extra.get("search_ads_throttle"))),
        total_spend=_told(totals.get(metrics.spend)) if isinstance(totals, dict) else None,
        unreadable=tuple(row for row in read if isinstance(row, UnreadableRow)),
    )


def report_file(text: str, metrics: Metrics, account: AdvertiserId, window: Window) -> ReportPage:
    """A report's file, whole. Raises UnreadableReport."""
    lines = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    if not {"campaign_id", "stat_time_day", metrics.spend} <= set(lines.fieldnames or ()):
        raise UnreadableReport("a report's file without the columns that were asked for")
    read = [_spend(line, line, metrics, account, window) for line in lines]
    return ReportPage(
        tuple(row for row in read if isinstance(row, Spend)),
        len(read),
        1,
        unreadable=tuple(row for row in read if isinstance(row, UnreadableRow)),
    )


def account_totals(data: Row, window: Window) -> dict[date, Decimal | None]:
    """What the account spent by day; None where that can't be kept. Raises UnreadableReport."""
    totals: dict[date, Decimal | None] = {}
    for dimensions, figures in _rows(data):
        day, amount = _day(dimensions, window), _told(figures.get(AUCTION.spend))
        if day in totals:
            raise UnreadableReport("two totals of the account for one day")
        totals[day] = amount
    count, pages = _extent(data)
    if count != len(totals) or pages > 1:
        raise UnreadableReport("not all totals of the account")
    return totals


def campaign_page(data: Row) -> CampaignPage:
    """One page of campaigns. Raises UnreadableReport."""
    ids = [id_of(row.get("campaign_id")) for row in _list(data, "list")]
    if None in ids:
        raise UnreadableReport("a campaign without an id")
    return CampaignPage(tuple(CampaignId(one) for one in ids if one), *_extent(data))


def gmv_max_stores(data: Row) -> tuple[StoreId, ...]:
    """The shops that have GMV Max. Raises UnreadableReport."""
    rows = [row for row in _list(data, "store_list") if row.get("is_gmv_max_available") is True]
    ids = [id_of(row.get("store_id")) for row in rows]
    if None in ids:
        raise UnreadableReport("a shop without an id")
    return tuple(dict.fromkeys(StoreId(one) for one in ids if one))


def _spend(dimensions: Row, figures: Row, metrics: Metrics, account: AdvertiserId, window: Window) -> Spend | UnreadableRow:
    campaign, day = id_of(dimensions.get("campaign_id")), _day(dimensions, window)
    if campaign is None:
        raise UnreadableReport("a row without a campaign")
    try:
        spend = _amount(figures.get(metrics.spend))
    except UnreadableFigure as unreadable:
        return UnreadableRow(CampaignId(campaign), day, metrics.spend, str(unreadable))
    return Spend(
        account,
        CampaignId(campaign),
        text_of(figures.get("campaign_name"), LONGEST_CAMPAIGN_NAME),
        day,
        metrics.kind,
        text_of(figures.get("currency")).strip(NO_TEXT),
        spend,
        impressions=_optional(count_of, figures, metrics.impressions),
        clicks=_optional(count_of, figures, metrics.clicks),
        conversions=_optional(count_of, figures, metrics.conversions),
        purchases=_optional(count_of, figures, metrics.purchases),
        purchase_value=_optional(amount_of, figures, metrics.purchase_value),
    )


def _optional(number_of: Callable[[str], Number | None], figures: Row, name: str) -> Number | None:
    """A figure besides the spend; one that can't be kept is logged and left out, since it costs nobody the day."""
    try:
        return number_of(_text(figures.get(name)))
    except UnreadableFigure as unreadable:
        log.warning("a figure of TikTok's can't be kept and is left out: %s is %s", name, unreadable)
        return None


def _amount(value: object) -> Decimal:
    """The spend itself. A dash is none; a figure that is absent or hidden is no spend of nought."""
    text = _text(value)
    if text.strip() == "-":
        return NOTHING
    if (amount := amount_of(text)) is None:
        raise UnreadableFigure(text, "tells no amount")
    return amount


def _told(value: object) -> Decimal | None:
    try:
        return _amount(value)
    except UnreadableFigure:
        return None


def _text(value: object) -> str:
    """A number as text, digit by digit; text as it is; anything else as no number. Never through a float."""
    match value:
        case str():
            return value[:LONGEST_FIGURE]
        case Decimal():
            exponent = value.as_tuple().exponent
            return f"{value:f}" if isinstance(exponent, int) and abs(exponent) < LONGEST_FIGURE else "?"
        case int() if not isinstance(value, bool):
            return str(value)[:LONGEST_FIGURE]
        case None:
            return ""
        case _:
            return "?"


def _day(dimensions: Row, window: Window) -> date:
    text = text_of(dimensions.get("stat_time_day"))
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise UnreadableReport(f"a row of the day {text!r}") from None
    if not window.first <= day <= window.last:
        raise UnreadableReport(f"a row of {day}, which was not asked for")
    return day


def _rows(data: Row) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for row in _list(data, "list"):
        dimensions, figures = row.get("dimensions"), row.get("metrics")
        if not (isinstance(dimensions, dict) and isinstance(figures, dict)):
            raise UnreadableReport("a row without dimensions or metrics")
        yield dimensions, figures


def _list(data: Row, name: str) -> list[Row]:
    """A list may be absent, or null, where there is nothing in it: the number of rows says whether that can be."""
    rows = data.get(name)
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnreadableReport(f"{name} is no list of rows")
    return rows


def _extent(data: Row) -> tuple[int, int]:
    """How many rows and pages there are. Without that nothing shows that an answer is whole."""
    info = data.get("page_info")
    try:
        numbers = [count_of(_text(info[name])) for name in ("total_number", "total_page")] if isinstance(info, dict) else []
    except (KeyError, UnreadableFigure):
        numbers = []
    rows, pages = (*numbers, None, None)[:2]
    if rows is None or pages is None:
        raise UnreadableReport("no number of rows and pages")
    return rows, pages
