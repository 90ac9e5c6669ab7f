"""Drain the revocation queue."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from application.ports.ad_platform import AdPlatform
from application.ports.ambient import Clock
from application.ports.budget import Budget, Lane
from application.ports.sealer import Sealer
from application.ports.store import Store
from domain.errors import CannotOpen
from domain.events import TokenRevoked
from domain.outcomes import Unavailable
from domain.revocation import Revocation
from domain.rotation import LONGEST_BACK_OFF, RotationPolicy
from domain.tokens import TokenKind

log = logging.getLogger(__name__)

AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class RevokeTokens:
    """Revoke what is queued, unless another live grant shares the token or reaches one of its accounts: then only erase it."""

    store: Store
    platform: AdPlatform
    sealer: Sealer
    budget: Budget
    clock: Clock
    policy: RotationPolicy

    def __call__(self, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """How many revocations were brought to an end. Raises StoreUnavailable."""
        ended = 0
        with self.store.write() as work:
            due = work.revocations.take_due(limit=AT_ONCE, lease=self.policy.lease, now=self.clock.now())
            work.commit()
        for revocation in due:
            if stopping():
                break
            ended += self._bring_to_an_end(revocation)
        return ended

    def _bring_to_an_end(self, revocation: Revocation) -> bool:
        now = self.clock.now()
        with self.store.read() as work:
            shared = work.grants.shared(revocation.fingerprint, revocation.reach, besides=revocation.grant, now=now)
        if shared or now >= revocation.give_up_at:
            if not shared:
                log.error("a token could not be revoked in time and was only erased", extra={"grant": revocation.grant})
            return self._done(revocation, shared=shared)
        if (
            revocation.app != self.platform.app
            or not (permits := self.budget.take(revocation.app, 1, Lane.BACKGROUND, within=self.policy.lease / 4)).count
        ):
            return False
        self.clock.sleep(permits.wait)
        try:
            failure = self.platform.revoke(self.sealer.open(revocation.access, revocation.grant, TokenKind.ACCESS))
        except CannotOpen:
            failure = Unavailable("key")
        self.budget.learn(revocation.app, failure)
        return self._done(revocation, shared=False) if failure is None else self._again(revocation)

    def _done(self, revocation: Revocation, *, shared: bool) -> bool:
        with self.store.write() as work:
            work.revocations.done(revocation.id)
            work.outbox.add([TokenRevoked(revocation.grant, revocation.owner, shared=shared, at=self.clock.now())])
            work.commit()
        return True

    def _again(self, revocation: Revocation) -> bool:
        failures = revocation.failures + 1
        pause = min(timedelta(seconds=5) * (1 << min(failures, 10)), LONGEST_BACK_OFF)
        with self.store.write() as work:
            work.revocations.save(replace(revocation, failures=failures, due_at=self.clock.now() + pause))
            work.commit()
        return False
