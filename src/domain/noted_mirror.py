"""What we remember of the dashboard's database: which one it is, when we last looked, and whether we write there."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Self

from domain.mirror_look import Look, MirrorIdentity


class FreezeReason(Enum):
    """Why nothing is written there and nothing is concluded from what is missing. The words are stored: they never change."""

    STANDBY = "standby"
    """It only follows another database."""
    OTHER_DATABASE = "other_database"
    """Its system identifier or its name is another's: it was moved, or the address is wrong."""
    OTHER_TABLE = "other_table"
    """The table of connections was made anew."""
    WENT_BACK = "went_back"
    """Its log lies behind the position that we noted: a backup was restored, or a standby took over that had missed something."""
    NO_USERS = "no_users"
    """It has no users, though rows of ours were written."""
    UNKNOWN_ROWS = "unknown_rows"
    """Rows of our kind are there that we never wrote: another deployment writes there, or our own database went back."""
    MANY_MISSING = "many_missing"
    """Rows of more than half of at least four owners are missing, or of two or three owners all at once."""

    @property
    def ends_by_itself(self) -> bool:
        """Whether the next look at the database that was noted ends it: we looked at another one, and wrote nothing."""
        return self in {FreezeReason.STANDBY, FreezeReason.OTHER_DATABASE, FreezeReason.OTHER_TABLE}


@dataclass(frozen=True, slots=True)
class Frozen:
    """The mirror stands still: until an operator rebuilds it, unless the reason ends by itself."""

    reason: FreezeReason
    since: datetime


@dataclass(frozen=True, slots=True)
class NotedMirror:
    """Stored, so that all processes obey."""

    identity: MirrorIdentity | None = None
    """As the last look that was not frozen saw it; None: nobody has looked yet."""
    frozen: Frozen | None = None
    off: bool = False
    """An operator turned the mirror off."""
    looked_at: datetime | None = None
    """The last look that was not frozen."""

    @property
    def writes(self) -> bool:
        """Whether rows are written and removed. Not before the first look: the database may be another deployment's."""
        return self.identity is not None and self.frozen is None and not self.off

    def froze(self, reason: FreezeReason, now: datetime) -> Self:
        """Frozen. What was noted stays: by it the database is known again."""
        return replace(self, frozen=Frozen(reason, now))

    def looked(self, look: Look, now: datetime) -> Self:
        """Nothing is wrong with the database. What it may not be asked stays as it was noted."""
        return replace(self, identity=_newer(self.identity, look.identity), frozen=None, looked_at=now)

    def rebuilt(self, look: Look, now: datetime) -> Self:
        """An operator says that this database is the right one, as it is."""
        return replace(self, identity=look.identity, frozen=None, looked_at=now)

    def turned(self, *, off: bool) -> Self:
        """Off, or on again. Absences start anew: nobody has looked meanwhile."""
        return replace(self, off=off, looked_at=None)


def _newer(noted: MirrorIdentity | None, seen: MirrorIdentity) -> MirrorIdentity:
    if noted is None:
        return seen
    position = noted.position if seen.position is None else seen.position
    return MirrorIdentity(seen.system or noted.system, seen.table, position)
