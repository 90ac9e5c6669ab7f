"""An account's own days: when they begin, end and settle, and windows of them that one question takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from domain.spend_day import DayTimes

LONGEST_WINDOW = 30
"""Days that the platform takes in one question by day."""

CORRECTION_TIME = time(12, tzinfo=UTC)
"""When the platform corrects the day before."""

CORRECTION_TAKES = timedelta(minutes=30)
REPORTS_LAG = timedelta(hours=2)
"""How long after a day's end its figures may still be arriving: half an hour mostly."""

FIRST_ZONE, LAST_ZONE = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
"""Where a date begins first on earth, and where it ends last."""

NO_PLACES = frozenset({"localtime", "Factory", "posixrules"})
"""Names that mean whatever the machine says."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Days from the first to the last, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a window from {self.first} to {self.last} has no day")

    @property
    def length(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def days(self) -> tuple[date, ...]:
        """Its days, the first one first."""
        return tuple(self.first + place * ONE_DAY for place in range(self.length))

    def split(self, longest: int = LONGEST_WINDOW) -> Iterator["Window"]:
        """The same days in windows of at most so many, the newest first."""
        last = self.last
        while last >= self.first:
            first = max(self.first, last - (longest - 1) * ONE_DAY)
            yield Window(first, last)
            last = first - ONE_DAY

    def overlaps(self, other: "Window") -> bool:
        """Whether they share a day."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class AccountCalendar:
    """The days of an account by its time zone. Without a known zone a day is as long as it is anywhere on earth, so that none is
    called over too early, and none is left out.
    """

    zone: ZoneInfo | None

    @classmethod
    def of(cls, name: str) -> "AccountCalendar":
        """The calendar of a zone by its IANA name; `Etc/GMT+8` is eight hours behind UTC."""
        if name in NO_PLACES:
            return cls(None)
        try:
            return cls(ZoneInfo(name))
        except (KeyError, ValueError, OSError):  # no such zone, no such name, a folder
            return cls(None)

    def today(self, now: datetime) -> date:
        """The account's date; without a zone the latest that it can be."""
        return now.astimezone(self._beginning).date()

    def starts_at(self, day: date) -> datetime:
        """The first moment of the day. A day that a zone leaves out (Apia, 2011-12-30) ends as it starts."""
        return datetime.combine(day, time(), self._beginning).astimezone(UTC)

    def ends_at(self, day: date) -> datetime:
        """The first moment that no longer belongs to the day."""
        return datetime.combine(day + ONE_DAY, time(), self._ending).astimezone(UTC)

    def settles_at(self, day: date) -> datetime:
        """When the platform's correction of the day is over: at noon (UTC) of the next day, or of one more where the figures of
        the day may still be arriving at that time.
        """
        arrived_at = max(self.ends_at(day) + REPORTS_LAG, datetime.combine(day + ONE_DAY, CORRECTION_TIME))
        noon = datetime.combine(arrived_at.date(), CORRECTION_TIME)
        return (noon if arrived_at <= noon else noon + ONE_DAY) + CORRECTION_TAKES

    def times_of(self, day: date) -> DayTimes:
        """The moments that decide what a reading of the day is worth."""
        return DayTimes(self.ends_at(day), self.settles_at(day))

    def last_days(self, number: int, now: datetime) -> Window:
        """So many days up to today."""
        today = self.today(now)
        return Window(today - (number - 1) * ONE_DAY, today)

    @property
    def _beginning(self) -> tzinfo:
        return self.zone or FIRST_ZONE

    @property
    def _ending(self) -> tzinfo:
        return self.zone or LAST_ZONE
