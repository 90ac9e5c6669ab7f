"""Users whose everything was erased: noted with the erasure, and refused for a while."""

from dataclasses import dataclass, replace
from datetime import datetime

from application.connecting.one_use_state import digest
from application.ports.ids_and_nonces import Ids
from application.ports.sealer import Sealer
from application.ports.store import UnitOfWork
from domain.erasure import Erasure
from domain.errors import UserWasErased
from domain.ids import OwnerId


@dataclass(frozen=True, slots=True)
class ErasedUsers:
    """They are known by pseudonyms. Plain digests are of versions before, and are read for as long as they may be there."""

    sealer: Sealer

    def note(self, work: UnitOfWork, owner: OwnerId, ids: Ids, now: datetime) -> Erasure:
        """Refuse this user from the commit on. Another time within the refusal keeps the receipt."""
        pseudonym, noted = self.sealer.pseudonym(owner), self._of(work, owner)
        again = replace(noted.repeated(now), owner_digest=pseudonym) if noted and noted.refuses(now) else None
        erasure = again or Erasure(pseudonym, ids.new(), now)
        work.erasures.note(erasure)
        return erasure

    def counts(self, work: UnitOfWork, owner: OwnerId, now: datetime) -> bool:
        """Whether everything of this user was erased a short while ago."""
        noted = self._of(work, owner)
        return noted is not None and noted.refuses(now)

    def refuse(self, work: UnitOfWork, owner: OwnerId, now: datetime) -> None:
        """Raises UserWasErased where everything of this user was erased a short while ago."""
        if self.counts(work, owner, now):
            raise UserWasErased

    def _of(self, work: UnitOfWork, owner: OwnerId) -> Erasure | None:
        return work.erasures.of(self.sealer.pseudonym(owner), digest(owner))
