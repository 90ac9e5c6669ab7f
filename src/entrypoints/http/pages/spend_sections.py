"""The page of spend by currency: totals, both ratios, the chart, days and campaigns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from application.show_spend import AccountShown, SpendShown
from domain.ids import CampaignId
from domain.roas import OrderRevenue, Roas
from domain.spend import NOTHING, SpendTotals
from domain.spend_columns import SpendColumn, SpendLine, lines_by
from domain.spend_day import DayState
from entrypoints.http.pages.spend_chart import Chart, chart_of
from entrypoints.http.pages.spend_day_states import DayBooks

MOST_CAMPAIGNS = 200
"""Campaigns that are listed; the others are one line."""


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day of the table behind the chart. `figures` is None where nothing was read."""

    day: date
    figures: SpendTotals | None
    books: DayBooks
    roas: Roas | None


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign's figures of all days, and its ratios on those that are closed."""

    line: SpendLine
    roas: Roas | None


@dataclass(frozen=True, slots=True)
class CurrencySection:
    """Everything in one currency."""

    currency: str
    totals: SpendTotals
    roas: Roas | None
    chart: Chart
    days: Sequence[DayLine]
    campaigns: Sequence[CampaignLine]
    """The dearest, and the dearest first."""
    cheaper: Sequence[SpendLine]
    """Campaigns beyond these."""
    of_no_campaign: OrderRevenue | None
    """TikTok's orders whose campaign is not known."""

    @property
    def spent_by_cheaper(self) -> Decimal:
        """What the campaigns that are not listed spent."""
        return sum((line.figures.spend for line in self.cheaper), NOTHING)

    @property
    def unread(self) -> int:
        """Of how many days something is not read."""
        return sum(line.books.state is DayState.MISSING for line in self.days)

    @property
    def days_used(self) -> int:
        """Of how many days the ratios are."""
        return len(self.roas.days) if self.roas else 0

    @property
    def on_home_page(self) -> int | None:
        """How many orders the dashboard's home page counts, where it counts differently."""
        revenue = self.roas.revenue if self.roas else None
        return len(revenue.home_page_orders) if revenue and revenue.home_page_orders != revenue.orders else None

    @property
    def in_several_zones(self) -> bool:
        """Whether a day is not the same for all accounts, or in a zone that is not known."""
        return self.roas is not None and not self.roas.by_day


def sections_by_currency(shown: SpendShown) -> list[CurrencySection]:
    """Of currencies of which anything was read."""
    of_roas = {roas.currency: roas for roas in shown.roas}
    accounts: dict[str, list[AccountShown]] = {}
    for account in shown.accounts:
        accounts.setdefault(account.spend.currency, []).append(account)
    read = {currency for currency, several in accounts.items() if any(account.days for account in several)}
    currencies = sorted(read | {row.currency for row in shown.rows})
    return [_section(currency, shown, accounts.get(currency, ()), of_roas.get(currency)) for currency in currencies]


def _section(currency: str, shown: SpendShown, accounts: Sequence[AccountShown], roas: Roas | None) -> CurrencySection:
    rows = [row for row in shown.rows if row.currency == currency]
    figures = {line.day: line.figures for line in lines_by([SpendColumn.DAY], rows) if line.day}
    by_day: Mapping[date, Roas] = roas.of_days() if roas else {}
    by_campaign: Mapping[CampaignId | None, Roas] = roas.of_campaigns() if roas else {}
    days = [_day(day, figures.get(day), DayBooks.of(accounts, day), by_day.get(day)) for day in shown.window.days]
    lines = sorted(lines_by([SpendColumn.CAMPAIGN], rows), key=lambda line: line.figures.spend, reverse=True)
    dearest, cheaper = lines[:MOST_CAMPAIGNS], lines[MOST_CAMPAIGNS:]
    campaigns = [CampaignLine(line, by_campaign.get(line.campaign) if line.campaign else None) for line in dearest]
    amounts = {day: totals.spend for day, totals in figures.items()}
    chart = chart_of(shown.window.days, amounts, {line.day: line.books.look for line in days})
    unknown = by_campaign.get(None)
    revenue = unknown.revenue if unknown and unknown.revenue and unknown.revenue.orders else None
    return CurrencySection(currency, SpendTotals.of(rows), roas, chart, days, campaigns, cheaper, revenue)


def _day(day: date, figures: SpendTotals | None, books: DayBooks, roas: Roas | None) -> DayLine:
    nothing = SpendTotals() if books.read_of_some else None
    return DayLine(day, figures or nothing, books, roas)
