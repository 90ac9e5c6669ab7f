"""Campaigns, ad groups and ads, as TikTok lists them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from ..advertisers import Advertiser, local_zone
from ..call_values import json_of, texts_of
from ..paging import page_of
from ..replies import Reply, success, wrong_parameter
from .catalogue import Ad, AdGroup, Campaign, campaigns_of
from .planned_campaigns import AccountPlan

Row = dict[str, object]
ID_FILTERS: Final = {"campaign_ids": "campaign_id", "adgroup_ids": "adgroup_id", "ad_ids": "ad_id"}
STATUS_FILTERS: Final = ("primary_status", "secondary_status", "status")
LONGEST_FILTER: Final = 100
"""Ids in one filter."""


def list_campaigns(account: Advertiser, plan: AccountPlan | None, query: Mapping[str, str], now: datetime) -> Reply:
    """`GET /campaign/get/`."""
    return _listed([(campaign, _campaign_row(account, campaign)) for campaign in _all(account, plan, now)], query)


def list_adgroups(account: Advertiser, plan: AccountPlan | None, query: Mapping[str, str], now: datetime) -> Reply:
    """`GET /adgroup/get/`."""
    rows = [
        (campaign, _group_row(account, campaign, group)) for campaign in _all(account, plan, now) for group in campaign.adgroups
    ]
    return _listed(rows, query)


def list_ads(account: Advertiser, plan: AccountPlan | None, query: Mapping[str, str], now: datetime) -> Reply:
    """`GET /ad/get/`."""
    rows = [
        (campaign, _ad_row(account, campaign, group, ad)) for campaign in _all(account, plan, now) for group, ad in campaign.ads
    ]
    return _listed(rows, query)


def shows(campaign: Campaign, status_filter: str) -> bool:
    """Whether a status that a call asks for, primary or secondary, covers the campaign. None given: all but deleted ones."""
    match status_filter.rpartition("STATUS_")[2]:
        case "ALL":
            return True
        case "DELETE":
            return campaign.deleted
        case "DISABLE":
            return campaign.paused
        case "ENABLE" | "DELIVERY_OK":
            return not (campaign.deleted or campaign.paused)
        case _:
            return not campaign.deleted


def _all(account: Advertiser, plan: AccountPlan | None, now: datetime) -> list[Campaign]:
    return campaigns_of(account, plan, now.astimezone(local_zone(account.timezone)).date())


def _listed(rows: Sequence[tuple[Campaign, Row]], query: Mapping[str, str]) -> Reply:
    page, fields, filtering = page_of(query), texts_of(query, "fields"), json_of(query, "filtering") or {}
    if not isinstance(filtering, dict):
        raise wrong_parameter("filtering: Not a valid object.")
    row_fields = rows[0][1].keys() if rows else set(fields)
    if unknown := [name for name in fields if name not in row_fields]:
        raise wrong_parameter(f"fields: Invalid fields: {unknown}")
    if any(len(filtering.get(name) or ()) > LONGEST_FILTER for name in ID_FILTERS):
        raise wrong_parameter(f"filtering: at most {LONGEST_FILTER} ids.")
    chosen = [row for campaign, row in rows if _matches(campaign, row, filtering)]
    shown = [{name: value for name, value in row.items() if not fields or name in fields} for row in page.of(chosen)]
    return success({"list": shown, "page_info": page.info(len(chosen))})


def _matches(campaign: Campaign, row: Row, filtering: Mapping[str, Any]) -> bool:
    for name, column in ID_FILTERS.items():
        if (ids := filtering.get(name)) and str(row.get(column)) not in {str(one) for one in ids}:
            return False
    status_filter = next((str(filtering[name]) for name in STATUS_FILTERS if filtering.get(name)), "")
    return shows(campaign, status_filter)


def _status(campaign: Campaign, kind: str) -> dict[str, object]:
    operation = "DELETE" if campaign.deleted else "DISABLE" if campaign.paused else "ENABLE"
    delivery = f"{kind}_STATUS_{'DELIVERY_OK' if operation == 'ENABLE' and kind != 'CAMPAIGN' else operation}"
    return {"operation_status": operation, "secondary_status": delivery}


def _times(campaign: Campaign) -> dict[str, object]:
    changed = campaign.until or campaign.since + timedelta(days=1)
    return {"create_time": f"{campaign.since} 08:00:00", "modify_time": f"{changed} 09:30:00"}


def _campaign_row(account: Advertiser, campaign: Campaign) -> Row:
    return {
        "advertiser_id": account.advertiser_id,
        "campaign_id": campaign.campaign_id,
        "campaign_name": campaign.campaign_name,
        "campaign_type": "REGULAR_CAMPAIGN",
        "objective_type": "WEB_CONVERSIONS",
        "objective": "LANDING_PAGE",
        "budget": 0.0,
        "budget_mode": "BUDGET_MODE_INFINITE",
        **_status(campaign, "CAMPAIGN"),
        **_times(campaign),
        "is_new_structure": True,
        "is_search_campaign": False,
        "is_smart_performance_campaign": False,
        "app_promotion_type": None,
        "deep_bid_type": None,
        "roas_bid": 0.0,
        "rf_campaign_type": "STANDARD",
        "split_test_variable": None,
        "special_industries": None,
    }


def _group_row(account: Advertiser, campaign: Campaign, group: AdGroup) -> Row:
    return {
        "advertiser_id": account.advertiser_id,
        "campaign_id": campaign.campaign_id,
        "campaign_name": campaign.campaign_name,
        "adgroup_id": group.adgroup_id,
        "adgroup_name": group.adgroup_name,
        **_status(campaign, "ADGROUP"),
        **_times(campaign),
        "placement_type": "PLACEMENT_TYPE_AUTOMATIC",
        "placements": ["PLACEMENT_TIKTOK"],
        "promotion_type": "WEBSITE",
        "budget": 50.0,
        "budget_mode": "BUDGET_MODE_DAY",
        "bid_type": "BID_TYPE_NO_BID",
        "bid_price": 0.0,
        "billing_event": "OCPM",
        "optimization_goal": "CONVERT",
        "optimization_event": "SHOPPING",
        "pacing": "PACING_MODE_SMOOTH",
        "schedule_type": "SCHEDULE_FROM_NOW",
        "schedule_start_time": f"{campaign.since} 08:00:00",
        "schedule_end_time": None,
        "location_ids": ["6252001"],
        "age_groups": None,
        "gender": "GENDER_UNLIMITED",
        "languages": None,
        "app_id": None,
        "pixel_id": None,
        "is_new_structure": True,
    }


def _ad_row(account: Advertiser, campaign: Campaign, group: AdGroup, ad: Ad) -> Row:
    return {
        "advertiser_id": account.advertiser_id,
        "campaign_id": campaign.campaign_id,
        "campaign_name": campaign.campaign_name,
        "adgroup_id": group.adgroup_id,
        "adgroup_name": group.adgroup_name,
        "ad_id": ad.ad_id,
        "ad_name": ad.ad_name,
        **_status(campaign, "AD"),
        **_times(campaign),
        "ad_format": "SINGLE_VIDEO",
        "ad_text": "Walk on air.",
        "call_to_action": "SHOP_NOW",
        "landing_page_url": "https://shop.example/",
        "display_name": account.name,
        "image_ids": [],
        "video_id": None,
        "identity_type": "CUSTOMIZED_USER",
        "app_name": None,
        "is_new_structure": True,
    }
