"""Spend told apart by some of its columns, and added up over the others. Unlike currencies always stay apart."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from domain.ids import AdvertiserId, CampaignId
from domain.spend import Spend, SpendTotals


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


def lines_by(columns: Collection[SpendColumn], rows: Iterable[Spend]) -> list[SpendLine]:
    """One line for everything that is equal in these columns and in currency, by day, account and campaign."""
    by_day, by_campaign, by_account = (column in columns for column in SpendColumn)
    lines: dict[tuple[date | None, AdvertiserId | None, CampaignId | None, str], tuple[str, SpendTotals]] = {}
    for row in rows:
        key = (
            row.day if by_day else None,
            row.account if by_account else None,
            row.campaign if by_campaign else None,
            row.currency,
        )
        name, figures = lines.get(key, (row.campaign_name if by_campaign else "", SpendTotals()))
        lines[key] = (name, figures + row.figures)
    ordered = sorted(lines, key=lambda key: (key[0] or date.min, key[1] or "", key[2] or "", key[3]))
    return [SpendLine(*key[:3], lines[key][0], key[3], lines[key][1]) for key in ordered]


def totals_by_currency(rows: Iterable[Spend]) -> Mapping[str, SpendTotals]:
    """Everything added up, by currency."""
    return {line.currency: line.figures for line in lines_by((), rows)}
