"""What a campaign did on a day, as TikTok tells it at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from ..advertisers import Advertiser, local_zone
from .catalogue import Campaign
from .planned_campaigns import AccountPlan, Metrics
from .seeded_numbers import seeded

WHOLE_CURRENCIES: Final = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF", "RWF"})
LATENCY: Final = timedelta(minutes=30)  # of TikTok's figures
CORRECTED_AT: Final = time(12, tzinfo=UTC)  # of the next day, by TikTok's documentation
MATURE_DAYS: Final = 28  # how long conversions are still credited to a day
UNCORRECTED: Final = Decimal("0.985")
LONGEST_NUMBER: Final = 20
"""Digits: what has more is shown as it was planned, and is in no sum."""

MONEY: Final = frozenset({"spend", "total_complete_payment_rate", "total_onsite_shopping_value", "total_purchase_value"})
PER_MILLE: Final[Mapping[str, tuple[str, int]]] = {
    "reach": ("impressions", 640),
    "video_play_actions": ("impressions", 820),
    "video_watched_2s": ("impressions", 410),
    "video_watched_6s": ("impressions", 160),
    "video_views_p25": ("impressions", 300),
    "video_views_p50": ("impressions", 180),
    "video_views_p75": ("impressions", 110),
    "video_views_p100": ("impressions", 60),
    "engagements": ("clicks", 1_300),
    "profile_visits": ("clicks", 60),
    "likes": ("clicks", 180),
    "comments": ("clicks", 12),
    "shares": ("clicks", 9),
    "follows": ("clicks", 15),
    "clicks_on_music_disc": ("clicks", 3),
    "total_pageview": ("clicks", 700),
    "real_time_conversion": ("conversion", 1_000),
    "result": ("conversion", 1_000),
    "real_time_result": ("conversion", 1_000),
    "registration": ("conversion", 200),
    "purchase": ("complete_payment", 1_000),
    "vta_conversion": ("conversion", 300),
    "cta_conversion": ("conversion", 700),
    "vta_purchase": ("complete_payment", 300),
    "cta_purchase": ("complete_payment", 700),
    "total_purchase": ("complete_payment", 1_000),
    "onsite_shopping": ("complete_payment", 0),
    "app_install": ("conversion", 0),
    "real_time_app_install": ("conversion", 0),
    "sales_lead": ("conversion", 0),
    "total_sales_lead": ("conversion", 0),
    "total_app_event_add_to_cart": ("conversion", 0),
}
"""Counters that follow from others where nothing else is said."""

COUNTERS: Final = frozenset({"impressions", "clicks", "conversion", "complete_payment", *MONEY, *PER_MILLE})


@dataclass(slots=True)
class Figures:
    """Counters and money that can be added and shared out, and texts that a test wants to see as they are."""

    amounts: dict[str, Decimal] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> Decimal:
        """The counter; what nobody counted follows from another one."""
        if name in self.amounts or name not in PER_MILLE:
            return self.amounts.get(name, Decimal(0))
        basis, ratio = PER_MILLE[name]
        return self.of(basis) * ratio // 1_000

    def add(self, other: "Figures") -> None:
        """Take in another's. Texts are of one campaign and day: a sum has none."""
        self.texts = {} if self.amounts or self.texts else dict(other.texts)
        for name, amount in other.amounts.items():
            self.amounts[name] = self.amounts.get(name, Decimal(0)) + amount

    def counting(self, names: Iterable[str]) -> "Figures":
        """With these counters only, each counted by itself from now on, so that the parts of one add up to it."""
        return Figures({name: self.of(name) for name in names}, self.texts)

    def shared(self, weights: Sequence[int]) -> list["Figures"]:
        """Parts by weight, whose sum is the whole."""
        parts = [Figures(texts=dict(self.texts)) for _ in weights]
        for name, amount in self.amounts.items():
            for part, of_it in zip(parts, _shared(amount, weights), strict=True):
                part.amounts[name] = of_it
        return parts


def money_places(currency: str) -> int:
    """Decimals of the currency's money in reports."""
    return 0 if currency in WHOLE_CURRENCIES else 2


def figures_of(account: Advertiser, plan: AccountPlan | None, campaign: Campaign, day: date, now: datetime) -> Figures | None:
    """What the campaign did on a local day of the account, as it is known now. None: TikTok has no row of it."""
    if plan is not None and day in plan.days:
        planned = plan.days[day].get(campaign.campaign_id)
        return None if planned is None else _told(planned)
    today = now.astimezone(local_zone(account.timezone)).date()
    if day > today:
        return None
    if campaign.plan is not None:
        daily = campaign.plan
        metrics: Metrics = {"impressions": daily.impressions_per_day, "clicks": daily.clicks_per_day, **daily.metrics_per_day}
        figures = _told({"spend": str(daily.spend_per_day), **metrics})
        return figures if figures.texts or any(figures.amounts.values()) else None
    if day < campaign.since or (campaign.until is not None and day >= campaign.until):
        return None
    return _seeded(account, campaign, day, now)


def share_known(account: Advertiser, day: date, now: datetime) -> Decimal:
    """How much of a day's delivery TikTok tells now: it lags, and the day is corrected at noon of the next one (UTC)."""
    zone = local_zone(account.timezone)
    starts, ends = (datetime.combine(day + timedelta(days=more), time(), zone).astimezone(UTC) for more in (0, 1))
    if now < ends + LATENCY:
        passed = max(now - LATENCY - starts, timedelta(0))
        return (Decimal(int(passed.total_seconds())) / int((ends - starts).total_seconds())) * UNCORRECTED
    return Decimal(1) if now >= datetime.combine(day + timedelta(days=1), CORRECTED_AT) else UNCORRECTED


def _seeded(account: Advertiser, campaign: Campaign, day: date, now: datetime) -> Figures | None:
    """From the seed: a level of its own, a trend over the year, weekends that differ, and days without delivery."""
    chance = seeded(account.advertiser_id, campaign.campaign_id, day)
    if (campaign.paused and day.day > 10) or chance % 11 == 0:  # noqa: PLR2004 - it ran in the first ten days of each month
        return Figures({"spend": Decimal(0)}) if chance % 2 else None
    level = 2_000 + seeded(account.advertiser_id, campaign.campaign_id) % 20_000
    weekday = (100, 96, 98, 103, 110, 128, 121)[day.weekday()]
    trend = 100 + day.timetuple().tm_yday // 8
    cents = Decimal(level * weekday * trend * (85 + chance % 31) // 1_000_000)
    share, places = share_known(account, day, now), money_places(account.currency)
    spend = (cents * share).quantize(Decimal(1)).scaleb(-2).quantize(Decimal(1).scaleb(-places))
    impressions = int(cents * share) * (2 + chance % 3)
    clicks = impressions * (8 + chance % 9) // 1_000
    age = min(max((now.date() - day).days, 0), MATURE_DAYS)
    conversion = clicks * (20 + chance % 40) // 1_000 * (80 + age * 20 // MATURE_DAYS) // 100
    paid = conversion * 7 // 10
    value = (Decimal(paid) * (2_000 + chance % 3_000)).scaleb(-2).quantize(Decimal(1).scaleb(-places))
    return Figures(
        {
            "spend": spend,
            "impressions": Decimal(impressions),
            "clicks": Decimal(clicks),
            "conversion": Decimal(conversion),
            "complete_payment": Decimal(paid),
            "total_complete_payment_rate": value,
        }
    )


def _told(metrics: Mapping[str, str | int | float | None]) -> Figures:
    figures = Figures()
    for name, value in metrics.items():
        number = None if value is None else _number(value)
        if number is None or name not in COUNTERS:
            figures.texts[name] = "-" if value is None else str(value)
        else:
            figures.amounts[name] = number
    return figures


def _number(value: str | float) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < LONGEST_NUMBER else None


def _shared(amount: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """By largest remainder, in units of the amount's last place."""
    exponent = min(int(amount.as_tuple().exponent), 0)
    units, total = int(amount.scaleb(-exponent)), sum(weights)
    parts = [units * weight // total for weight in weights]
    largest = sorted(range(len(weights)), key=lambda place: (-(units * weights[place] % total), place))
    for place in largest[: units - sum(parts)]:
        parts[place] += 1
    return [Decimal(part).scaleb(exponent) for part in parts]
