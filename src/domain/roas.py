"""Return on ad spend, as two ratios that never stand for one another: by the shop's orders, and as TikTok claims it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import reduce
from typing import Self, TypeVar

from domain.attribution import Campaign, CampaignDirectory, is_tiktok_order, is_tiktok_order_on_home_page
from domain.ids import AdvertiserId, CampaignId
from domain.order import Order
from domain.spend import NOTHING, Spend, SpendKind, SpendTotals
from domain.spend_calendar import AccountCalendar, Window

Key = TypeVar("Key")

RATIO_PLACES = Decimal("0.0001")
EXACT = Context(prec=80)
"""More digits than a quotient needs to be rounded once, at the end."""


@dataclass(frozen=True, slots=True)
class AccountSpend:
    """An account's spend in a window, and on which of the days it is relied on to the cent."""

    account: AdvertiserId
    calendar: AccountCalendar
    currency: str
    rows: Sequence[Spend]
    """One for each campaign and day, or each day's campaigns added up."""
    closed_days: frozenset[date]
    campaign_names: Mapping[CampaignId, str] | None = None
    """What the window's campaigns are called, where the rows do not say it."""

    @property
    def campaigns(self) -> Iterable[tuple[Campaign, str]]:
        """Its campaigns in the window, each with its name."""
        if self.campaign_names is not None:
            return ((Campaign(self.account, campaign), name) for campaign, name in self.campaign_names.items())
        return ((Campaign(row.account, row.campaign), row.campaign_name) for row in self.rows if row.campaign is not None)


@dataclass(frozen=True, slots=True)
class DatedOrder:
    """An order on the local day of the account whose ad it came through."""

    order: Order
    day: date
    campaign: Campaign | None
    """None: it is not known."""

    @property
    def account(self) -> AdvertiserId | None:
        """Whose campaign it is."""
        return self.campaign.account if self.campaign else None


@dataclass(frozen=True, slots=True)
class OrderRevenue:
    """TikTok's orders of one currency: what they are worth, and which ones they are."""

    currency: str
    orders: tuple[DatedOrder, ...] = ()
    home_page_orders: tuple[DatedOrder, ...] = ()
    """Those that the dashboard's home page counts as TikTok's in the same days."""

    @property
    def total(self) -> Decimal:
        """All of them added."""
        return sum((one.order.total for one in self.orders), NOTHING)

    def of(self, key: Callable[[DatedOrder], Key]) -> Mapping[Key, Self]:
        """The same told apart by a property of the orders."""
        parts: dict[Key, tuple[list[DatedOrder], list[DatedOrder]]] = {}
        for place, orders in enumerate((self.orders, self.home_page_orders)):
            for one in orders:
                parts.setdefault(key(one), ([], []))[place].append(one)
        return {name: type(self)(self.currency, tuple(ours), tuple(theirs)) for name, (ours, theirs) in parts.items()}


@dataclass(frozen=True, slots=True)
class Roas:
    """Spend of one currency on the days that are closed, and what came of it on exactly these days."""

    currency: str
    days: tuple[date, ...]
    """The days that it is made of: closed in every account of the currency."""
    rows: tuple[Spend, ...]
    """The spend that it is made of."""
    spend: SpendTotals
    revenue: OrderRevenue | None
    """None: the shops' orders are not known, or none of them is in this currency."""
    by_day: bool = True
    """Whether a day is the same for all its accounts, so that each day has a ratio."""

    @property
    def by_orders(self) -> Decimal | None:
        """TikTok's orders divided by TikTok's spend."""
        return ratio(self.revenue.total, self.spend.spend) if self.revenue is not None and self.days else None

    @property
    def claimed(self) -> Decimal | None:
        """What TikTok itself claims that purchases were worth, divided by the same spend."""
        return ratio(self.spend.purchase_value, self.spend.spend)

    def of_days(self) -> Mapping[date, Self]:
        """The same by day; empty where accounts lie in several zones, or in one that is not known."""
        if not self.by_day:
            return {}
        parts = self._parts(lambda row: row.day, lambda one: one.day)
        return {day: replace(parts.get(day, self._part((), None)), days=(day,)) for day in self.days}

    def of_campaigns(self) -> Mapping[CampaignId | None, Self]:
        """The same by campaign. None: spent in no campaign, and orders whose campaign is not known."""
        return self._parts(lambda row: row.campaign, lambda one: one.campaign.id if one.campaign else None)

    def _parts(self, of_row: Callable[[Spend], Key], of_order: Callable[[DatedOrder], Key]) -> Mapping[Key, Self]:
        rows: dict[Key, list[Spend]] = {}
        for row in self.rows:
            rows.setdefault(of_row(row), []).append(row)
        revenue: Mapping[Key, OrderRevenue] = self.revenue.of(of_order) if self.revenue is not None else {}
        return {key: self._part(rows.get(key, ()), revenue.get(key)) for key in [*rows, *(revenue.keys() - rows.keys())]}

    def _part(self, rows: Iterable[Spend], revenue: OrderRevenue | None) -> Self:
        rows = tuple(rows)
        nothing_sold = None if self.revenue is None else OrderRevenue(self.currency)
        return replace(self, rows=rows, spend=SpendTotals.of(rows), revenue=revenue or nothing_sold)


def ratio(value: Decimal | None, spend: Decimal) -> Decimal | None:
    """The quotient with four places, rounded half to even; None where there is no value, or nothing was spent."""
    if value is None or spend <= 0:
        return None
    return EXACT.divide(value, spend).quantize(RATIO_PLACES, ROUND_HALF_EVEN, EXACT)


def dated_orders(accounts: Sequence[AccountSpend], orders: Iterable[Order]) -> list[DatedOrder]:
    """Orders that count, by day. One whose campaign is not known falls into the day of the first account of its currency."""
    directory = CampaignDirectory.of(named for account in accounts for named in account.campaigns)
    calendars = {account.account: account.calendar for account in accounts}
    first_calendars = {account.currency: account.calendar for account in reversed(accounts)}
    dated: list[DatedOrder] = []
    for order in orders if accounts else ():
        if order.counts:
            campaign = directory.campaign_of(order)
            first_calendar = first_calendars.get(order.currency, accounts[0].calendar)
            calendar = calendars[campaign.account] if campaign else first_calendar
            dated.append(DatedOrder(order, calendar.today(order.placed_at), campaign))
    return dated


def revenue_by_currency(orders: Iterable[DatedOrder], days: Collection[date]) -> dict[str, OrderRevenue]:
    """What TikTok's orders of these days are worth, by currency; one in which only others sold has none of TikTok's."""
    of_currency: dict[str, list[DatedOrder]] = {}
    for one in orders:
        if one.day in days:
            of_currency.setdefault(one.order.currency, []).append(one)
    return {
        currency: OrderRevenue(
            currency,
            tuple(one for one in chosen if is_tiktok_order(one.order.attribution)),
            tuple(one for one in chosen if is_tiktok_order_on_home_page(one.order.attribution)),
        )
        for currency, chosen in sorted(of_currency.items())
    }


def roas_by_currency(
    accounts: Sequence[AccountSpend], window: Window, orders: Sequence[DatedOrder] | None, sold_in: Collection[str] = ()
) -> list[Roas]:
    """The ratios of each currency that was spent. `sold_in`: currencies of the shops' orders, whoever brought them.

    An order that came through an account of another currency is left out: its spend is not in the ratio either.
    """
    return [
        _roas_of(currency, chosen, window.days, orders if currency in sold_in else None)
        for currency, chosen in _by_currency(accounts).items()
    ]


def is_one_zone(accounts: Iterable[AccountSpend]) -> bool:
    """Whether a day is the same for all of them, as far as is known."""
    zones = {account.calendar.zone for account in accounts}
    return len(zones) == 1 and None not in zones


def _by_currency(accounts: Iterable[AccountSpend]) -> dict[str, list[AccountSpend]]:
    """Accounts whose currency is known."""
    by_currency: dict[str, list[AccountSpend]] = {}
    for account in accounts:
        if account.currency:
            by_currency.setdefault(account.currency, []).append(account)
    return dict(sorted(by_currency.items()))


def _roas_of(currency: str, accounts: Sequence[AccountSpend], days: Iterable[date], orders: Sequence[DatedOrder] | None) -> Roas:
    closed = reduce(frozenset.__and__, (account.closed_days for account in accounts))
    used = tuple(day for day in days if day in closed)
    counted = set(used)
    rows = tuple(
        row
        for account in accounts
        for row in account.rows
        if row.day in counted and row.kind is SpendKind.AUCTION and row.currency == currency
    )
    revenue = None
    if orders is not None:
        own = {None, *(account.account for account in accounts)}
        chosen = (one for one in orders if one.order.currency == currency and one.account in own)
        revenue = revenue_by_currency(chosen, counted).get(currency, OrderRevenue(currency))
    return Roas(currency, used, rows, SpendTotals.of(rows), revenue, by_day=is_one_zone(accounts))
