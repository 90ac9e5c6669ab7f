"""A pair that came for a grant which was erased meanwhile."""

import logging
from dataclasses import dataclass

from application.ports.claims_and_settlements import Settlement
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.grant import Grant
from domain.ids import RevocationId
from domain.queued_revocation import revocation_of
from domain.tokens import Expiring

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RevokeLatePair:
    """What happens to a pair that came for a grant which was erased meanwhile."""

    store: StoreOfAllOwners
    clock: Clock
    ids: Ids

    def __call__(self, grant: Grant, settlement: Settlement, tokens: Expiring, generation: int, fingerprint: str) -> None:
        """Queue the pair for revocation if the grant was revoked; forget it if a newer grant took over.

        `generation`: the one that the pair was sealed for.
        """
        log.info("a pair came late", extra={"grant": grant.id, "settlement": settlement.value})
        if settlement is not Settlement.REVOKED:
            return
        with self.store.write() as work:
            for erased in work.grants.get([grant.id]):
                revocation = RevocationId(self.ids.new())
                work.revocations.add(revocation_of(erased, tokens, generation, fingerprint, revocation, self.clock.now()))
            work.commit()
