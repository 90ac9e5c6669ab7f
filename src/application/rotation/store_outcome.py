"""The third step of a rotation: storing what the call came to, a new pair in the journal if the database is away."""

import logging
from dataclasses import dataclass

from application.ports.claims_and_settlements import Claim, Claims, Settlement
from application.ports.clock import Clock
from application.ports.journal import Journal, JournalUnavailable, KeptAnswer
from application.rotation.claim_results import Ended, Rotation
from application.rotation.revoke_late_pair import RevokeLatePair
from application.rotation.store_retries import store_with_retries
from domain.errors import Conflict, StoreUnavailable
from domain.outcomes import Failure

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoreOutcome:
    """Every outcome is stored with some patience; the only live pair of a grant is held until something has taken it."""

    claims: Claims
    journal: Journal
    revoke_late_pair: RevokeLatePair
    clock: Clock

    def __call__(self, claim: Claim, ended: Ended, failure: Failure | None = None) -> Rotation:
        """Store an outcome that is not a new pair; what the database never takes is found in doubt. Raises StoreUnavailable."""
        settlement = store_with_retries(lambda: self.claims.settle(claim.grant, claim), self.clock)
        return Rotation(claim.grant, ended if settlement is Settlement.STORED else Ended.OVERTAKEN, failure)

    def new_pair(self, claim: Claim, answer: KeptAnswer) -> Rotation:
        """Store the only live pair: in the database, else in the journal, and nothing that can fail stands before.

        Raises StoreUnavailable or Conflict once the journal alone has it.
        """
        grant, kept = claim.grant, False

        def settle() -> Settlement:
            settlement = self.claims.settle(grant, claim)
            if settlement in {Settlement.REVOKED, Settlement.SUPERSEDED}:
                self.revoke_late_pair(grant, settlement, answer.tokens, answer.generation + 1, answer.fingerprint)
            return settlement

        def keep(_: StoreUnavailable | Conflict) -> bool:
            nonlocal kept
            kept = kept or self._keep(answer)
            return kept

        settlement = store_with_retries(settle, self.clock, on_failure=keep)
        if kept:
            self.journal.forget(answer)
        return Rotation(grant, Ended.ROTATED if settlement is Settlement.STORED else Ended.OVERTAKEN)

    def _keep(self, answer: KeptAnswer) -> bool:
        try:
            self.journal.keep(answer)
        except JournalUnavailable:
            log.critical("neither the database nor the journal takes a new pair; holding on", extra={"grant": answer.grant})
            return False
        log.warning("the database is away: a new pair went to the journal", extra={"grant": answer.grant})
        return True
