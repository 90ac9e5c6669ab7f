"""Ad spend: one row an account, campaign and local day, every number exact."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from domain.ids import AdvertiserId, CampaignId

MONEY_DIGITS, MONEY_DECIMALS = 12, 6
"""How many digits an amount may have before and behind its point: what every store here keeps exactly."""

MOST_COUNTED = 2**53 - 1
"""The largest count that every reader of JSON keeps exactly."""

NUMBER = re.compile(r"(?P<sign>-?)(?P<whole>\d+)(?:\.(?P<part>\d+))?", re.ASCII)
FEWER_THAN = re.compile(r"<\s*\d+", re.ASCII)
"""How the platform hides a small number."""

NOTHING = Decimal(0)


class UnreadableFigure(ValueError):
    """A figure of the platform's that can't be kept: it is no number, or has more digits than an amount may have."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"{text[:40]!r} {why}")
        self.text, self.why = text, why


class SpendKind(Enum):
    """Which of the platform's reports a row is from. The kinds are never added into one ratio."""

    AUCTION = "auction"
    GMV_MAX = "gmv_max"
    """Ads of TikTok Shop; what they sold includes sales that no ad brought."""

    @classmethod
    def _missing_(cls, _word: object) -> "SpendKind":
        """What a newer version calls by another word stays out of ratios."""
        return cls.GMV_MAX


@dataclass(frozen=True, slots=True)
class Spend:
    """What one campaign of an account spent on one day of the account's own time zone. None where the platform has no figure."""

    account: AdvertiserId
    campaign: CampaignId | None
    """None: the account spent it in no campaign."""
    campaign_name: str
    day: date
    kind: SpendKind
    currency: str
    """The account's own; empty where the platform withholds it."""
    spend: Decimal
    impressions: int | None = None
    clicks: int | None = None
    conversions: int | None = None
    """What the platform counts towards the campaign's goal, on the day of the click or view."""
    purchases: int | None = None
    """Purchases that the platform claims."""
    purchase_value: Decimal | None = None
    """What it claims that they were worth."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened: the platform gives such a row, or none, as it likes."""
        return not any((self.spend, self.impressions, self.clicks, self.conversions, self.purchases, self.purchase_value))

    @property
    def figures(self) -> "SpendTotals":
        """Its numbers alone."""
        return SpendTotals(self.spend, self.impressions, self.clicks, self.conversions, self.purchases, self.purchase_value)


@dataclass(frozen=True, slots=True)
class SpendTotals:
    """Figures of several rows in one currency, added. None where no row has the figure."""

    spend: Decimal = NOTHING
    impressions: int | None = None
    clicks: int | None = None
    conversions: int | None = None
    purchases: int | None = None
    purchase_value: Decimal | None = None

    @classmethod
    def of(cls, rows: "Iterable[Spend | SpendTotals]") -> "SpendTotals":
        """Add up rows: figure by figure, since there may be a hundred thousand."""
        rows = tuple(rows)
        return cls(
            sum((row.spend for row in rows), NOTHING),
            _sum(row.impressions for row in rows),
            _sum(row.clicks for row in rows),
            _sum(row.conversions for row in rows),
            _sum(row.purchases for row in rows),
            sum(values, NOTHING) if (values := [row.purchase_value for row in rows if row.purchase_value is not None]) else None,
        )

    def __add__(self, other: "SpendTotals") -> "SpendTotals":
        return SpendTotals(
            self.spend + other.spend,
            _added(self.impressions, other.impressions),
            _added(self.clicks, other.clicks),
            _added(self.conversions, other.conversions),
            _added(self.purchases, other.purchases),
            other.purchase_value if self.purchase_value is None else self.purchase_value + (other.purchase_value or NOTHING),
        )


def amount_of(text: str) -> Decimal | None:
    """The platform's text as exactly that amount; None where it has none to tell. Raises UnreadableFigure."""
    if (number := _number_in(text)) is None:
        return None
    whole, part = number["whole"].lstrip("0"), (number["part"] or "").rstrip("0")
    if len(whole) > MONEY_DIGITS:
        raise UnreadableFigure(text, f"has more than {MONEY_DIGITS} digits before its point")
    if len(part) > MONEY_DECIMALS:
        raise UnreadableFigure(text, f"has more than {MONEY_DECIMALS} decimals")
    return Decimal(f"{number['sign']}{whole or 0}.{number['part'] or 0}") if part else Decimal(f"{number['sign']}{whole or 0}")


def count_of(text: str) -> int | None:
    """The platform's text as a whole number; None where it has none to tell. Raises UnreadableFigure."""
    if (number := _number_in(text)) is None:
        return None
    if (number["part"] or "").strip("0"):
        raise UnreadableFigure(text, "is no whole number")
    digits = number["whole"].lstrip("0") or "0"
    if number["sign"] or len(digits) > len(str(MOST_COUNTED)) or int(digits) > MOST_COUNTED:
        raise UnreadableFigure(text, "is no count that can be kept")
    return int(digits)


def _number_in(text: str) -> re.Match[str] | None:
    text = text.strip()
    if text in {"", "-"} or FEWER_THAN.fullmatch(text):
        return None
    if (number := NUMBER.fullmatch(text)) is None:
        raise UnreadableFigure(text, "is no number")
    return number


def _sum(counts: Iterable[int | None]) -> int | None:
    present = [count for count in counts if count is not None]
    return sum(present) if present else None


def _added(one: int | None, other: int | None) -> int | None:
    return other if one is None else one + (other or 0)
