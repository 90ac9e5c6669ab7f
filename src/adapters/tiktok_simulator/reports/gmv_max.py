"""GMV Max, the ads of TikTok Shop: its shops and its own report."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from ..advertisers import Advertiser, local_zone
from ..call_values import dates_of, json_of, texts_of
from ..campaigns.catalogue import stores_of
from ..campaigns.figures import money_places
from ..campaigns.planned_campaigns import AccountPlan, GmvMaxCampaign, GmvMaxStore
from ..campaigns.seeded_numbers import seeded_id
from ..paging import page_of
from ..replies import Reply, success, wrong_parameter
from .request import check_span

DIMENSIONS: Final = ("campaign_id", "stat_time_day", "store_id")
METRICS: Final = (
    "cost", "net_cost", "orders", "cost_per_order", "gross_revenue", "roi", "currency", "campaign_id", "campaign_name",
    "operation_status",
)  # fmt: skip
NET: Final = Decimal("0.97")


def list_stores(account: Advertiser, plan: AccountPlan | None) -> Reply:
    """`GET /gmv_max/store/list/`."""
    business_centre = seeded_id(account.advertiser_id, "bc")
    return success(
        {
            "store_list": [
                {
                    "store_id": store.store_id,
                    "store_name": store.store_name or store.store_id,
                    "is_gmv_max_available": store.is_gmv_max_available,
                    "store_authorized_bc_id": business_centre,
                    "is_owner_bc": True,
                    "store_status": "ACTIVE",
                    "exclusive_authorized_advertiser_info": {
                        "advertiser_id": account.advertiser_id,
                        "advertiser_name": account.name,
                    },
                    "thumbnail_url": None,
                }
                for store in stores_of(account, plan)
            ]
        }
    )


def gmv_max_report(account: Advertiser, plan: AccountPlan | None, values: Mapping[str, Any], now: datetime) -> Reply:
    """`GET /gmv_max/report/get/`, for exactly one shop."""
    stores, dimensions, metrics = (texts_of(values, name) for name in ("store_ids", "dimensions", "metrics"))
    page, filtering = page_of(values), json_of(values, "filtering")
    if not (filtering is None or isinstance(filtering, dict)):
        raise wrong_parameter("filtering: Not a valid object.")
    store = next((one for one in stores_of(account, plan) if [one.store_id] == stores and one.is_gmv_max_available), None)
    if store is None:
        raise wrong_parameter("store_ids: exactly one shop that is available for GMV Max.")
    if not dimensions or (wrong := [name for name in dimensions if name not in DIMENSIONS]):
        raise wrong_parameter(f"Invalid dimension fields: {wrong if dimensions else []}")
    if wrong := [name for name in metrics if name not in METRICS]:
        raise wrong_parameter(f"Invalid metric fields: {wrong}")
    first, last = dates_of(values)
    check_span(first, last, dimensions)
    last = min(last, now.astimezone(local_zone(account.timezone)).date())
    rows = [
        _shown(account, store, row, dimensions, metrics)
        for row in _rows(store, first, last, by_day="stat_time_day" in dimensions)
    ]
    return success({"list": page.of(rows), "page_info": page.info(len(rows))})


def _rows(store: GmvMaxStore, first: date, last: date, *, by_day: bool) -> list[tuple[GmvMaxCampaign, date, int]]:
    """Campaign, first day, how many days."""
    days = (last - first).days + 1
    if days < 1:
        return []
    if not by_day:
        return [(campaign, first, days) for campaign in store.campaigns]
    return [(campaign, first + timedelta(days=place), 1) for campaign in store.campaigns for place in range(days)]


def _shown(
    account: Advertiser,
    store: GmvMaxStore,
    row: tuple[GmvMaxCampaign, date, int],
    dimensions: list[str],
    metrics: list[str],
) -> dict[str, object]:
    campaign, day, days = row
    unit = Decimal(1).scaleb(-money_places(account.currency))
    cost, revenue, orders = campaign.cost_per_day * days, campaign.gross_revenue_per_day * days, campaign.orders_per_day * days
    values = {
        "cost": f"{cost.quantize(unit):f}",
        "net_cost": f"{(cost * NET).quantize(unit):f}",
        "orders": str(orders),
        "cost_per_order": f"{(cost / orders if orders else Decimal(0)).quantize(unit):f}",
        "gross_revenue": f"{revenue.quantize(unit):f}",
        "roi": f"{(revenue / cost if cost else Decimal(0)).quantize(Decimal('0.01')):f}",
        "currency": account.currency,
        "campaign_id": campaign.campaign_id,
        "campaign_name": campaign.campaign_name or campaign.campaign_id,
        "operation_status": "ENABLE",
    }
    ids = {"campaign_id": campaign.campaign_id, "store_id": store.store_id, "stat_time_day": f"{day} 00:00:00"}
    return {
        "dimensions": {name: ids[name] for name in dimensions},
        "metrics": {name: values[name] for name in metrics or ("cost", "orders")},
    }
