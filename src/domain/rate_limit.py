"""A token bucket: so many requests at once, and as many more as are refilled. Pure, for a store of any kind.

A bucket is one time, at which it will be full again, as in the generic cell rate algorithm (ITU-T I.371): full ones need no row.
"""

from dataclasses import dataclass
from datetime import timedelta

NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What each subject may do: `capacity` at once, and one more each `refill`."""

    name: str
    capacity: int
    refill: timedelta
    block: int = 1
    """How many tokens a process takes at once, to use up by itself: the store is asked that much less often."""

    @property
    def refill_of_all(self) -> timedelta:
        """How long an empty bucket takes until it is full."""
        return self.capacity * self.refill

    def take(self, full_at: timedelta, now: timedelta, count: int) -> tuple[timedelta, timedelta]:
        """When the bucket will be full again with so many taken, and zero; or unchanged, and the wait until there are so many.

        Times are spans since any fixed moment. One further on than an empty bucket's comes from a clock that was wrong.
        """
        full_at = min(max(full_at, now), now + self.refill_of_all)
        after = full_at + count * self.refill
        missing = after - (now + self.refill_of_all)
        return (full_at, missing) if missing > NONE else (after, NONE)
