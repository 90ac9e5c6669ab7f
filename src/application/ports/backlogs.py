"""The port for what waits: facts for their consumers, accounts for their readings of spend."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

LATE_AFTER = timedelta(days=1)
"""A followed account whose spend was not read for so long is late: it is read every hour."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits at one moment."""

    facts: tuple[tuple[str, datetime | None], ...]
    """For each consumer of the outbox: when the oldest fact was stored that it has not passed; None: it has passed all."""
    reading_due_since: datetime | None
    """When the reading of spend became due that waits longest; None: none is due."""
    read_until: datetime | None
    """When the newest reading began of the account whose newest reading is oldest; None: nothing was read yet."""
    late_accounts: int
    """Followed accounts that were not read for `LATE_AFTER`."""


class Backlogs(Protocol):
    """Figures for operators; they cost what is told."""

    def look(self, now: datetime, consumers: Collection[str]) -> Backlog:
        """What waits as of `now`. Raises StoreUnavailable."""
