"""What is read of an account's spend next, and when: the newest days first, then the past, then what may have changed."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum

from domain.spend_calendar import CORRECTION_TAKES, CORRECTION_TIME, LONGEST_WINDOW, ONE_DAY, AccountCalendar, Window

FIRST_DAYS = 7
"""Read at once for a new connection."""

RECENT_DAYS = 2
"""Today and yesterday."""

MATURING_DAYS = 29
"""Today, and the days whose conversions may still change."""

RECENT_EVERY, LOOKBACK_EVERY, MATURING_EVERY, OPEN_DAYS_EVERY = timedelta(hours=1), timedelta(hours=6), ONE_DAY, ONE_DAY

CATCHING_UP = 2
"""Days before the last reading that are read again after a longer pause: they were not settled at it."""

FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=6)
"""The pause after a failed reading, doubled at each one in a row."""


class Purpose(IntEnum):
    """Why days are read, the most urgent first. Numbers are stored: they never change."""

    FIRST_DAYS = 0
    RECENT = 1
    LOOKBACK = 2
    BACKFILL = 3
    MATURING = 4
    """What conversions have become, which the platform credits for four weeks."""
    OPEN_DAYS = 5
    """Older days that were not read as a whole."""

    @classmethod
    def _missing_(cls, _number: object) -> "Purpose":
        """What a newer version counts by another number waits longest."""
        return cls.MATURING


@dataclass(frozen=True, slots=True)
class SpendPolicy:
    """How far back spend is read, once and each time again, and how often today and yesterday are."""

    backfill_days: int = 90
    lookback_days: int = 7
    recent_every: timedelta = RECENT_EVERY


@dataclass(frozen=True, slots=True)
class PlannedReading:
    """Days to read, and when."""

    window: Window
    purpose: Purpose
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far the import of one account's spend is. Times are those at which a reading began that succeeded."""

    read_back_to: date | None = None
    """The oldest day from which on everything up to the newest reading was read. None: nothing yet."""
    recent_read_at: datetime | None = None
    lookback_read_at: datetime | None = None
    maturing_read_at: datetime | None = None
    open_days_read_at: datetime | None = None
    longest_window: int = LONGEST_WINDOW
    """Days that the platform took in one question when it was last asked."""
    failures: int = 0
    """In a row."""
    last_failure: str | None = None
    """Why it failed last, for people; None after a success."""
    retry_at: datetime | None = None

    def done(self, reading: PlannedReading, began_at: datetime) -> "ImportProgress":
        """The progress after everything of a reading was read. A wider reading does for the narrower ones."""
        first, purpose = reading.window.first, reading.purpose
        oldest = first if self.read_back_to is None else min(first, self.read_back_to)
        fresh = replace(self, read_back_to=oldest, failures=0, last_failure=None, retry_at=None)
        if purpose is Purpose.BACKFILL:
            return fresh
        if purpose is Purpose.OPEN_DAYS:
            return replace(fresh, read_back_to=self.read_back_to, open_days_read_at=began_at)
        fresh = replace(fresh, recent_read_at=began_at)
        if purpose is not Purpose.RECENT:
            fresh = replace(fresh, lookback_read_at=began_at)
        if purpose is Purpose.FIRST_DAYS:
            maturing, still_open = self.maturing_read_at or began_at, self.open_days_read_at or began_at
            fresh = replace(fresh, maturing_read_at=maturing, open_days_read_at=still_open)
        return replace(fresh, maturing_read_at=began_at) if purpose is Purpose.MATURING else fresh

    def failed(self, reason: str, now: datetime, *, pause: timedelta | None = None) -> "ImportProgress":
        """The progress after a failure. It is tried again after the pause, or one that doubles."""
        doubled = min(FIRST_RETRY * 2 ** min(self.failures, 16), LONGEST_RETRY)
        return replace(self, failures=self.failures + 1, last_failure=reason, retry_at=now + (pause or doubled))

    def days_read(self, policy: SpendPolicy, calendar: AccountCalendar, now: datetime) -> tuple[int, int] | None:
        """How many of how many days are there while the past is being read; None once all of it is."""
        wanted = calendar.last_days(policy.backfill_days, now)
        if self.read_back_to is None:
            return 0, wanted.length
        if self.read_back_to <= wanted.first:
            return None
        return max((wanted.last - self.read_back_to).days + 1, 0), wanted.length

    def next_reading(
        self, policy: SpendPolicy, calendar: AccountCalendar, now: datetime, *, open_days: Collection[date] = ()
    ) -> PlannedReading:
        """What is read next: of what is due, the most urgent; else what is due first. `open_days`: those that were read and
        are not closed, of which the older ones are tried again once a day.
        """
        plans = self._plans(policy, calendar, now, open_days)
        due = [plan for plan in plans if plan.due_at <= now]
        chosen = min(due, key=lambda plan: plan.purpose) if due else min(plans, key=lambda plan: (plan.due_at, plan.purpose))
        return chosen if self.retry_at is None else replace(chosen, due_at=max(chosen.due_at, self.retry_at))

    def _plans(
        self, policy: SpendPolicy, calendar: AccountCalendar, now: datetime, open_days: Collection[date]
    ) -> list[PlannedReading]:
        lookback_days = max(policy.lookback_days, RECENT_DAYS)
        if self.read_back_to is None or self.recent_read_at is None or self.lookback_read_at is None:
            return [PlannedReading(calendar.last_days(max(FIRST_DAYS, lookback_days), now), Purpose.FIRST_DAYS, now)]
        recent = _since(self.recent_read_at, RECENT_DAYS, calendar, now)
        lookback = _since(self.lookback_read_at, lookback_days, calendar, now)
        maturing = _since(self.lookback_read_at, MATURING_DAYS, calendar, now)
        plans = [
            PlannedReading(recent, Purpose.RECENT, self.recent_read_at + policy.recent_every),
            PlannedReading(lookback, Purpose.LOOKBACK, _lookback_due(self.lookback_read_at)),
            PlannedReading(maturing, Purpose.MATURING, (self.maturing_read_at or self.lookback_read_at) + MATURING_EVERY),
        ]
        wanted = calendar.last_days(policy.backfill_days, now)
        if self.read_back_to > wanted.first:
            last = self.read_back_to - ONE_DAY
            window = next(Window(wanted.first, last).split(self.longest_window))
            plans.append(PlannedReading(window, Purpose.BACKFILL, now))
        if older := [day for day in open_days if day < lookback.first]:
            due_at = (self.open_days_read_at or self.lookback_read_at) + OPEN_DAYS_EVERY
            plans.append(PlannedReading(Window(min(older), max(older)), Purpose.OPEN_DAYS, due_at))
        return plans


def _since(read_at: datetime, days: int, calendar: AccountCalendar, now: datetime) -> Window:
    """So many days up to today, or all since the last reading and what it could not settle."""
    gap = (calendar.today(now) - calendar.today(read_at)).days
    return calendar.last_days(max(days, gap + 1 + CATCHING_UP if gap else 1), now)


def _lookback_due(read_at: datetime) -> datetime:
    """Every few hours, and once directly after the platform's correction."""
    noon = datetime.combine(read_at.astimezone(UTC).date(), CORRECTION_TIME) + CORRECTION_TAKES
    corrected_at = noon if noon > read_at else noon + ONE_DAY
    return min(read_at + LOOKBACK_EVERY, corrected_at)
