"""The metrics of reports: which there are, at which level, and how TikTok writes their values."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ..campaigns.figures import COUNTERS, MONEY, Figures, money_places

LEVELS: Final = ("AUCTION_ADVERTISER", "AUCTION_CAMPAIGN", "AUCTION_ADGROUP", "AUCTION_AD")
ID_OF: Final = dict(zip(LEVELS, ("advertiser_id", "campaign_id", "adgroup_id", "ad_id"), strict=True))

RATIOS: Final[Mapping[str, tuple[str, str, int]]] = {
    "cpc": ("spend", "clicks", 1),
    "cpm": ("spend", "impressions", 1_000),
    "ctr": ("clicks", "impressions", 100),
    "cost_per_1000_reached": ("spend", "reach", 1_000),
    "frequency": ("impressions", "reach", 1),
    "conversion_rate": ("conversion", "clicks", 100),
    "conversion_rate_v2": ("conversion", "impressions", 100),
    "cost_per_conversion": ("spend", "conversion", 1),
    "real_time_conversion_rate": ("real_time_conversion", "clicks", 100),
    "real_time_cost_per_conversion": ("spend", "real_time_conversion", 1),
    "result_rate": ("result", "clicks", 100),
    "cost_per_result": ("spend", "result", 1),
    "real_time_result_rate": ("real_time_result", "clicks", 100),
    "real_time_cost_per_result": ("spend", "real_time_result", 1),
    "complete_payment_roas": ("total_complete_payment_rate", "spend", 1),
    "value_per_complete_payment": ("total_complete_payment_rate", "complete_payment", 1),
    "cost_per_complete_payment": ("spend", "complete_payment", 1),
    "complete_payment_rate": ("complete_payment", "clicks", 100),
    "profile_visits_rate": ("profile_visits", "impressions", 100),
    "purchase_rate": ("purchase", "clicks", 100),
    "cost_per_purchase": ("spend", "purchase", 1),
    "registration_rate": ("registration", "clicks", 100),
    "cost_per_registration": ("spend", "registration", 1),
    "sales_lead_rate": ("sales_lead", "clicks", 100),
    "cost_per_sales_lead": ("spend", "sales_lead", 1),
    "cost_per_total_sales_lead": ("spend", "total_sales_lead", 1),
    "cost_per_app_install": ("spend", "app_install", 1),
    "real_time_app_install_cost": ("spend", "real_time_app_install", 1),
    "cost_per_total_app_event_add_to_cart": ("spend", "total_app_event_add_to_cart", 1),
    "onsite_shopping_roas": ("total_onsite_shopping_value", "spend", 1),
    "average_video_play": ("video_watched_2s", "video_play_actions", 6),
    "average_video_play_per_user": ("video_watched_2s", "reach", 6),
}
"""Numerator, denominator, factor. Without a denominator TikTok writes 0.00."""

PARTS_OF_SPEND: Final = {"billed_cost": Decimal("0.97"), "cash_spend": Decimal("0.90"), "voucher_spend": Decimal("0.10")}
BY_ACCOUNT_AND_DAY: Final = frozenset({"cash_spend", "voucher_spend"})
NONE: Final = frozenset({"secondary_goal_result", "cost_per_secondary_goal_result", "secondary_goal_result_rate"})
"""Without a second goal they are "-"."""

ATTRIBUTES: Final = {
    "currency": 0, "advertiser_id": 0, "advertiser_name": 0, "timezone": 0,
    "campaign_id": 1, "campaign_name": 1, "objective_type": 1, "campaign_budget": 1, "split_test": 1,
    "adgroup_id": 2, "adgroup_name": 2, "placement_type": 2, "promotion_type": 2, "tt_app_id": 2, "tt_app_name": 2,
    "mobile_app_id": 2, "dpa_target_audience_type": 2, "budget": 2, "smart_target": 2, "bid": 2, "billing_event": 2,
    "ad_id": 3, "ad_name": 3, "ad_text": 3, "call_to_action": 3, "image_mode": 3, "ad_url": 3,
}  # fmt: skip
"""What describes a row, by the level from which on a report may ask for it."""

CONSTANT: Final[Mapping[str, str]] = {
    "objective_type": "WEB_CONVERSIONS",
    "campaign_budget": "0.0",
    "split_test": "Not in split test",
    "placement_type": "Automatic Placement",
    "promotion_type": "Website",
    "tt_app_id": "0",
    "tt_app_name": "-",
    "mobile_app_id": "-",
    "dpa_target_audience_type": "-",
    "budget": "50.0",
    "smart_target": "Conversion",
    "bid": "0.0",
    "billing_event": "OCPM",
    "ad_text": "Walk on air.",
    "call_to_action": "Shop now",
    "image_mode": "Single video",
    "ad_url": "https://shop.example/",
}

NUMBERS: Final = COUNTERS | RATIOS.keys() | PARTS_OF_SPEND.keys() | NONE
METRICS: Final = NUMBERS | ATTRIBUTES.keys()


def invalid(metrics: Sequence[str], level: str, dimensions: Sequence[str]) -> list[str]:
    """The names that this report does not have, in the order of the call."""
    depth, by_day = LEVELS.index(level), "stat_time_day" in dimensions
    return [
        name
        for name in metrics
        if name not in METRICS or ATTRIBUTES.get(name, 0) > depth or (name in BY_ACCOUNT_AND_DAY and not (depth == 0 and by_day))
    ]


def counters_for(metrics: Sequence[str]) -> set[str]:
    """The counters from which these metrics are made."""
    used = {name for metric in metrics for name in RATIOS.get(metric, (metric, metric, 1))[:2]}
    return {"spend" if name in PARTS_OF_SPEND else name for name in used} & COUNTERS


def written(metric: str, figures: Figures, currency: str | None) -> str:
    """The value as text. Without a currency, money has no decimals: a call for several accounts gets it so."""
    places = 0 if currency is None else money_places(currency)
    if metric in figures.texts:
        return figures.texts[metric]
    if metric in NONE:
        return "-"
    if metric in PARTS_OF_SPEND:
        return _money(figures.of("spend") * PARTS_OF_SPEND[metric], places)
    if metric in RATIOS:
        above, below, factor = RATIOS[metric]
        divisor = figures.of(below)
        return _money(figures.of(above) * factor / divisor if divisor else Decimal(0), 2)
    amount = figures.of(metric)
    if metric not in MONEY:
        return str(amount) if amount % 1 else str(int(amount))
    return _money(amount, places if currency is None else max(places, -int(amount.as_tuple().exponent)))


def _money(amount: Decimal, places: int) -> str:
    return f"{amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
