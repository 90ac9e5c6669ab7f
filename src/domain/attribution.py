"""Whose an order is: TikTok's by its last touch, and which campaign's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from domain.ids import AdvertiserId, CampaignId
from domain.order import Attribution, Order, Touch

TIKTOK_CLICK, TIKTOK_SOURCE = "ttclid", "tiktok_ads"


class TouchKind(Enum):
    """By what an order is TikTok's."""

    LAST_TOUCH = "last_touch"
    ONLY_CLICK = "only_click"
    """No touch was noted, and TikTok's is the only click of the three."""


def tiktok_touch(attribution: Attribution) -> TouchKind | None:
    """By what an order is TikTok's: by its last touch, without touches by its click; None: it is not."""
    last_touch = attribution.last_touch or attribution.multi_touch
    if last_touch is not None:
        return TouchKind.LAST_TOUCH if _is_tiktok_touch(last_touch) else None
    return TouchKind.ONLY_CLICK if is_tiktok_order_on_home_page(attribution) else None


def is_tiktok_order(attribution: Attribution) -> bool:
    """Whether the last touch was TikTok's; without touches, whether TikTok's is the only click of the three."""
    return tiktok_touch(attribution) is not None


def is_tiktok_order_on_home_page(attribution: Attribution) -> bool:
    """Whether the dashboard's home page counts it as TikTok's: it takes the cookie's clicks alone, Google's and Meta's first."""
    return attribution.clicks == {TIKTOK_CLICK}


def _is_tiktok_touch(touch: Touch) -> bool:
    return touch.source == TIKTOK_SOURCE or touch.clicks == {TIKTOK_CLICK}


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign, and the account that pays for it."""

    account: AdvertiserId
    id: CampaignId


@dataclass(frozen=True, slots=True)
class CampaignDirectory:
    """An owner's campaigns, found by what an address calls them."""

    by_id: Mapping[str, Campaign]
    by_name: Mapping[str, Campaign | None]
    """None: several campaigns have that name."""

    @classmethod
    def of(cls, campaigns: Iterable[tuple[Campaign, str]]) -> "CampaignDirectory":
        """These campaigns, each with its name."""
        by_id: dict[str, Campaign] = {}
        by_name: dict[str, Campaign | None] = {}
        for campaign, name in campaigns:
            first = by_id.setdefault(campaign.id, campaign)
            if name:
                same = by_name.setdefault(name, first) == first
                by_name[name] = first if same else None
        return cls(by_id, by_name)

    def campaign_of(self, order: Order) -> Campaign | None:
        """The campaign whose id the order's `utm_campaign` is, else the only one of exactly that name."""
        name = order.attribution.campaign
        return self.by_id.get(name) or self.by_name.get(name)
