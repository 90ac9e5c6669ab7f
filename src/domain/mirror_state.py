"""The mirror's stored state: which database it is, when we last looked, whether we write there, and why not."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from domain.mirror_freeze_reasons import FreezeReason, Frozen
from domain.mirror_look import Look, MirrorIdentity


@dataclass(frozen=True, slots=True)
class MirrorState:
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
