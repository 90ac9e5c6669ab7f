"""The platform's own limits for reports of shops (GMV Max), beside those of the app. Pure, for a store of any kind."""

from dataclasses import dataclass, field
from datetime import timedelta

from domain.pacing import NONE, SLACK, Tally

DAY = timedelta(days=1)

A_SECOND, A_MINUTE, A_DAY = 8, 240, 20_000
"""TikTok's limits for its paths of GMV Max: an app's calls, over all its accounts."""

APART = SLACK * max(timedelta(seconds=1) / A_SECOND, timedelta(minutes=1) / A_MINUTE)
"""Calls so far apart keep the limits of the second and of the minute."""

MOST_A_DAY = A_DAY * 95 // 100
"""The rest is left for others who use the app."""


@dataclass(frozen=True, slots=True)
class ShopCalls:
    """Times are spans since 1970-01-01 00:00 UTC, so that a day is the platform's."""

    next_at: timedelta = NONE
    """Before this no further call is sent."""
    day: Tally = field(default_factory=lambda: Tally(DAY))

    def wait(self, now: timedelta) -> timedelta:
        """How long until a call may be had: until the next day where those of this one are used up."""
        if self.day.within(now, DAY) >= MOST_A_DAY:
            return DAY - now % DAY
        return min(max(self.next_at - now, NONE), 2 * APART)  # a clock that was wrong stops nobody for longer

    def with_call(self, at: timedelta, now: timedelta) -> "ShopCalls":
        """The same after a call was given away that is sent at this time."""
        return ShopCalls(at + APART, self.day.add([at], now, keep=DAY))
