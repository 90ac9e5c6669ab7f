"""What is told of spend over the wire: money and ratios as decimal text, which no reader rounds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from application.show_spend import SpendShown
from domain.ids import AdvertiserId, ConnectionId
from domain.roas import Roas
from domain.spend import SpendTotals
from domain.spend_columns import SpendColumn, SpendLine, totals_by_currency
from entrypoints.http.api.bodies import AccountId, Currency, Id, Time, Wire

Day = Annotated[date, Meta(description="A day of the account's own time zone.", examples=["2030-01-31"])]
Money = Annotated[str, Meta(description="Exact, as decimal text.", pattern=r"^-?\d+(\.\d+)?$", examples=["1234.56"])]
Ratio = Annotated[str, Meta(description="Four places, rounded half to even.", pattern=r"^-?\d+\.\d{4}$", examples=["2.5000"])]
Count = Annotated[int, Meta(ge=0, examples=[120])]
Campaign = Annotated[str | None, Meta(description="Null: it was spent in no campaign.", examples=["1790000000000000001"])]


class Figures(Wire, frozen=True, kw_only=True):
    """What was spent, and what TikTok counts beside it: null where it does not tell."""

    spend: Money
    currency: Currency
    impressions: Count | None
    clicks: Count | None
    conversions: Count | None


class SpendRow(Figures, frozen=True, kw_only=True):
    """Figures of what the row's own columns name; the columns that `by` does not name are left out."""

    date: Day | UnsetType = UNSET
    connection_id: Id | UnsetType = UNSET
    account_id: AccountId | UnsetType = UNSET
    campaign_id: Campaign | UnsetType = UNSET
    campaign_name: Annotated[str, Meta(examples=["Spring"])] | UnsetType = UNSET


class RevenueBody(Wire, frozen=True, kw_only=True):
    """TikTok's orders of all days: their worth with tax and shipping, and how many there are."""

    currency: Currency
    total: Money
    orders: Count


class RoasBody(Wire, frozen=True, kw_only=True):
    """Two ratios that never stand for one another."""

    currency: Currency
    orders: Annotated[
        Ratio | None,
        Meta(description="TikTok's orders by TikTok's spend. Null unless both share a currency and every day is closed."),
    ]
    claimed: Annotated[
        Ratio | None, Meta(description="What TikTok claims that purchases were worth by its spend, on the days that are closed.")
    ]


class Importing(Wire, frozen=True, kw_only=True):
    """How many days of how many are read."""

    done: Count
    of: Count


class OpenDay(Wire, frozen=True, kw_only=True):
    """A day whose figures may still change, or are not all there: missing, partial or provisional."""

    connection_id: Id
    date: Day
    state: Literal["missing", "partial", "provisional", "settled", "restated"]


class SpendBody(Wire, frozen=True, kw_only=True):
    """Spend of one user's accounts in a span of days."""

    first: Annotated[date, Meta(examples=["2030-01-01"])] = field(name="from")
    last: Annotated[date, Meta(examples=["2030-01-31"])] = field(name="to")
    rows: list[SpendRow]
    totals: list[Figures]
    roas: list[RoasBody]
    imported_through: Annotated[Time | None, Meta(description="Up to when every account was read; null: one never was.")]
    importing: Annotated[Importing | None, Meta(description="While the past is being read.")]
    incomplete: Annotated[list[OpenDay], Meta(description="Days whose books are not closed.")]


class SpendReport(SpendBody, frozen=True, kw_only=True):
    """With the revenue beside it; null where the dashboard's orders can't be read here."""

    revenue: list[RevenueBody] | None


class SpendPage(SpendBody, frozen=True, kw_only=True):
    """A page of the rows; totals are of all of them. `nextCursor` brings the next page; null: this is the last."""

    next_cursor: str | None


def json_with_rows(report: SpendReport, pieces: Iterable[Sequence[SpendRow]]) -> bytes:
    """The report as JSON with these rows, which are not in memory together: their text alone is."""
    before, after = msgspec.json.encode(report).split(b'"rows":[]', 1)
    rows = b",".join(msgspec.json.encode(rows)[1:-1] for rows in pieces if rows)
    return b"".join((before, b'"rows":[', rows, b"]", after))


def row_of(line: SpendLine, columns: Collection[SpendColumn], connections: Mapping[AdvertiserId, ConnectionId]) -> SpendRow:
    """A line with the columns that it was told apart by."""
    by_account, by_campaign = SpendColumn.ACCOUNT in columns and line.account is not None, SpendColumn.CAMPAIGN in columns
    return SpendRow(
        date=line.day or UNSET,
        connection_id=connections[line.account] if by_account and line.account else UNSET,
        account_id=line.account if by_account and line.account else UNSET,
        campaign_id=line.campaign if by_campaign else UNSET,
        campaign_name=line.campaign_name if by_campaign else UNSET,
        spend=text_of(line.figures.spend),
        currency=line.currency,
        impressions=line.figures.impressions,
        clicks=line.figures.clicks,
        conversions=line.figures.conversions,
    )


def totals_of(shown: SpendShown) -> list[Figures]:
    """By currency."""
    return [figures_of(currency, totals) for currency, totals in totals_by_currency(shown.rows).items()]


def figures_of(currency: str, totals: SpendTotals) -> Figures:
    """Figures in one currency."""
    return Figures(
        spend=text_of(totals.spend),
        currency=currency,
        impressions=totals.impressions,
        clicks=totals.clicks,
        conversions=totals.conversions,
    )


def revenue_of(shown: SpendShown) -> list[RevenueBody] | None:
    """By currency; a currency in which TikTok brought no order is left out."""
    if shown.revenue is None:
        return None
    return [
        RevenueBody(currency=one.currency, total=text_of(one.total), orders=len(one.orders))
        for one in shown.revenue
        if one.orders
    ]


def roas_of(shown: SpendShown) -> list[RoasBody]:
    """By currency. By orders only where all days are closed: revenue and totals beside it are of all days."""
    return [
        RoasBody(
            currency=one.currency,
            orders=ratio_of(one, shown),
            claimed=None if one.claimed is None else text_of_ratio(one.claimed),
        )
        for one in shown.roas
    ]


def ratio_of(roas: Roas, shown: SpendShown) -> str | None:
    """The ratio by orders of the whole span."""
    whole = len(roas.days) == shown.window.length
    return text_of_ratio(roas.by_orders) if whole and roas.by_orders is not None else None


def importing_of(shown: SpendShown) -> Importing | None:
    """How far the past is read."""
    return Importing(done=shown.importing[0], of=shown.importing[1]) if shown.importing else None


def open_days_of(shown: SpendShown) -> list[OpenDay]:
    """The days that are not closed."""
    return [OpenDay(connection_id=connection, date=day, state=state.value) for connection, day, state in shown.incomplete]


def text_of(amount: Decimal) -> str:
    """An amount without an exponent and without zeros at its end."""
    return f"{amount.normalize():f}"


def text_of_ratio(ratio: Decimal) -> str:
    """A ratio with its four places."""
    return f"{ratio:f}"
