"""Spend as the dashboard's own table has it: which kind goes there, and what a day of it looks like."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.ids import AdvertiserId, OwnerId
from domain.spend import Spend, SpendKind

DELIVERED_KIND = SpendKind.AUCTION
"""The dashboard divides its shop's revenue by all spend there. What a TikTok Shop sells is not in that revenue."""

IN_NO_CAMPAIGN = "In no campaign"


@dataclass(frozen=True, slots=True, order=True)
class DeliveredRow:
    """One campaign's day. Its columns take no null where the platform has no figure."""

    campaign: str
    """Empty: in no campaign."""
    campaign_name: str
    spend: Decimal
    impressions: int
    clicks: int
    currency: str

    @classmethod
    def of(cls, spend: Spend) -> "DeliveredRow":
        """A row of ours as it is delivered."""
        name = IN_NO_CAMPAIGN if spend.campaign is None else spend.campaign_name
        return cls(spend.campaign or "", name, spend.spend, spend.impressions or 0, spend.clicks or 0, spend.currency)


@dataclass(frozen=True, slots=True)
class DaysToDeliver:
    """Whole days of one account: a day without rows is one without spend."""

    owner: OwnerId
    account: AdvertiserId
    days: Mapping[date, tuple[DeliveredRow, ...]]

    @property
    def currencies(self) -> frozenset[str]:
        """Of all rows. Empty: the platform withholds it."""
        return frozenset(row.currency for rows in self.days.values() for row in rows)


def delivered_rows(spend: Iterable[Spend]) -> tuple[DeliveredRow, ...]:
    """Rows of ours as they are delivered: one of which the dashboard could show nothing is none."""
    rows = (DeliveredRow.of(row) for row in spend)
    return tuple(row for row in rows if row.spend or row.impressions or row.clicks)


def why_withheld(currencies: Iterable[str], of_stores: Iterable[str | None]) -> str | None:
    """Why the dashboard would add unlike money; None: it would not, as far as its owner's stores tell."""
    stores = {(currency or "").strip().upper() for currency in of_stores}
    unlike = sorted({currency.upper() for currency in currencies} - stores)
    if not stores or "" in stores or not unlike:
        return None
    return f"its currency is {unlike[0] or 'not known'}, and its owner's stores have {', '.join(sorted(stores))}"
