"""The read side of spend: what an owner's accounts spent, how far that is read, and what came of it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from application.ports.clock import Clock
from application.ports.orders import Orders, OrdersUnavailable, ShopOrders
from application.ports.spend_store import SpendAccount, SpendStore
from application.ports.store import Store
from application.spend.rows_added_up import campaign_names, days_added_up
from domain.advertiser import Connection
from domain.errors import ConnectionNotFound
from domain.ids import ConnectionId, OwnerId
from domain.roas import AccountSpend, DatedOrder, OrderRevenue, Roas, dated_orders, revenue_by_currency, roas_by_currency
from domain.spend import Spend, SpendKind
from domain.spend_calendar import AccountCalendar, Window
from domain.spend_day import AccountDay, DayState, Restatement
from domain.spend_plan import SpendPolicy
from domain.users_and_accounts_of_services import NO_LIMITS, ServiceLimits

log = logging.getLogger(__name__)

MOST_CHANGES = 200
"""Changes that are shown of the days of a window."""


@dataclass(frozen=True, slots=True)
class AccountShown:
    """One account's spend, and how far its import is."""

    connection: Connection
    spend: AccountSpend
    days: Mapping[date, AccountDay]
    """Those that were read."""
    today: date
    read_at: datetime | None
    """When the newest reading began; None: nothing was read yet."""
    backfill: tuple[int, int] | None
    """How many days of how many are read, while the past is being read."""
    failure: str | None
    """Why the import failed last; None after a success."""
    retry_at: datetime | None
    """When it is tried again after a failure."""
    hindrance: str | None
    """Why its spend is not delivered to the dashboard; None: it is, or there is none."""

    def state_of(self, day: date) -> DayState:
        """How far the books of a day are."""
        return self.days[day].state if day in self.days else DayState.MISSING


@dataclass(frozen=True)
class SpendShown:
    """Spend of an owner's accounts in a window, with what the shops' orders say of it."""

    window: Window
    accounts: Sequence[AccountShown]
    orders: ShopOrders | None
    """None: nobody's orders are read here, or they can't be now."""

    @cached_property
    def rows(self) -> list[Spend]:
        """Of all accounts."""
        return [row for account in self.accounts for row in account.spend.rows]

    @property
    def spend(self) -> list[AccountSpend]:
        """As ratios need it."""
        return [account.spend for account in self.accounts]

    @cached_property
    def dated(self) -> list[DatedOrder] | None:
        """The orders, each on its account's local day."""
        return None if self.orders is None else dated_orders(self.spend, self.orders.orders)

    @cached_property
    def revenue(self) -> list[OrderRevenue] | None:
        """What TikTok's orders of all days are worth, by currency; None where orders are not known."""
        if self.dated is None:
            return None
        return list(revenue_by_currency(self.dated, set(self.window.days)).values())

    @cached_property
    def roas(self) -> list[Roas]:
        """The ratios by currency, of the days that are closed."""
        sold_in = self.orders.currencies if self.orders else ()
        return roas_by_currency(self.spend, self.window, self.dated, sold_in)

    @property
    def imported_through(self) -> datetime | None:
        """Up to when every account was read; None where one never was."""
        times = [account.read_at for account in self.accounts]
        return min((at for at in times if at), default=None) if all(times) else None

    @property
    def importing(self) -> tuple[int, int] | None:
        """How many days of how many are read of the accounts whose past is still being read; None: of all it was."""
        under_way = [account.backfill for account in self.accounts if account.backfill]
        return (sum(done for done, _ in under_way), sum(of for _, of in under_way)) if under_way else None

    @property
    def incomplete(self) -> list[tuple[ConnectionId, date, DayState]]:
        """Days up to each account's today whose books are not closed, by day."""
        open_days = [
            (day, place, account.connection.id, state)
            for place, account in enumerate(self.accounts)
            for day in self.window.days
            if day <= account.today and not (state := account.state_of(day)).is_closed
        ]
        return [(connection, day, state) for day, _, connection, state in sorted(open_days, key=lambda one: one[:2])]


@dataclass(frozen=True, slots=True)
class ShowSpend:
    """Spend of an owner's connected accounts, by connection, and the orders behind its ROAS."""

    store: Store
    spend: SpendStore
    orders: Orders
    clock: Clock
    policy: SpendPolicy
    unlists: bool
    """Whether one is left out whose row is missing in the dashboard."""

    def __call__(
        self,
        owner: OwnerId,
        window: Window,
        *,
        connection: ConnectionId | None = None,
        kind: SpendKind = SpendKind.AUCTION,
        with_orders: bool = True,
        by_campaign: bool = True,
        limits: ServiceLimits = NO_LIMITS,
    ) -> SpendShown:
        """Accounts beyond the `limits` of who asks are left out. Not `by_campaign`: of each account and day there is one row, for
        which the database adds up the campaigns; totals and ratios are the same.

        Raises ConnectionNotFound for one that the owner does not have and for an owner beyond the limits, StoreUnavailable.
        """
        if not limits.allow_user(owner):
            log.warning("a service asked for spend beyond its limits", extra={"owner": owner})
            raise ConnectionNotFound
        chosen = self._chosen(owner, connection, limits)
        accounts = self._accounts(owner, chosen, window, kind, by_campaign=by_campaign)
        orders = self._orders(owner, accounts, window) if with_orders else None
        if orders is not None and orders.orders and not by_campaign:
            names = campaign_names(self.spend, [SpendAccount(owner, one.spend.account) for one in accounts], window, kind)
            accounts = [
                replace(one, spend=replace(one.spend, campaign_names=of)) for one, of in zip(accounts, names, strict=True)
            ]
        return SpendShown(window, accounts, orders)

    def changes(self, owner: OwnerId, shown: SpendShown) -> list[Restatement]:
        """What later readings changed of days that are shown: the newest changes, newest first. Raises StoreUnavailable."""
        accounts = [SpendAccount(owner, account.spend.account) for account in shown.accounts]
        kinds = [SpendKind.AUCTION]
        return [change for _, change in self.spend.restatements(accounts, shown.window, kinds, most=MOST_CHANGES)]

    def last_days(self, owner: OwnerId, number: int, *, connection: ConnectionId | None = None) -> Window:
        """So many days up to the latest today that any of these accounts has. Raises ConnectionNotFound, StoreUnavailable."""
        now = self.clock.now()
        listed = self._chosen(owner, connection)
        calendars = [AccountCalendar.of(one.advertiser.timezone) for one in listed] or [AccountCalendar(None)]
        return max((calendar.last_days(number, now) for calendar in calendars), key=lambda window: window.last)

    def _chosen(self, owner: OwnerId, connection: ConnectionId | None, limits: ServiceLimits = NO_LIMITS) -> list[Connection]:
        """The connection asked for, or all. Raises ConnectionNotFound for one that the owner does not have."""
        listed = [one for one in self._listed(owner) if limits.allow(owner, one.advertiser.id)]
        chosen = [one for one in listed if connection is None or connection in {one.id, one.former_id}]
        if connection is not None and not chosen:
            raise ConnectionNotFound
        return chosen

    def _listed(self, owner: OwnerId) -> list[Connection]:
        """By creation and then by id, as they are listed everywhere."""
        with self.store.read() as work:
            connections = [one for grant in work.grants.of_owner(owner) for one in grant.connections.values()]
        listed = [one for one in connections if not (self.unlists and one.missing_since)]
        return sorted(listed, key=lambda one: (one.created_at, one.id))

    def _accounts(
        self, owner: OwnerId, connections: Sequence[Connection], window: Window, kind: SpendKind, *, by_campaign: bool
    ) -> list[AccountShown]:
        now = self.clock.now()
        accounts = {one.id: SpendAccount(owner, one.advertiser.id) for one in connections}
        imports = {one.of: one for one in self.spend.imports(owner)}
        of_all = list(accounts.values())
        rows = self.spend.rows(of_all, window, [kind]) if by_campaign else days_added_up(self.spend, of_all, window, kind)
        days = self.spend.days(of_all, window, [kind])
        shown: list[AccountShown] = []
        for one in connections:
            of, calendar = accounts[one.id], AccountCalendar.of(one.advertiser.timezone)
            read = {day.day: day for day in days.get(of, ())}
            own = rows.get(of, [])
            currency = next((row.currency for row in own if row.currency), one.advertiser.currency)
            own = [row if row.currency else replace(row, currency=currency) for row in own]
            closed = frozenset(day for day, account_day in read.items() if account_day.state.is_closed)
            followed = imports.get(of)
            so_far = followed.progress if followed else None
            shown.append(
                AccountShown(
                    connection=one,
                    spend=AccountSpend(of.account, calendar, currency, own, closed),
                    days=read,
                    today=calendar.today(now),
                    read_at=so_far.recent_read_at if so_far else None,
                    backfill=so_far.days_read(self.policy, calendar, now) if so_far else None,
                    failure=so_far.last_failure if so_far else None,
                    retry_at=so_far.retry_at if so_far else None,
                    hindrance=followed.hindrance if followed and self.unlists else None,
                )
            )
        return shown

    def _orders(self, owner: OwnerId, accounts: Sequence[AccountShown], window: Window) -> ShopOrders | None:
        """Those of the window's days in any of the accounts' zones."""
        calendars = [account.spend.calendar for account in accounts] or [AccountCalendar(None)]
        since = min(calendar.starts_at(window.first) for calendar in calendars)
        until = max(calendar.ends_at(window.last) for calendar in calendars)
        try:
            orders = self.orders.paid(owner, since, until)
        except OrdersUnavailable as unavailable:
            log.warning(
                "orders can't be read, so spend is shown without revenue", extra={"owner": owner, "why": str(unavailable)}
            )
            return None
        if orders and orders.unreadable:
            log.warning("orders can't be read and are in no figure", extra={"owner": owner, "orders": orders.unreadable})
        return orders
