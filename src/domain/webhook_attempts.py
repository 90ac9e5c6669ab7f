"""When a message that the receiver did not take is sent again, and when it is given up."""

from datetime import datetime, timedelta

from domain.back_off import doubled
from domain.due_times import share_of
from domain.ids import GrantId

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=4)

GIVEN_UP_AFTER = timedelta(days=3)
"""A weekend: how long the receiver may be away without losing a message. Then it becomes a dead letter."""

MOST_ASKED_PAUSE = timedelta(hours=4)
"""The longest Retry-After that is heeded."""

EARLIEST = 0.75
"""Of a pause, at the least: jitter keeps messages that failed together from coming back together."""


def again_at(grant: GrantId, attempts: int, now: datetime, *, asked: timedelta | None = None) -> datetime:
    """When the message is sent again after so many attempts. `asked`: the pause that the receiver asks for (Retry-After)."""
    pause = doubled(FIRST_PAUSE, attempts, longest=LONGEST_PAUSE)
    pause *= EARLIEST + (1 - EARLIEST) * share_of(grant, f"webhook {attempts}")
    return now + max(pause, min(asked or timedelta(0), MOST_ASKED_PAUSE))


def is_given_up(queued_at: datetime, now: datetime) -> bool:
    """Whether an attempt that failed now was the last."""
    return now - queued_at >= GIVEN_UP_AFTER
