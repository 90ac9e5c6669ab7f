"""The page of spend by currency: totals, both ratios, the chart, campaigns, and what a ratio is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce

from application.show_spend import SpendShown
from domain.order import Order
from domain.roas import Roas, roas_by_day
from domain.spend import Spend, SpendTotals
from domain.spend_columns import SpendColumn, SpendLine, lines_by
from entrypoints.http.pages.spend_chart import Chart, chart_of


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day of the table behind the chart."""

    day: date
    figures: SpendTotals
    closed: bool
    by_orders: Decimal | None
    claimed: Decimal | None


@dataclass(frozen=True, slots=True)
class CurrencySection:
    """Everything in one currency."""

    currency: str
    totals: SpendTotals
    roas: Roas | None
    chart: Chart
    days: Sequence[DayLine]
    campaigns: Sequence[SpendLine]
    """The dearest first."""
    of_days: int

    @property
    def days_used(self) -> int:
        """Of how many days the ratios are."""
        return len(self.roas.days) if self.roas else 0

    @property
    def orders(self) -> Sequence[Order]:
        """Those in the ratio."""
        return self.roas.revenue.orders if self.roas and self.roas.revenue else ()

    @property
    def on_home_page(self) -> int | None:
        """How many the dashboard's home page counts, where it counts differently."""
        revenue = self.roas.revenue if self.roas else None
        return revenue.on_home_page if revenue and revenue.on_home_page != len(revenue.orders) else None


@dataclass(frozen=True, slots=True)
class RatioParts:
    """What a ratio is made of."""

    currency: str
    orders: Sequence[Order]
    rows: Sequence[Spend]


def sections_by_currency(shown: SpendShown) -> list[CurrencySection]:
    """The currency that most accounts have need not be first: they stand in their order."""
    sold_in = shown.orders.currencies if shown.orders else ()
    by_day = roas_by_day(shown.spend, shown.window, shown.dated, sold_in)
    of_roas = {roas.currency: roas for roas in shown.roas}
    currencies = sorted({row.currency for row in shown.rows} | of_roas.keys())
    return [
        _section(currency, shown, of_roas.get(currency), {day: _of(one, currency) for day, one in by_day.items()})
        for currency in currencies
    ]


def parts_of(shown: SpendShown, currency: str) -> RatioParts | None:
    """The orders and the rows that the ratio in this currency is made of; None where there is none."""
    roas = _of(shown.roas, currency)
    if roas is None:
        return None
    days = set(roas.days)
    rows = [row for row in shown.rows if row.currency == currency and row.day in days]
    return RatioParts(
        currency, roas.revenue.orders if roas.revenue else (), sorted(rows, key=lambda row: (row.day, row.campaign or ""))
    )


def _section(currency: str, shown: SpendShown, roas: Roas | None, by_day: dict[date, Roas | None]) -> CurrencySection:
    rows = [row for row in shown.rows if row.currency == currency]
    figures = {line.day: line.figures for line in lines_by([SpendColumn.DAY], rows)}
    accounts = [account.closed_days for account in shown.spend if account.currency == currency]
    closed: frozenset[date] = reduce(frozenset.__and__, accounts) if accounts else frozenset()
    days = [_day(day, figures.get(day, SpendTotals()), by_day.get(day), closed=day in closed) for day in shown.window.days]
    campaigns = sorted(lines_by([SpendColumn.CAMPAIGN], rows), key=lambda line: line.figures.spend, reverse=True)
    chart = chart_of(shown.window.days, {line.day: line.figures.spend for line in days}, closed)
    return CurrencySection(currency, SpendTotals.of(rows), roas, chart, days, campaigns, shown.window.length)


def _day(day: date, figures: SpendTotals, roas: Roas | None, *, closed: bool) -> DayLine:
    return DayLine(day, figures, closed, roas.by_orders if roas else None, roas.claimed if roas else None)


def _of(several: Sequence[Roas], currency: str) -> Roas | None:
    return next((roas for roas in several if roas.currency == currency), None)
