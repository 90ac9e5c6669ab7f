"""Drain the revocation queue, and leave nothing behind."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from application.ports.ad_platform import AdPlatform
from application.ports.budget import Budget, Lane, Permits
from application.ports.clock import Clock
from application.ports.sealer import Sealer
from application.ports.store_of_all_owners import StoreOfAllOwners
from application.rotation.call_and_settle import WITHOUT_KEY
from application.rotation.permit_turn import Turns
from domain.back_off import FIRST_BACK_OFF, LONGEST_BACK_OFF, doubled
from domain.errors import CannotOpen
from domain.events import Event, RevocationGivenUp, TokenRevoked
from domain.ids import OwnerId
from domain.outcomes import Failure
from domain.queued_revocation import Revocation
from domain.rotation_policy import RotationPolicy
from domain.tokens import Secret, TokenKind

log = logging.getLogger(__name__)

REVOCATION_BATCH = 20

REVOCATION_PAUSE = timedelta(seconds=5)
"""The pause of a revocation that has to wait for a consent's exchange."""

EXCHANGE_TAKES = timedelta(minutes=1)
"""How long a consent that was consumed may be exchanging; one that takes longer has died."""


LOOK_EVERY = timedelta(milliseconds=100)


class InTurn(Protocol):
    """`Turns.send` of a turn that was reserved."""

    def __call__(
        self,
        send: Callable[[], Failure | None],
        failure_of: Callable[[Failure | None], Failure | None],
        *,
        until: timedelta,
    ) -> Failure | Permits | None:
        """Permits: nothing was sent."""


def failure_itself(failure: Failure | None) -> Failure | None:
    """What a revocation comes to is its failure, or nothing."""
    return failure


@dataclass(frozen=True, slots=True)
class RevokeTokens:
    """Revoke what is queued, unless another live grant shares the token or reaches one of its accounts: then only erase it.

    It comes last of all that erases tokens, so it is here that the store forgets what these were.
    """

    store: StoreOfAllOwners
    platform: AdPlatform
    sealer: Sealer
    budget: Budget
    clock: Clock
    policy: RotationPolicy

    def __call__(self, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """How many revocations were brought to an end. Raises StoreUnavailable."""
        ended, served = 0, set[OwnerId]()
        for _ in range(REVOCATION_BATCH):
            if stopping() or not self._any_due():
                break
            turns = Turns(self.budget, self.clock, self.platform.app, Lane.BACKGROUND, stopping)
            turn = turns.reserve(self.policy.lease / 4)
            if isinstance(turn, Permits) or not turn():
                break
            ended += self._next(served, partial(turns.send, turn))
        self.store.vacuum_traces()
        return ended

    def _any_due(self) -> bool:
        with self.store.read() as work:
            return work.revocations.any_due(self.platform.app, self.clock.now())

    def _next(self, served: set[OwnerId], in_turn: InTurn) -> bool:
        """Bring the oldest one to an end, if the platform lets us; one of an owner who was not `served` yet, if there is any.

        The lease is stored before anything is looked at: a consent either sees it, and waits with its exchange, or is seen here.
        """
        last_moment = self.clock.monotonic() + self.policy.lease - self.policy.call_timeout
        with self.store.write() as work:
            now = self.clock.now()
            taken = work.revocations.take_due(self.platform.app, limit=1, lease=self.policy.lease, now=now, served=served)
            work.commit()
        served |= {revocation.owner for revocation in taken}
        return any(self._bring_to_an_end(revocation, now, last_moment, in_turn) for revocation in taken)

    def _bring_to_an_end(self, revocation: Revocation, taken_at: datetime, last_moment: timedelta, in_turn: InTurn) -> bool:
        exchanging = self._is_exchanging(revocation, taken_at)
        now = self.clock.now()
        with self.store.read() as work:
            shared = work.grants.another_live_grant_shares(
                revocation.fingerprint, revocation.reach, besides=revocation.grant, now=now
            )
        if shared:
            return self._done(revocation, TokenRevoked(revocation.grant, revocation.owner, shared=True, at=now))
        if now >= revocation.give_up_at:
            log.error("a token could not be revoked in time and was only erased", extra={"grant": revocation.grant})
            return self._done(revocation, RevocationGivenUp(revocation.grant, revocation.owner, at=now))
        if exchanging:
            return self._later(revocation, REVOCATION_PAUSE)
        try:
            access = self.sealer.open(revocation.access, revocation.place, TokenKind.ACCESS)
        except CannotOpen:
            log.error("a queued token cannot be opened: is its key configured here?", extra={"grant": revocation.grant})  # noqa: TRY400 (the place says nothing)
            return self._later(revocation, WITHOUT_KEY)
        return self._send(revocation, access, last_moment, in_turn)

    def _send(self, revocation: Revocation, access: Secret, last_moment: timedelta, in_turn: InTurn) -> bool:
        failure = in_turn(lambda: self.platform.revoke(access), failure_itself, until=last_moment)
        if isinstance(failure, Permits):
            return False  # this machine slept, perhaps: a consent that waited for the lease may have the same token by now
        if failure is None:
            return self._done(revocation, TokenRevoked(revocation.grant, revocation.owner, shared=False, at=self.clock.now()))
        pause = doubled(FIRST_BACK_OFF, revocation.failures + 2, longest=LONGEST_BACK_OFF)
        return self._later(replace(revocation, failures=revocation.failures + 1), pause)

    def _is_exchanging(self, revocation: Revocation, taken_at: datetime) -> bool:
        """Whether a consent is being exchanged that began before the lease. Those that begin later wait for it: so one that has
        waited is not put off again, but waits for the others to end.
        """
        patience = self.policy.last_moment if revocation.has_waited(taken_at) else timedelta(0)
        until = self.clock.monotonic() + patience
        while True:
            with self.store.read() as work:
                if not work.consents.exchanging(taken_at - EXCHANGE_TAKES, taken_at):
                    return False
            if self.clock.monotonic() >= until:
                return True
            self.clock.sleep(LOOK_EVERY)

    def _done(self, revocation: Revocation, event: Event) -> bool:
        with self.store.write() as work:
            work.revocations.done(revocation.id)
            work.outbox.add([event])
            work.commit()
        return True

    def _later(self, revocation: Revocation, pause: timedelta) -> bool:
        with self.store.write() as work:
            work.revocations.save(replace(revocation, due_at=self.clock.now() + pause))
            work.commit()
        return False
