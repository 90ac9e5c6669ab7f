"""The campaigns, ad groups and ads of an account: those of a plan, or the seeded ones."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from ..advertisers import CLOSED, Advertiser
from .planned_campaigns import AccountPlan, GmvMaxCampaign, GmvMaxStore, PlannedCampaign
from .seeded_numbers import seeded, seeded_id

ENABLED: Final = "CAMPAIGN_STATUS_ENABLE"
PAUSED: Final = "CAMPAIGN_STATUS_DISABLE"
DELETED: Final = "CAMPAIGN_STATUS_DELETE"
SALES_REMEMBERED: Final = 25
"""Months of which there are monthly sales."""

SALE_ENDS: Final = 16
"""The day of its month on which a monthly sale is deleted."""


@dataclass(frozen=True, slots=True)
class Ad:
    """An ad."""

    ad_id: str
    ad_name: str
    weight: int
    """Its share of what its campaign does."""


@dataclass(frozen=True, slots=True)
class AdGroup:
    """Ads that share a budget and an audience."""

    adgroup_id: str
    adgroup_name: str
    ads: tuple[Ad, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign. `until` is the first day on which it no longer runs; `plan` what a test said of it."""

    campaign_id: str
    campaign_name: str
    status: str
    since: date
    adgroups: tuple[AdGroup, ...]
    until: date | None = None
    plan: PlannedCampaign | None = None

    @property
    def deleted(self) -> bool:
        return "DELETE" in self.status

    @property
    def paused(self) -> bool:
        return "DISABLE" in self.status

    @property
    def ads(self) -> tuple[tuple[AdGroup, Ad], ...]:
        return tuple((group, ad) for group in self.adgroups for ad in group.ads)


def campaigns_of(account: Advertiser, plan: AccountPlan | None, today: date) -> list[Campaign]:
    """The account's campaigns, newest first."""
    days = plan.days.values() if plan is not None else ()
    seeded_ones = _seeded(account, today) if plan is None or plan.campaigns is None else []
    planned = (plan.campaigns if plan is not None else None) or ()
    named = {one.campaign_id for one in planned} | {one.campaign_id for one in seeded_ones}
    unnamed = [PlannedCampaign(campaign_id=name) for name in sorted({name for day in days for name in day} - named)]
    return [_planned(account, one, place, today) for place, one in enumerate((*planned, *unnamed))] + seeded_ones


def _seeded(account: Advertiser, today: date) -> list[Campaign]:
    seed = account.advertiser_id
    since = date(today.year - 2, 1, 1)
    lasting = [("Prospecting", ENABLED), ("Retargeting", ENABLED), ("Brand (paused)", PAUSED)]
    kept = [] if account.status == CLOSED else lasting[: 2 + seeded(seed, "paused") % 2]
    made = [
        Campaign(seeded_id(seed, name), name, status, since - timedelta(days=place), _groups(seed, name))
        for place, (name, status) in enumerate(kept)
    ]
    return ([] if account.status == CLOSED else _sales(seed, today)) + made


def stores_of(account: Advertiser, plan: AccountPlan | None) -> tuple[GmvMaxStore, ...]:
    """The account's TikTok Shops; of the seeded accounts about one in three has one."""
    if plan is not None and plan.gmv_max_stores is not None:
        return plan.gmv_max_stores
    seed = account.advertiser_id
    if seeded(seed, "shop") % 3 or account.status == CLOSED:
        return ()
    campaign = GmvMaxCampaign(
        campaign_id=seeded_id(seed, "gmv max"),
        campaign_name="GMV Max: all products",
        cost_per_day=_ten(seed),
        orders_per_day=3 + seeded(seed, "orders") % 9,
        gross_revenue_per_day=_ten(seed) * 4,
    )
    return (GmvMaxStore(store_id=seeded_id(seed, "store"), store_name=f"{account.name} Shop", campaigns=(campaign,)),)


def _ten(seed: str) -> Decimal:
    return Decimal(1_000 + seeded(seed, "cost") % 9_000).scaleb(-2)


def _planned(account: Advertiser, campaign: PlannedCampaign, place: int, today: date) -> Campaign:
    name = campaign.campaign_name or campaign.campaign_id
    since = today - timedelta(days=400 + place)
    seed = f"{account.advertiser_id}/{campaign.campaign_id}"
    return Campaign(campaign.campaign_id, name, campaign.status, since, _groups(seed, name), plan=campaign)


def _sales(seed: str, today: date) -> list[Campaign]:
    """A sale a month, which is deleted in the middle of it."""
    sales, month = [], today.replace(day=1)
    for _ in range(SALES_REMEMBERED):
        name, ends = f"Sale {month:%Y-%m}", month.replace(day=SALE_ENDS)
        status = DELETED if today >= ends else ENABLED
        sales.append(Campaign(seeded_id(seed, name), name, status, month, _groups(seed, name), ends))
        month = (month - timedelta(days=1)).replace(day=1)
    return sales


def _groups(seed: str, name: str) -> tuple[AdGroup, ...]:
    return tuple(
        AdGroup(
            seeded_id(seed, name, group),
            f"{name} / {audience}",
            tuple(
                Ad(seeded_id(seed, name, group, ad), f"{name} / {audience} / {ad}", 1 + seeded(seed, name, group, ad) % 4)
                for ad in ("video", "carousel")
            ),
        )
        for group, audience in enumerate(("broad", "lookalike"))
    )
