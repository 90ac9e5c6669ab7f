"""What is kept of one account's spend in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from domain.ids import CampaignId
from domain.spend import Spend, SpendKind
from domain.spend_day import AccountDay, Restatement
from domain.spend_plan import ImportProgress, Purpose

DayKey = tuple[date, str]
"""A day, and a kind by its word: in the order in which they are told."""


@dataclass(slots=True)
class KeptSpend:
    """An account that is followed, or was left."""

    due_at: datetime
    purpose: Purpose = Purpose.FIRST_DAYS
    progress: ImportProgress = field(default_factory=ImportProgress)
    left_at: datetime | None = None
    fence: int = 0
    lease_until: datetime | None = None
    hindrance: str | None = None
    days: dict[DayKey, AccountDay] = field(default_factory=dict)
    rows: dict[DayKey, tuple[Spend, ...]] = field(default_factory=dict)
    names: dict[tuple[SpendKind, CampaignId], tuple[datetime, str]] = field(default_factory=dict)
    """By campaign: since when it is called what."""
    changes: dict[DayKey, list[Restatement]] = field(default_factory=dict)
    versions: dict[DayKey, int] = field(default_factory=dict)
    """Of days that are to be delivered; another one whenever what is delivered changes."""
    delivered: dict[DayKey, int] = field(default_factory=dict)
    """The versions that were."""

    def advance_versions(self, keys: Iterable[DayKey]) -> None:
        """Have days delivered again."""
        for key in keys:
            self.versions[key] = self.versions.get(key, 0) + 1
