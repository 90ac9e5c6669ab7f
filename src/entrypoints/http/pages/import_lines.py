"""How far an account's spend is read, as a line of the platforms page."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.import_state import ImportState
from domain.spend_calendar import ONE_DAY
from entrypoints.http.pages.times_in_words import Moment, ago, ahead


@dataclass(frozen=True, slots=True)
class DayInWords:
    """A day of the account's own time zone."""

    day: date
    words: str


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What is said; None and empty for what is not."""

    until: DayInWords | None
    read: Moment | None
    """When it was read last."""
    backfill: str
    """How far the past is read: "34 of 90 days"."""
    failure: str
    again: Moment | None
    """When it is tried again after a failure."""
    hindrance: str
    """Why the dashboard does not get it."""


def line_of(state: ImportState, now: datetime, *, waits_for_person: bool = False) -> ImportLine:
    """The line. Where only a person can go on, the row says so already, and neither a failure nor the past is told."""
    importing = None if waits_for_person else state
    return ImportLine(
        until=day_in_words(state.read_until, state.today) if state.read_until else None,
        read=ago(state.read_at, now) if state.read_at else None,
        backfill=f"{importing.backfill[0]} of {importing.backfill[1]} days" if importing and importing.backfill else "",
        failure=(importing.failure or "") if importing else "",
        again=ahead(importing.retry_at, now) if importing and importing.retry_at else None,
        hindrance=(importing.hindrance or "") if importing else "",
    )


def day_in_words(day: date, today: date) -> DayInWords:
    """A day as one calls it who lives in the account's time zone."""
    return DayInWords(day, "yesterday" if day == today - ONE_DAY else f"{day:%-d %b %Y}")
