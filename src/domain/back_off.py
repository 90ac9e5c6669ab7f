"""When to try again after failures in a row: pauses that double, jittered, and short in a token's last hour."""

from datetime import datetime, timedelta

from domain.due_times import share_of, urgent_at
from domain.ids import GrantId
from domain.tokens import Expiring, Tokens

FIRST_BACK_OFF = timedelta(seconds=5)
LONGEST_BACK_OFF = timedelta(minutes=15)
URGENT_BACK_OFF = timedelta(seconds=30)
"""The longest back-off while the token is in its last hour: an outage's end must not find it waiting."""

MOST_DOUBLINGS = 20
"""More would pass any longest pause, and the number would grow without end."""


def doubled(first: timedelta, failures: int, *, longest: timedelta) -> timedelta:
    """The pause after so many failures in a row, from 1 on: `first`, then twice that each time, up to the longest."""
    return min(first * (1 << min(max(failures - 1, 0), MOST_DOUBLINGS)), longest)


def again_at(tokens: Tokens | None, grant: GrantId, failures: int, now: datetime) -> datetime:
    """When to try a grant again after its `failures`-th failure in a row."""
    longest = LONGEST_BACK_OFF
    if isinstance(tokens, Expiring):
        if urgent_at(tokens) <= now < tokens.access_expires_at:
            longest = URGENT_BACK_OFF
        elif now < urgent_at(tokens):
            longest = min(longest, max(urgent_at(tokens) - now, FIRST_BACK_OFF))
    pause = doubled(FIRST_BACK_OFF, failures, longest=longest)
    return now + pause * (0.75 + 0.25 * share_of(grant, str(failures)))
