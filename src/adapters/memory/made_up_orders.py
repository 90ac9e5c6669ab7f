"""A small stand-in for a shop, for the demo: orders made up from the campaigns that spent, the same ones each time."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random

from application.ports.orders import ShopOrders
from application.ports.spend_store import SpendStore
from domain.ids import OrderId, OwnerId
from domain.order import Attribution, Order
from domain.spend import Spend, SpendKind
from domain.spend_calendar import ONE_DAY, Window

DEAREST = 180
"""The largest order."""

TIMES_SPEND = (1, 4)
"""What orders of a day are worth, as a multiple of what their campaign spent: from none of the one to the other."""

TOUCHES: tuple[dict[str, object], ...] = (
    {"last_touch": {"ttclid": "made-up", "timestamp": 1}},
    {"ttclid": "made-up"},
    {"multi_touch": {"last_touch": {"source": "tiktok_ads"}}},
    {"ttclid": "made-up", "last_touch": {"gclid": "made-up", "timestamp": 1}},
)
"""How an order names its ads: all but the last are TikTok's, which the dashboard's home page counts nevertheless."""


@dataclass(frozen=True, slots=True)
class MadeUpOrders:
    """Keeps the promises of the port `Orders` for owners who have spend."""

    spend: SpendStore

    def paid(self, owner: OwnerId, since: datetime, until: datetime) -> ShopOrders | None:
        accounts = [one.of for one in self.spend.imports(owner) if one.left_at is None]
        days = Window(since.astimezone(UTC).date() - ONE_DAY, until.astimezone(UTC).date())
        rows = [row for of in self.spend.rows(accounts, days, [SpendKind.AUCTION]).values() for row in of]
        orders = [order for row in rows if row.campaign for order in orders_through(row) if since <= order.placed_at < until]
        placed = tuple(sorted(orders, key=lambda order: (order.placed_at, order.id)))
        return ShopOrders(placed, frozenset(order.currency for order in placed))


def orders_through(row: Spend) -> list[Order]:
    """What was bought through a campaign on a day. It depends on the campaign and the day alone, but for how many there are."""
    chance = Random(f"{row.campaign} {row.day}")  # noqa: S311 (a demo's figures)
    lowest, highest = TIMES_SPEND
    left = row.spend * Decimal(chance.randint(lowest * 100, highest * 100)) / 100
    orders: list[Order] = []
    while left > 0 and row.currency:
        total = Decimal(chance.randint(DEAREST // 10, DEAREST))  # whole, since not every currency has cents
        seconds = chance.randrange(int(ONE_DAY.total_seconds()))
        placed_at = datetime.combine(row.day, time(), UTC) + timedelta(seconds=seconds)
        named = chance.choices(TOUCHES, weights=(6, 2, 1, 1))[0] | {"utm": {"utm_campaign": row.campaign}}
        number = OrderId(f"{row.campaign}-{row.day:%Y%m%d}-{len(orders) + 1}")
        orders.append(Order(number, placed_at, total, row.currency, "completed", Attribution.of(named)))
        left -= total
    return orders
