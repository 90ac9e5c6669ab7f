"""Orders in memory, with the plugin's whole JSON as the dashboard keeps it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from application.ports.orders import MOST_ORDERS, OrdersUnavailable, ShopOrders
from domain.attribution import is_tiktok_order, is_tiktok_order_on_home_page
from domain.ids import OrderId, OwnerId
from domain.order import COUNTED_STATUSES, Attribution, Order


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as a shop sent it."""

    id: str
    placed_at: datetime
    total: Decimal | None
    currency: str | None
    status: str | None
    attribution: object = None


@dataclass(slots=True)
class MemoryOrders:
    """Keeps the promises of the port `Orders`. `away` makes it refuse."""

    rows: dict[OwnerId, list[OrderRow]] = field(default_factory=dict)
    away: bool = False
    most: int = MOST_ORDERS

    def paid(self, owner: OwnerId, since: datetime, until: datetime) -> ShopOrders | None:
        if self.away:
            raise OrdersUnavailable("away")
        paid = [row for row in self.rows.get(owner, ()) if row.status in COUNTED_STATUSES and since <= row.placed_at < until]
        read = [order for row in sorted(paid, key=lambda row: (row.placed_at, row.id)) if (order := order_of(row))]
        of_tiktok = [one for one in read if may_be_tiktoks(one.attribution)]
        if len(of_tiktok) > self.most:
            raise OrdersUnavailable(f"more than {self.most} orders are to be added up")
        return ShopOrders(tuple(of_tiktok), frozenset(order.currency for order in read), len(paid) - len(read))


def order_of(row: OrderRow) -> Order | None:
    """The order; None where it can't be read."""
    attribution = Attribution.of(row.attribution)
    if row.total is None or not row.total.is_finite() or not row.currency or not attribution.is_readable:
        return None
    return Order(OrderId(row.id), row.placed_at, row.total, row.currency, row.status or "", attribution)


def may_be_tiktoks(attribution: Attribution) -> bool:
    """Whether either of the dashboard's rules takes it for TikTok's."""
    return is_tiktok_order(attribution) or is_tiktok_order_on_home_page(attribution)
