"""Return on ad spend, as two ratios that never stand for one another: by the shop's orders, and as TikTok claims it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import reduce

from domain.attribution import CampaignDirectory, is_tiktok_order, is_tiktok_order_on_home_page
from domain.ids import AdvertiserId
from domain.order import Order
from domain.spend import NOTHING, Spend, SpendKind, SpendTotals
from domain.spend_calendar import AccountCalendar, Window

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
    closed_days: frozenset[date]


@dataclass(frozen=True, slots=True)
class OrderRevenue:
    """TikTok's orders of one currency: what they are worth, and which ones they are."""

    currency: str
    orders: tuple[Order, ...] = ()
    on_home_page: int = 0
    """How many orders the dashboard's home page counts as TikTok's in the same days."""

    @property
    def total(self) -> Decimal:
        """All of them added."""
        return sum((order.total for order in self.orders), NOTHING)


@dataclass(frozen=True, slots=True)
class Roas:
    """Spend of one currency on the days that are closed, and what came of it on exactly these days."""

    currency: str
    days: tuple[date, ...]
    """The days that it is made of: closed in every account of the currency."""
    spend: SpendTotals
    revenue: OrderRevenue | None
    """None: the shops' orders are not known, or none of them is in this currency."""

    @property
    def by_orders(self) -> Decimal | None:
        """TikTok's orders divided by TikTok's spend."""
        return ratio(self.revenue.total, self.spend.spend) if self.revenue is not None and self.days else None

    @property
    def claimed(self) -> Decimal | None:
        """What TikTok itself claims that purchases were worth, divided by the same spend."""
        return ratio(self.spend.purchase_value, self.spend.spend)


@dataclass(frozen=True, slots=True)
class DatedOrder:
    """An order on the local day of the account whose ad it came through."""

    order: Order
    day: date
    account: AdvertiserId | None
    """None: its campaign is not known."""


def ratio(value: Decimal | None, spend: Decimal) -> Decimal | None:
    """The quotient with four places, rounded half to even; None where there is no value, or nothing was spent."""
    if value is None or spend <= 0:
        return None
    return EXACT.divide(value, spend).quantize(RATIO_PLACES, ROUND_HALF_EVEN, EXACT)


def dated_orders(accounts: Sequence[AccountSpend], orders: Iterable[Order]) -> list[DatedOrder]:
    """Orders that count, by day. One whose campaign is not known falls into the day of the first account."""
    directory = CampaignDirectory.of(row for account in accounts for row in account.rows)
    calendars = {account.account: account.calendar for account in accounts}
    dated: list[DatedOrder] = []
    for order in orders if accounts else ():
        if order.counts:
            campaign = directory.campaign_of(order)
            calendar = calendars[campaign.account] if campaign else accounts[0].calendar
            dated.append(DatedOrder(order, calendar.today(order.placed_at), campaign.account if campaign else None))
    return dated


def revenue_by_currency(orders: Iterable[DatedOrder], days: Collection[date]) -> dict[str, OrderRevenue]:
    """What TikTok's orders of these days are worth, by currency; one in which only others sold has none of TikTok's."""
    of_currency: dict[str, list[Order]] = {}
    for one in orders:
        if one.day in days:
            of_currency.setdefault(one.order.currency, []).append(one.order)
    return {
        currency: OrderRevenue(
            currency,
            tuple(order for order in chosen if is_tiktok_order(order.attribution)),
            sum(is_tiktok_order_on_home_page(order.attribution) for order in chosen),
        )
        for currency, chosen in sorted(of_currency.items())
    }


def roas_by_currency(
    accounts: Sequence[AccountSpend], window: Window, orders: Sequence[DatedOrder] | None, sold_in: Collection[str] = ()
) -> list[Roas]:
    """The ratios of each currency that was spent. `sold_in`: currencies of the shops' orders, whoever brought them.

    An order that came through an account of another currency is left out: its spend is not in the ratio either.
    """
    by_currency: dict[str, list[AccountSpend]] = {}
    for account in accounts:
        if account.currency:
            by_currency.setdefault(account.currency, []).append(account)
    return [
        _roas_of(currency, chosen, window.days, orders if currency in sold_in else None)
        for currency, chosen in sorted(by_currency.items())
    ]


def roas_by_day(
    accounts: Sequence[AccountSpend], window: Window, orders: Sequence[DatedOrder] | None, sold_in: Collection[str] = ()
) -> Mapping[date, list[Roas]]:
    """The same by day; empty where accounts lie in several zones, or in one that is not known: a day is not the same there."""
    zones = {account.calendar.zone for account in accounts}
    if len(zones) != 1 or None in zones:
        return {}
    return {day: roas_by_currency(accounts, Window(day, day), orders, sold_in) for day in window.days}


def _roas_of(currency: str, accounts: Sequence[AccountSpend], days: Iterable[date], orders: Sequence[DatedOrder] | None) -> Roas:
    closed = reduce(frozenset.__and__, (account.closed_days for account in accounts))
    used = tuple(day for day in days if day in closed)
    counted = set(used)
    spend = SpendTotals.of(
        row
        for account in accounts
        for row in account.rows
        if row.day in counted and row.kind is SpendKind.AUCTION and row.currency == currency
    )
    if orders is None:
        return Roas(currency, used, spend, None)
    own = {None, *(account.account for account in accounts)}
    chosen = (one for one in orders if one.order.currency == currency and one.account in own)
    return Roas(currency, used, spend, revenue_by_currency(chosen, counted).get(currency, OrderRevenue(currency)))
