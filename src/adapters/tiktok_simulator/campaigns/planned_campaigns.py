"""What a test says that an account's campaigns are and did."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec

AdId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""Digits at TikTok; a test may call its campaigns as it likes."""
Number = Annotated[int, msgspec.Meta(ge=0)]
Metrics = dict[str, str | int | float | None]
"""By metric; null is shown as "-", what is left out as 0, and a text that is no number as it is ("<5" was seen)."""


class PlannedCampaign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A campaign, and what it does on every day up to today of which nothing else is said."""

    campaign_id: AdId
    campaign_name: str = ""
    status: str = "CAMPAIGN_STATUS_ENABLE"
    """One of TikTok's, primary or secondary. What has DELETE in it is hidden unless a call asks for STATUS_ALL."""
    spend_per_day: Decimal = msgspec.field(default=Decimal(0), name="spendPerDay")
    impressions_per_day: Number = msgspec.field(default=0, name="impressionsPerDay")
    clicks_per_day: Number = msgspec.field(default=0, name="clicksPerDay")
    metrics_per_day: Metrics = msgspec.field(default={}, name="metricsPerDay")


class GmvMaxCampaign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A GMV Max campaign, which no other report has."""

    campaign_id: AdId
    campaign_name: str = ""
    cost_per_day: Decimal = msgspec.field(default=Decimal(0), name="costPerDay")
    orders_per_day: Number = msgspec.field(default=0, name="ordersPerDay")
    gross_revenue_per_day: Decimal = msgspec.field(default=Decimal(0), name="grossRevenuePerDay")


class GmvMaxStore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A TikTok Shop of the account."""

    store_id: AdId
    store_name: str = ""
    is_gmv_max_available: bool = True
    campaigns: tuple[GmvMaxCampaign, ...] = ()


class AccountPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """What `/_sim/campaigns` takes. What is left out stays as the seeded model has it.

    campaigns        the account's campaigns, instead of the seeded ones
    days             exactly what each campaign did on a day; one that is not named did nothing on it
    in_no_campaign   spend by day that only the account's own total has, as a Branded Mission's
    cut_ads          reports that do not name their campaigns leave rows out, as for an account with over 20 000 ads
    gmv_max_stores   the account's shops, instead of the seeded ones
    """

    advertiser_id: AdId
    campaigns: tuple[PlannedCampaign, ...] | None = None
    days: dict[date, dict[AdId, Metrics]] = {}
    in_no_campaign: dict[date, Decimal] = {}
    cut_ads: bool = False
    gmv_max_stores: tuple[GmvMaxStore, ...] | None = None

    def __post_init__(self) -> None:
        names = [campaign.campaign_id for campaign in self.campaigns or ()]
        if len(names) != len(set(names)):
            raise ValueError("A campaign_id stands twice in campaigns")
