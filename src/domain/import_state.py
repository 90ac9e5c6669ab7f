"""How far the import of an account's spend is, as its person is told."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.spend_calendar import ONE_DAY, AccountCalendar
from domain.spend_plan import ImportProgress, SpendPolicy


@dataclass(frozen=True, slots=True)
class ImportState:
    """What holds at one moment."""

    today: date
    """The account's own."""
    read_until: date | None
    """The last day that had ended when the newest reading began. None: nothing was read yet."""
    read_at: datetime | None
    """When that reading began."""
    backfill: tuple[int, int] | None
    """How many days of how many are read, while the past is being read; None once all of it is."""
    failure: str | None = None
    """Why the last reading failed; None after a success."""
    retry_at: datetime | None = None
    """When it is tried again after that."""
    hindrance: str | None = None
    """Why not all that was read reaches the dashboard; None: nothing is in the way."""

    @classmethod
    def of(
        cls,
        progress: ImportProgress,
        policy: SpendPolicy,
        calendar: AccountCalendar,
        now: datetime,
        *,
        hindrance: str | None = None,
    ) -> "ImportState":
        """The state that follows from the progress."""
        read_at = progress.recent_read_at
        return cls(
            today=calendar.today(now),
            read_until=None if read_at is None else last_ended_day(calendar, read_at),
            read_at=read_at,
            backfill=progress.days_read(policy, calendar, now),
            failure=progress.last_failure,
            retry_at=progress.retry_at if progress.last_failure is not None else None,
            hindrance=hindrance,
        )


def last_ended_day(calendar: AccountCalendar, at: datetime) -> date:
    """The newest day that was over: without a known zone, wherever on earth the account may be."""
    day = calendar.today(at) - ONE_DAY
    while calendar.ends_at(day) > at:
        day -= ONE_DAY
    return day
