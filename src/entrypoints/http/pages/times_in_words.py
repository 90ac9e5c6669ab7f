"""Times and spans in words."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as people read it: in words, exactly, and for machines."""

    at: datetime
    words: str

    @property
    def machine(self) -> str:
        """RFC 3339, in UTC, for `<time datetime>`."""
        return self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def exact(self) -> str:
        return f"{self.at.astimezone(UTC):%-d %B %Y, %H:%M:%S} UTC"


def span(length: timedelta) -> str:
    """A span as one number: 45 s, 52 min, 11 h, 364 days. Cut off, never rounded up: it promises no more than there is."""
    length = max(length, timedelta(0))
    if length < 2 * MINUTE:
        return f"{length // SECOND} s"
    if length < 2 * HOUR:
        return f"{length // MINUTE} min"
    if length < 2 * DAY:
        return f"{length // HOUR} h"
    return f"{length // DAY} days"


def ahead(at: datetime, now: datetime) -> Moment:
    """How far off a coming time is. What is due is taken up by the next sweep."""
    return Moment(at, f"in about {span(at - now)}" if at - now >= SECOND else "within seconds")


def ago(at: datetime, now: datetime) -> Moment:
    """How long ago a time was."""
    return Moment(at, f"{span(now - at)} ago" if now - at >= SECOND else "just now")


def left(at: datetime, now: datetime) -> Moment:
    """How much is left until a time."""
    return Moment(at, span(at - now))


def to_act(at: datetime, now: datetime) -> Moment:
    """How much time a person has, in minutes begun: ten minutes read as ten, however long the page took to come."""
    minutes = max(-((now - at) // MINUTE), 0)
    return Moment(at, f"{minutes} min" if minutes > 1 else "less than a minute")


def on_day(at: datetime, now: datetime) -> Moment:
    """A day, for times that are far off; the time of day too when it is near."""
    far = at - now >= 2 * DAY
    return Moment(at, f"{at.astimezone(UTC):%-d %b %Y}" if far else f"{at.astimezone(UTC):%-d %b, %H:%M} UTC")


def times(count: int) -> str:
    """How often something happened."""
    return {0: "not yet", 1: "once", 2: "twice"}.get(count, f"{count} times")
