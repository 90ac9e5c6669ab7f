"""TikTok's names for our figures, report by report."""

import re
from dataclasses import dataclass

from domain.spend import SpendKind

QUOTED_NAMES = re.compile(r"'([^']+)'")
INVALID_METRICS = re.compile(r"invalid metric fields?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Metrics:
    """By which names a report has our figures."""

    kind: SpendKind
    spend: str
    impressions: str = ""
    clicks: str = ""
    conversions: str = ""
    purchases: str = ""
    purchase_value: str = ""
    described_by: tuple[str, ...] = ("campaign_name", "currency")

    @property
    def optional(self) -> frozenset[str]:
        """Those without which the spend is still told."""
        figures = (self.impressions, self.clicks, self.conversions, self.purchases, self.purchase_value)
        return frozenset({name for name in figures if name} | {*self.described_by})

    def asked_for(self, without: frozenset[str]) -> list[str]:
        """What a question names."""
        return [self.spend, *sorted(self.optional - without)]


AUCTION = Metrics(
    SpendKind.AUCTION,
    "spend",
    impressions="impressions",
    clicks="clicks",
    conversions="conversion",
    purchases="complete_payment",
    purchase_value="total_complete_payment_rate",  # their whole value, despite its name
)
GMV_MAX = Metrics(SpendKind.GMV_MAX, "cost", purchases="orders", purchase_value="gross_revenue")


def invalid_metrics(message: str, metrics: Metrics) -> frozenset[str]:
    """The metrics that TikTok calls invalid, which it says in words alone.

    Empty: one of them can't be left out, or another thing is wrong.
    """
    names = frozenset(QUOTED_NAMES.findall(message)) if INVALID_METRICS.search(message) else frozenset()
    return names if names <= metrics.optional else frozenset()
