"""Rotate one grant because a person, or an operator, asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from application.ports.ambient import Clock
from application.ports.budget import Budget, Lane
from application.ports.claims import Claims
from application.ports.store import Store
from application.steps.call_and_settle import CallAndSettle, Ended, InFlight
from application.steps.refusals import hopeless, refusal_of, stopped
from domain.errors import ConnectionNotFound, PlatformThrottled
from domain.grant import Grant
from domain.ids import ConnectionId, OwnerId
from domain.rotation import RotationPolicy
from domain.tokens import Expiring

PATIENCE = timedelta(seconds=2)
"""How long a person's call waits for its turn in the budget."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """The grant holds a fresh pair, or its long-term token was found alive (then without an end)."""

    token_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class RotateGrant:
    """Always rotates, except that a caller shares a rotation in flight, or one that ended after the request arrived."""

    store: Store
    claims: Claims
    budget: Budget
    carry_out: CallAndSettle
    clock: Clock
    policy: RotationPolicy

    def __call__(
        self, connection: ConnectionId, *, owner: OwnerId | None, asked_at: datetime, insist: bool = False
    ) -> Rotated | InFlight:
        """Renew the grant of a connection. `owner` None: an operator asks. `insist`: also after a refusal, once more.

        Raises ConnectionNotFound, ReauthorisationNeeded, PlatformThrottled, PlatformUnavailable, PlatformMisconfigured,
        PlatformError.
        """
        with self.store.read() as work:
            grant = work.grants.of_connection(connection)
        if grant is None or (owner is not None and grant.owner != owner):
            raise ConnectionNotFound
        now = self.clock.now()
        if (ended_at := grant.renewal.settled_at) and ended_at >= asked_at:
            return self._told(grant)
        if not insist and (refusal := hopeless(grant)):
            raise refusal
        if grant.in_flight(now):
            return InFlight()
        return self._claim_and_carry_out(grant, insist=insist)

    def _claim_and_carry_out(self, grant: Grant, *, insist: bool) -> Rotated | InFlight:
        permits = self.budget.take(grant.app, 1, Lane.PEOPLE, within=PATIENCE)
        if not permits.count:
            raise stopped(permits.because, permits.wait) if permits.because else PlatformThrottled(permits.wait)
        taken_at = self.clock.monotonic()
        claim = self.claims.take(grant.id, generation=grant.generation, lease=self.policy.lease)
        if claim is None:
            return InFlight()
        self.clock.sleep(permits.wait)
        rotation = self.carry_out(claim, taken_at=taken_at, insist=insist)
        if rotation.ended is Ended.OVERTAKEN:
            return InFlight()
        if rotation.ended is Ended.RENEWED:
            return self._told(rotation.grant)
        raise refusal_of(rotation.grant, rotation.failure, self.clock.now())

    def _told(self, grant: Grant) -> Rotated:
        if grant.renewal.last_failure is not None or hopeless(grant):
            raise refusal_of(grant, grant.renewal.last_failure, self.clock.now())
        return Rotated(grant.tokens.access_expires_at if isinstance(grant.tokens, Expiring) else None)
