"""The rows of a report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from ..advertisers import Advertiser, local_zone
from ..campaigns.catalogue import Ad, AdGroup, Campaign, campaigns_of
from ..campaigns.figures import Figures, figures_of
from ..campaigns.listing import shows
from ..campaigns.planned_campaigns import AccountPlan
from ..campaigns.seeded_numbers import seeded
from ..paging import Page
from ..replies import Reply, success
from .metrics import CONSTANT, ID_OF, LEVELS, counters_for, written
from .request import AUDIENCES, LIFETIME, ReportRequest

THROTTLED: Final = {
    "X-Tt-Ads-Throttle": "Number of ad ids is equal or more than 20k, only return the top 20k id's results, "
    "sorting by create time desc order."
}
"""TikTok's header of a report that leaves rows out, in its own words."""

HOURS: Final = (2, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 6, 6, 6, 5, 5, 5, 6, 7, 8, 8, 7, 5, 3)
"""How a day's delivery is spread over its hours."""

Account = tuple[Advertiser, AccountPlan | None]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a row is about."""

    account: Advertiser
    campaign: Campaign | None = None
    group: AdGroup | None = None
    ad: Ad | None = None

    def attribute(self, name: str) -> str:
        """What describes it under this name."""
        values: dict[str, str] = {
            "advertiser_id": self.account.advertiser_id,
            "advertiser_name": self.account.name,
            "currency": self.account.currency,
            "timezone": self.account.timezone,
        }
        if self.campaign is not None:
            values |= {"campaign_id": self.campaign.campaign_id, "campaign_name": self.campaign.campaign_name}
        if self.group is not None:
            values |= {"adgroup_id": self.group.adgroup_id, "adgroup_name": self.group.adgroup_name}
        if self.ad is not None:
            values |= {"ad_id": self.ad.ad_id, "ad_name": self.ad.ad_name}
        return values.get(name) or CONSTANT.get(name, "-")


@dataclass(slots=True)
class Row:
    """A row, while it is added up."""

    subject: Subject
    dimensions: Mapping[str, str]
    figures: Figures = field(default_factory=Figures)


@dataclass(frozen=True, slots=True)
class Report:
    """A report over one account, or over a few without decimals."""

    accounts: Sequence[Account]
    request: ReportRequest
    now: datetime
    whole_money: bool = False
    cut: bool = True
    """Whether an account with too many ads loses rows: not in a report that is made by a task."""

    def page(self, page: Page, *, moving: bool = False) -> Reply:
        """One page of it. TikTok keeps no order without an order_field; `moving` shows it."""
        rows = list(self.rows())
        chosen = page.of(self._sorted(rows, page.number if moving else 0))
        data: dict[str, object] = {"list": [self.shown(row) for row in chosen], "page_info": page.info(len(rows))}
        if self.request.total:
            data["total_metrics"] = self._total(rows)
        if self._cuts():
            return success({**data, "extra_info": {"search_ads_throttle": True}}, headers=dict(THROTTLED))
        return success(data)

    def shown(self, row: Row) -> dict[str, Mapping[str, str]]:
        """A row as TikTok writes it."""
        return {"dimensions": row.dimensions, "metrics": {name: self._written(name, row) for name in self.request.metrics}}

    def rows(self) -> Iterator[Row]:
        """All rows, each once."""
        rows: dict[tuple[str, ...], Row] = {}
        for subject, day, figures in self._deeds():
            for dimensions, part in self._parts(subject, day, figures):
                key = tuple(dimensions.values())
                if (row := rows.get(key)) is None:
                    row = rows[key] = Row(subject, dimensions)
                row.figures.add(part)
        yield from rows.values()

    def _cuts(self) -> bool:
        named = self.request.filters.ids.get("campaign_id")
        return (
            self.cut and not named and self.request.level != LEVELS[0] and any(plan and plan.cut_ads for _, plan in self.accounts)
        )

    def _deeds(self) -> Iterator[tuple[Subject, date, Figures]]:
        """What each subject did on each day."""
        request, names = self.request, counters_for(self.request.metrics) | {"spend"}
        for account, plan in self.accounts:
            today = self.now.astimezone(local_zone(account.timezone)).date()
            first, last = request.days or (today - LIFETIME, today)
            days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
            campaigns = [] if request.filters.nothing else self._campaigns(account, plan, today)
            kept = {ad.ad_id for campaign in campaigns for _, ad in campaign.ads}
            if self._cuts():
                newest = [ad.ad_id for campaign in campaigns for _, ad in campaign.ads]
                kept = set(newest[: (len(newest) + 1) // 2])
            for campaign in campaigns:
                for day in days:
                    if (figures := figures_of(account, plan, campaign, day, self.now)) is not None:
                        for subject, part in self._split(account, campaign, figures.counting(names - figures.texts.keys()), kept):
                            yield subject, day, part
            if request.level == LEVELS[0] and plan is not None and not request.filters.nothing:
                for day in days:
                    if day in plan.in_no_campaign:
                        yield Subject(account), day, Figures({"spend": plan.in_no_campaign[day]})

    def _campaigns(self, account: Advertiser, plan: AccountPlan | None, today: date) -> list[Campaign]:
        campaigns, filters = campaigns_of(account, plan, today), self.request.filters
        if self.request.level == LEVELS[0]:
            return campaigns
        named = filters.ids.get("campaign_id")
        return [c for c in campaigns if shows(c, filters.status) and (not named or c.campaign_id in named)]

    def _split(
        self, account: Advertiser, campaign: Campaign, figures: Figures, kept: set[str]
    ) -> Iterator[tuple[Subject, Figures]]:
        """The figures by what the report is about: whole where it is about campaigns or the account."""
        depth, ids = LEVELS.index(self.request.level), self.request.filters.ids
        groups, ads = ids.get("adgroup_id"), ids.get("ad_id")
        if depth == 0:
            yield Subject(account), figures
            return
        if depth == 1 and not (groups or ads or self._cuts()):
            yield Subject(account, campaign), figures
            return
        for (group, ad), part in zip(campaign.ads, figures.shared([ad.weight for _, ad in campaign.ads]), strict=True):
            if ad.ad_id in kept and (not groups or group.adgroup_id in groups) and (not ads or ad.ad_id in ads):
                yield Subject(account, campaign, group if depth > 1 else None, ad if depth > 2 else None), part  # noqa: PLR2004

    def _parts(self, subject: Subject, day: date, figures: Figures) -> Iterator[tuple[dict[str, str], Figures]]:
        """The figures by time and audience."""
        ids = {name: subject.attribute(name) for name in self.request.dimensions if name in ID_OF.values()}
        pieces = [(ids, figures)]
        if "stat_time_day" in self.request.dimensions:
            pieces = [({**ids, "stat_time_day": f"{day} 00:00:00"}, figures)]
        if "stat_time_hour" in self.request.dimensions:
            local = self.now.astimezone(local_zone(subject.account.timezone))
            hours = HOURS[: local.hour + 1] if local.date() == day else HOURS
            parts = figures.shared(hours)
            pieces = [({**ids, "stat_time_hour": f"{day} {hour:02}:00:00"}, part) for hour, part in enumerate(parts)]
        for name in self.request.audiences:
            shares = AUDIENCES[name]
            pieces = [
                ({**dimensions, name: value}, part)
                for dimensions, whole in pieces
                for value, part in zip(shares, whole.shared(list(shares.values())), strict=True)
            ]
        return iter(pieces)

    def _sorted(self, rows: list[Row], page: int) -> list[Row]:
        name = self.request.order_field
        if not name:
            return sorted(rows, key=lambda row: seeded(page, *row.dimensions.values()))
        return sorted(rows, key=lambda row: _number(self._written(name, row)), reverse=not self.request.ascending)

    def _written(self, name: str, row: Row) -> str:
        subject = row.subject
        if name in {"currency", "timezone", *ID_OF.values()} or name in CONSTANT or name.endswith("_name"):
            return subject.attribute(name)
        return written(name, row.figures, None if self.whole_money else subject.account.currency)

    def _total(self, rows: Sequence[Row]) -> dict[str, str]:
        total = Row(Subject(self.accounts[0][0]), {})
        for row in rows:
            total.figures.add(row.figures)
        total.figures.texts = {}
        numbers = [name for name in self.request.metrics if not (name in CONSTANT or name.endswith(("_name", "_id")))]
        return {name: self._written(name, total) for name in numbers}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
