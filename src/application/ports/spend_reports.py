"""The port for the platform's reports of spend, beside `AdPlatform`: what the import asks, one call at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Protocol

from domain.ids import AdvertiserId, CampaignId, ReportTaskId, StoreId
from domain.report_failures import ReportFailure
from domain.report_pages import ReportPage
from domain.spend_calendar import Window
from domain.tokens import Secret

CAMPAIGNS_PER_QUESTION = 30
"""How many campaigns one question may name."""


@dataclass(frozen=True, slots=True)
class CampaignQuestion:
    """What is asked of an account's campaigns, day by day."""

    account: AdvertiserId
    window: Window
    """At most `domain.spend_calendar.LONGEST_WINDOW` days."""
    campaigns: tuple[CampaignId, ...] = ()
    """At most `CAMPAIGNS_PER_QUESTION`; none: all, deleted ones included."""
    without: frozenset[str] = frozenset()
    """Metrics that are left out, by the names of an `InvalidMetrics`. Their figures are then None."""


@dataclass(frozen=True, slots=True)
class ShopQuestion:
    """What is asked of the GMV Max campaigns of one shop, day by day."""

    account: AdvertiserId
    store: StoreId
    window: Window
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """One page of the campaigns that there are."""

    campaigns: tuple[CampaignId, ...]
    total_campaigns: int
    total_pages: int


class TaskState(Enum):
    """How far a report is that the platform makes in its own time."""

    UNDER_WAY = "under_way"
    DONE = "done"
    FAILED = "failed"


class SpendReports(Protocol):
    """The reports of spend of one platform, for one developer app. No method raises for what the platform or the network does.

    Each method is one call, over within the policy's call time-out, or at most three times that for a report's file. So whoever
    calls takes a permit for each, and learns from each. Pages are counted from 1. Amounts are exact, to the letter of the answer.
    Days are the account's own.

    InvalidMetrics only for metrics that may be left out. AccountRefused where this account is withheld from the token;
    Refused only where the token itself is dead.
    """

    def campaign_page(self, access: Secret, question: CampaignQuestion, page: int) -> ReportPage | ReportFailure:
        """One page of campaigns by day, in an order that stays as long as the figures stay. Deleted campaigns are in it.

        QueryTooLarge or ReportTimedOut where less is to be asked. A page that the platform cut says so.
        """

    def control_totals(
        self, access: Secret, account: AdvertiserId, window: Window
    ) -> Mapping[date, Decimal | None] | ReportFailure:
        """What the whole account spent on each day, from a report that does not add up campaigns. A day without spend may be
        left out; None is one whose amount can't be kept. The window is as long as a question's may be.
        """

    def campaign_list(self, access: Secret, account: AdvertiserId, page: int) -> CampaignPage | ReportFailure:
        """The campaigns of the account, deleted ones included: by them a cut report is asked again."""

    def stores(self, access: Secret, account: AdvertiserId) -> tuple[StoreId, ...] | ReportFailure:
        """The account's shops that have GMV Max campaigns."""

    def gmv_max_page(self, access: Secret, question: ShopQuestion, page: int) -> ReportPage | ReportFailure:
        """One page of a shop's GMV Max campaigns by day: purchases and their value are all of the shop's, with or without ads."""

    def order_report(self, access: Secret, question: CampaignQuestion) -> ReportTaskId | ReportFailure:
        """Have the platform make a report in its own time, which is never cut."""

    def report_state(self, access: Secret, account: AdvertiserId, task: ReportTaskId) -> TaskState | ReportFailure:
        """How far it is."""

    def ordered_report(self, access: Secret, question: CampaignQuestion, task: ReportTaskId) -> ReportPage | ReportFailure:
        """The report that was ordered by this question, whole, as one page."""
