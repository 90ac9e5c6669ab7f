"""What the database remembers of itself: when it was in use, where it is at home, whether it is on hold, and its adoptions."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from domain.database_hold import BEHIND, Elsewhere, Gap, Hold, WentBack, went_back
from domain.ids import DatabaseId

STAMP_EVERY = timedelta(minutes=1)
"""How often the database's own time is written into it, and noted outside."""

MOST_GAPS = 100


@dataclass(frozen=True, slots=True)
class DatabaseIdentity:
    """What a database remembers of itself. Times are its own clock's."""

    id: DatabaseId
    stamped_at: datetime | None = None
    """When it was last in use, to the minute; None: it never was."""
    gaps: tuple[Gap, ...] = ()
    home: str | None = None
    """The first https origin at which it was served."""
    place: str | None = None
    """Which server or file it was when it was first in use, or adopted."""
    hold: WentBack | None = None
    """Stored, so that all processes obey."""
    restored_at: datetime | None = None
    """When it was last adopted as a restored backup."""
    restored_to: datetime | None = None
    """The last time that it remembered then from before the restore."""

    def stamped(self, now: datetime) -> Self:
        """In use now. The stamp never goes back: a server whose clock is behind may have taken over."""
        if self.stamped_at is None:
            return replace(self, stamped_at=now)
        stamp = max(self.stamped_at, now)
        if stamp - self.stamped_at <= BEHIND:
            return replace(self, stamped_at=stamp)
        return replace(self, stamped_at=stamp, gaps=(*self.gaps, Gap(self.stamped_at, stamp))[-MOST_GAPS:])

    @property
    def noteworthy(self) -> datetime | None:
        """The time to note outside. A stamp that ended a gap is noted with the next one: a standby that missed it would seem to
        have missed the whole gap.
        """
        if self.gaps and self.gaps[-1].ended_at == self.stamped_at:
            return self.gaps[-1].began_at
        return self.stamped_at

    def went_back(self, noted_at: datetime | None) -> WentBack | None:
        """Whether the database does not remember a time that was noted of it."""
        return went_back(self.stamped_at, self.gaps, noted_at)

    def held(self, noted_at: datetime | None) -> Self:
        """On hold if it went back, and is not already."""
        hold = self.hold or self.went_back(noted_at)
        return replace(self, hold=hold)

    def at_home(self, here: str | None) -> bool:
        """Whether a process that serves `here` (None: no public address) works with its own database, not with another's."""
        return self.home is None or self.home == here

    def on_hold(self, here: str | None) -> Hold | None:
        """Why a process that serves `here` sends nothing to the platform, if it may not."""
        if self.hold is not None:
            return self.hold
        return None if self.home is None or self.at_home(here) else Elsewhere(self.home, here)

    def adopted_restored(self, now: datetime) -> Self:
        """Ours again after a backup was restored. What was noted of the time that it lost says nothing any more."""
        known_times = [now, self.stamped_at or now, self.hold.noted_at if self.hold else now]
        stamp = max(known_times)
        restored_to = self.hold.restored_to if self.hold else None
        return replace(self, stamped_at=stamp, gaps=(), hold=None, restored_at=now, restored_to=restored_to)

    def adopted_copy(self, new_id: DatabaseId, home: str | None, now: datetime) -> Self:
        """Another database from now on."""
        return replace(self, id=new_id, stamped_at=now, gaps=(), home=home, hold=None, restored_at=None, restored_to=None)
