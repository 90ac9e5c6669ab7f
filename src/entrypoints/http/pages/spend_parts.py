"""What a ratio is made of: the orders and the rows of spend behind it, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from application.show_spend import SpendShown
from domain.attribution import TouchKind, tiktok_touch
from domain.ids import AdvertiserId, CampaignId
from domain.roas import DatedOrder, Roas
from domain.spend import Spend

ROWS_A_PAGE = 500
"""Orders, and rows of spend, that are shown at once."""

LONGEST_PAGE_NUMBER = 6
"""Digits."""

BECAUSE = {
    TouchKind.LAST_TOUCH: "its last touch was TikTok's ad",
    TouchKind.ONLY_CLICK: "TikTok's is the only ad that was clicked",
}


@dataclass(frozen=True, slots=True)
class RatioChosen:
    """Which ratio is taken apart: that of a currency, or of one day or campaign in it."""

    currency: str
    day: date | None = None
    campaign: CampaignId | None = None
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "RatioChosen | None":
        """As the address says: `parts` is a currency; `day`, `campaign` and `part_page` may be left out. None: none is chosen."""
        currency, day, campaign, page = (query.get(name, "") for name in ("parts", "day", "campaign", "part_page"))
        if not currency:
            return None
        number = int(page) if page.isascii() and page.isdecimal() and len(page) <= LONGEST_PAGE_NUMBER else 1
        return cls(currency, _day(day), CampaignId(campaign) if campaign else None, max(number, 1))


@dataclass(frozen=True, slots=True)
class RatioParts:
    """A ratio, and what it is made of."""

    chosen: RatioChosen
    roas: Roas
    orders: Sequence[DatedOrder]
    rows: Sequence[Spend]
    names: dict[AdvertiserId, str]
    """Of accounts."""

    @property
    def orders_shown(self) -> Sequence[DatedOrder]:
        """Of this page."""
        return self.orders[self._first : self._first + ROWS_A_PAGE]

    @property
    def rows_shown(self) -> Sequence[Spend]:
        """Of this page."""
        return self.rows[self._first : self._first + ROWS_A_PAGE]

    @property
    def pages(self) -> int:
        """How many there are."""
        return max(-(-max(len(self.orders), len(self.rows)) // ROWS_A_PAGE), 1)

    @property
    def _first(self) -> int:
        return (self.chosen.page - 1) * ROWS_A_PAGE

    def because(self, one: DatedOrder) -> str:
        """Why an order is TikTok's."""
        kind = tiktok_touch(one.order.attribution)
        return BECAUSE[kind] if kind else "-"


def parts_of(shown: SpendShown, chosen: RatioChosen | None) -> RatioParts | None:
    """What the chosen ratio is made of, by day; None where there is no such ratio."""
    roas = next((one for one in shown.roas if chosen and one.currency == chosen.currency), None)
    if roas is not None and chosen is not None and chosen.day is not None:
        roas = roas.of_days().get(chosen.day)
    if roas is not None and chosen is not None and chosen.campaign is not None:
        roas = roas.of_campaigns().get(chosen.campaign)
    if roas is None or chosen is None:
        return None
    orders = sorted(roas.revenue.orders if roas.revenue else (), key=lambda one: (one.order.placed_at, one.order.id))
    rows = sorted(roas.rows, key=lambda row: (row.day, row.account, row.campaign or ""))
    names = {account.spend.account: account.connection.advertiser.label for account in shown.accounts}
    return RatioParts(chosen, roas, orders, rows, names)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
