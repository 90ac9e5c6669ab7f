"""What others were answered, over a database of this process."""

from dataclasses import dataclass
from datetime import datetime

from adapters.memory.database import MemoryDatabase
from domain.grant import Grant
from domain.ids import AppId
from domain.owner_tally import OwnerTally
from domain.tokens import LongTerm


@dataclass(slots=True)
class MemoryOwnerTallies:
    """Read from the grants themselves, of those that were settled since."""

    database: MemoryDatabase

    def since(self, app: AppId, moment: datetime) -> OwnerTally:
        with self.database.lock:
            grants = [g for g in self.database.answer().grants.settled_since(moment) if g.app == app]
        refused = [(g.owner, r) for g in grants if (r := g.schedule.refusals) and r.last_at > moment and not g.schedule.in_doubt]
        rotated = {g.owner for g in grants if was_rotated(g, moment)}
        newly = {owner for owner, refusals in refused if refusals.first_at > moment}
        return OwnerTally(len(rotated), len(newly), len({owner for owner, _ in refused} - rotated))


def was_rotated(grant: Grant, since: datetime) -> bool:
    """Whether it was rotated later than that or, with a token without an end, probed and found alive."""
    if isinstance(grant.tokens, LongTerm):
        settled_at, failure = grant.schedule.settled_at, grant.schedule.last_failure
        return settled_at is not None and settled_at > since and failure is None and grant.schedule.refusals is None
    return grant.tokens is not None and grant.generation > 1 and grant.tokens.issued_at > since
