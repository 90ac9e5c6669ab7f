"""Bringing answers into the store that it would not take when they came: what the journal keeps is settled."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from application.ports.claims_and_settlements import Claim, Claims, Settlement, fenced_out
from application.ports.clock import Clock
from application.ports.journal import Journal, KeptAnswer
from application.ports.store_of_all_owners import StoreOfAllOwners
from application.rotation.revoke_late_pair import RevokeLatePair
from domain.grant import Grant
from domain.rotation_attempt import FROM_JOURNAL
from domain.rotation_policy import RotationPolicy

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DrainJournal:
    """Settle what the journal kept, oldest first, as if it came now: only the generation decides whether it is wanted.

    A process that works with a copy of the database may have the original's journal: it leaves that alone.
    """

    journal: Journal
    claims: Claims
    store: StoreOfAllOwners
    revoke_late_pair: RevokeLatePair
    clock: Clock
    policy: RotationPolicy
    elsewhere: Callable[[], bool]
    """Whether the database is another address's."""

    def __call__(self) -> int:
        """How many answers were brought to an end. Raises StoreUnavailable, and then nothing is forgotten that was not stored."""
        if self.journal.empty() or self.elsewhere():
            return 0
        answers = self.journal.kept()
        for answer in answers:
            self._settle(answer)
            self.journal.forget(answer)
        return len(answers)

    def _settle(self, answer: KeptAnswer) -> None:
        with self.store.read() as work:
            grants = work.grants.get([answer.grant])
        for grant in grants:
            settlement = self._outcome(grant, answer)
            log.warning("an answer came from the journal", extra={"grant": grant.id, "settlement": settlement.value})
            if settlement in {Settlement.REVOKED, Settlement.SUPERSEDED}:
                self.revoke_late_pair(grant, settlement, answer.tokens, answer.generation + 1, answer.fingerprint)

    def _outcome(self, grant: Grant, answer: KeptAnswer) -> Settlement:
        if grant.erased or grant.generation > answer.generation:
            return fenced_out(grant.health)
        claim = Claim(grant, grant.generation, answer.attempt, grant.schedule, came_to=FROM_JOURNAL)
        grant.recover(answer.tokens, answer.fingerprint, spent=answer.generation, policy=self.policy, now=self.clock.now())
        return self.claims.settle(grant, claim)
