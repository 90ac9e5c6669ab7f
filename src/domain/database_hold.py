"""When the database is put on hold: it was restored from a backup, or it is another address's database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

BEHIND = timedelta(minutes=2)
"""How far a database may be behind its note: a stamp's age, and what a standby may have missed that took over."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A span in which nobody stamped the database."""

    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class WentBack:
    """The database lacks what it held at `noted_at`: a backup was restored, or an old copy of it is in use."""

    restored_to: datetime
    """The last time that it remembers from before."""
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The process serves another address than the one whose database this is: it works with a copy, or has moved."""

    home: str
    here: str | None
    """None: at no public address."""


Hold = WentBack | Elsewhere


@dataclass(frozen=True, slots=True)
class Held:
    """Why a call is not sent: the database is on hold."""

    hold: Hold


def went_back(stamped_at: datetime | None, gaps: Iterable[Gap], noted_at: datetime | None) -> WentBack | None:
    """Whether a database does not remember the time that was noted of it: it lies after its last stamp, or in a gap."""
    if noted_at is None or stamped_at is None:
        return None
    if noted_at > stamped_at + BEHIND:
        return WentBack(stamped_at, noted_at)
    missed = (gap for gap in gaps if gap.began_at + BEHIND < noted_at < gap.ended_at)
    return next((WentBack(gap.began_at, noted_at) for gap in missed), None)
