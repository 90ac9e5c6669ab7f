"""When a refused token is sent again, and when its refusal is believed. Each grant is judged for itself."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T")

FIRST_REPEAT_AFTER = timedelta(minutes=10)
HOURLY_FOR = timedelta(days=2)
"""How long after the first refusal a token is sent again every hour; after that once a day."""
DAILY_FOR = timedelta(days=7)
"""How long it is sent again once a day; after that never."""
BEFORE_THE_END = tuple(timedelta(minutes=minutes) for minutes in (60, 50, 40, 30, 20, 10, 1))
"""At these times before its access token's end it is sent again as well: the end of an incident may be the last chance."""
REPEATS_APART = timedelta(minutes=1)
"""No token is sent again sooner."""

WORKING_BELIEVED_AFTER = timedelta(hours=1)
"""How long after the first refusal another is believed, where the access token works; else after `FIRST_REPEAT_AFTER`."""
HASTENED_BY_SUCCESS = 10
"""So many refused tokens are sent again at once when one of them is taken after all."""
HASTENED_AT_ONCE = 100
"""While so many of them are yet to be sent, there are enough."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """The refusals of one generation; a success ends them."""

    first_at: datetime
    last_at: datetime
    access_works: bool | None = None
    """What a probe of the access token said after the refusal; None: nothing yet."""
    in_line: bool = False
    """Whether the token waits for its turn among the repeats. Else it is to be probed, or sent again at once."""

    @property
    def awaits_probe(self) -> bool:
        return self.access_works is None and not self.in_line

    def again(self, now: datetime) -> "Refusals":
        """After one more refusal."""
        return replace(self, last_at=now, in_line=self.access_works is not None)

    def hastened(self) -> "Refusals":
        """To be sent again at once, among all that is due."""
        return replace(self, in_line=False)

    def probed(self, *, works: bool | None) -> "Refusals":
        """After a probe; None: it brought no answer."""
        return replace(self, access_works=works, in_line=True)

    def repeat_at(self, access_ends_at: datetime | None) -> datetime | None:
        """When the token is sent again; None: never."""
        soonest = self.last_at + REPEATS_APART
        age = self.last_at - self.first_at
        times = [at for span in BEFORE_THE_END if access_ends_at and (at := access_ends_at - span) >= soonest]
        if age < FIRST_REPEAT_AFTER:
            times.append(max(self.first_at + FIRST_REPEAT_AFTER, soonest))
        elif age < HOURLY_FOR:
            times.append(self.last_at + timedelta(hours=1))
        elif age < HOURLY_FOR + DAILY_FOR:
            times.append(self.last_at + timedelta(days=1))
        return min(times, default=None)

    def may_be_believed(self, now: datetime) -> bool:
        """Whether one more refusal is late enough to tell a person."""
        return now - self.first_at >= (WORKING_BELIEVED_AFTER if self.access_works else FIRST_REPEAT_AFTER)
