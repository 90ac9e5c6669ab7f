"""When an account counts as lost: absence in one answer proves nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from domain.ids import OwnerId

LOOK_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=4))
"""The pauses before an account that was missed is looked for again; missed each time, it is lost."""

FEWEST_OWNERS, LARGEST_PART = 20, 0.05
"""Where more than this part of at least so many owners miss accounts at once, it is the platform that fails, not they."""


def platform_fails(owners_read: Collection[OwnerId], owners_missing: Collection[OwnerId]) -> bool:
    """Whether so many owners miss accounts in one audit that nobody's are to be believed lost."""
    return len(owners_read) >= FEWEST_OWNERS and len(owners_missing) > LARGEST_PART * len(owners_read)
