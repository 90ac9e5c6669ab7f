"""The port for orders: what the owner's shops sold, as far as attribution needs it. They are read, never written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import OwnerId
from domain.order import Order

MOST_ORDERS = 50_000
"""Orders that one question may come to: more are not added up here."""


class OrdersUnavailable(Exception):
    """Orders can't be read now; the message says why, without a value or an address."""


@dataclass(frozen=True, slots=True)
class ShopOrders:
    """An owner's paid orders of some time."""

    orders: tuple[Order, ...] = ()
    """Those that may be TikTok's, by time: where an ad of TikTok's is named anywhere."""
    currencies: frozenset[str] = frozenset()
    """In which all paid orders were, whoever brought them."""
    unreadable: int = 0
    """Paid orders whose attribution is no JSON object, or whose amount or currency is none: they are in no figure."""


class Orders(Protocol):
    """Orders of an owner's shops."""

    def paid(self, owner: OwnerId, since: datetime, until: datetime) -> ShopOrders | None:
        """The orders placed from `since` to before `until`. None: nobody's orders are read here. Raises OrdersUnavailable."""
