"""Spend told apart by some of its columns, and added up over the others. Unlike currencies always stay apart."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from domain.ids import AdvertiserId, CampaignId
from domain.spend import Spend, SpendKind, SpendTotals


class SpendColumn(Enum):
    """What rows may be told apart by."""

    DAY = "day"
    CAMPAIGN = "campaign"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class SpendLine:
    """Rows added up. What they were not told apart by is None."""

    day: date | None
    account: AdvertiserId | None
    campaign: CampaignId | None
    """None also where it was spent in no campaign."""
    campaign_name: str
    currency: str
    figures: SpendTotals

    def of_day(self, account: AdvertiserId, kind: SpendKind) -> Spend:
        """A line of one account and day as a row. Raises ValueError for one of several days."""
        if self.day is None:
            raise ValueError("a line of several days is no row")
        own = self.figures
        counts = (own.impressions, own.clicks, own.conversions, own.purchases)
        return Spend(account, None, "", self.day, kind, self.currency, own.spend, *counts, own.purchase_value)


def lines_by(columns: Collection[SpendColumn], rows: Iterable[Spend | SpendLine]) -> list[SpendLine]:
    """One line for everything that is equal in these columns and in currency, by day, account and campaign."""
    by_day, by_campaign, by_account = (column in columns for column in SpendColumn)
    parts: dict[tuple[date | None, AdvertiserId | None, CampaignId | None, str], list[Spend | SpendLine]] = {}
    for row in rows:
        key = (
            row.day if by_day else None,
            row.account if by_account else None,
            row.campaign if by_campaign else None,
            row.currency,
        )
        parts.setdefault(key, []).append(row)
    ordered = sorted(parts, key=lambda key: (key[0] or date.min, key[1] or "", key[2] or "", key[3]))
    return [SpendLine(*key[:3], parts[key][0].campaign_name if by_campaign else "", key[3], added(parts[key])) for key in ordered]


def added(rows: Iterable[Spend | SpendLine]) -> SpendTotals:
    """Rows in one currency, added up."""
    return SpendTotals.of(row.figures if isinstance(row, SpendLine) else row for row in rows)


def totals_by_currency(rows: Iterable[Spend]) -> Mapping[str, SpendTotals]:
    """Everything added up, by currency."""
    return {line.currency: line.figures for line in lines_by((), rows)}
