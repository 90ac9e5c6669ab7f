"""A shop's order as attribution needs it: when, how much, and through which ads. Nothing of the customer is in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.ids import OrderId

CLICK_IDS = ("gclid", "fbclid", "ttclid")
"""How an ad's click is told apart in an address: Google's, Meta's, TikTok's. The dashboard's home page asks in this order."""

TOUCH_KEYS = (*CLICK_IDS, "source", "timestamp")
"""Any of these makes a touch one. PHP writes one without any as an empty list."""

COUNTED_STATUSES = frozenset({"processing", "completed"})
"""Orders that were paid."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One visit through an ad, as the shop's plugin noted it."""

    clicks: frozenset[str] = frozenset()
    """Which of `CLICK_IDS` were in its address."""
    source: str = ""
    """The plugin's word for where it came from, such as `tiktok_ads`."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """What an order says of the ads before it."""

    clicks: frozenset[str] = frozenset()
    """Which of `CLICK_IDS` the visitor's cookie held: of 90 days, in no order."""
    last_touch: Touch | None = None
    multi_touch: Touch | None = None
    """The last touch of the plugin's other record, `multi_touch`."""
    campaign: str = ""
    """The `utm_campaign` of the address: a campaign's id or name."""
    is_readable: bool = True
    """False: what the shop sent is no JSON object, so it says nothing."""

    @classmethod
    def of(cls, document: object) -> "Attribution":
        """Read the plugin's JSON. What is not of its shape counts as absent; None is an order without any."""
        if document is None:
            return cls()
        if not isinstance(document, Mapping):
            return cls(is_readable=False)
        return cls(
            _clicks(document),
            _touch(document.get("last_touch")),
            _touch(_object(document.get("multi_touch")).get("last_touch")),
            _text(_object(document.get("utm")).get("utm_campaign")),
        )


@dataclass(frozen=True, slots=True)
class Order:
    """One order of an owner's shops."""

    id: OrderId
    placed_at: datetime
    total: Decimal
    """With tax and shipping, as the shop sent it when it was paid."""
    currency: str
    status: str
    attribution: Attribution

    @property
    def counts(self) -> bool:
        """Whether it was paid, as far as the shop says."""
        return self.status in COUNTED_STATUSES


def _touch(value: object) -> Touch | None:
    touch = _object(value)
    return Touch(_clicks(touch), _text(touch.get("source"))) if any(key in touch for key in TOUCH_KEYS) else None


def _clicks(of: Mapping[str, object]) -> frozenset[str]:
    return frozenset(name for name in CLICK_IDS if _text(of.get(name)))


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
