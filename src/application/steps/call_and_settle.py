"""The second and third step of a rotation: after the claim, exactly one call, and at once its settlement."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from application.ports.ad_platform import AdPlatform
from application.ports.ambient import Clock, Ids
from application.ports.budget import Budget
from application.ports.claims import Claim, Claims, Settlement
from application.ports.sealer import Sealer
from application.ports.store import Store
from domain.errors import CannotOpen, StoreUnavailable
from domain.grant import Grant
from domain.ids import RevocationId
from domain.outcomes import Failure, InDoubt, Issued, Misconfigured, NotPermitted, OurFault, Refused, Throttled, Unavailable
from domain.revocation import revocation_of
from domain.rotation import Keep, Probe, Reauthorise, Rotate, RotationPolicy, decide
from domain.tokens import Expiring, TokenKind

log = logging.getLogger(__name__)

SETTLE_AGAIN_AFTER = tuple(timedelta(seconds=s) for s in (0.05, 0.2, 0.5, 1, 2, 4))
"""Pauses between tries to store an answer that the database would not take."""

WITHOUT_KEY = timedelta(minutes=5)
"""How long a grant waits whose token cannot be opened here; another process may hold the key."""


class Ended(Enum):
    """How one claim ended."""

    RENEWED = "renewed"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    MISCONFIGURED = "misconfigured"
    OUR_FAULT = "our_fault"
    UNSENT = "unsent"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Rotation:
    """What one claim came to. `failure` beside UNSENT: what kept it from being sent, if anything but time did."""

    grant: Grant
    ended: Ended
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class InFlight:
    """Somebody is renewing this grant right now: ask again in a moment, with the same question."""


@dataclass(frozen=True, slots=True)
class CallAndSettle:
    """Whatever a claimed grant needs: rotate it, probe it, or declare that a person must act."""

    claims: Claims
    platform: AdPlatform
    sealer: Sealer
    budget: Budget
    store: Store
    clock: Clock
    ids: Ids
    policy: RotationPolicy

    def __call__(self, claim: Claim, *, taken_at: timedelta, insist: bool = False) -> Rotation:
        """Carry out a claim for which a permit was taken. `taken_at`: the monotonic time before it was claimed.

        Raises StoreUnavailable when the database would not take the outcome.
        """
        grant = claim.grant
        try:
            match decide(grant.tokens, grant.health, self.clock.now(), insist=insist):
                case Keep():
                    return self.release(claim)
                case Reauthorise(reason=reason):
                    grant.lapse(reason, self.clock.now())
                    return self._settled(claim, Ended.REFUSED)
                case Rotate(pair=pair):
                    return self._rotate(claim, pair, taken_at)
                case Probe():
                    return self._probe(claim, taken_at)
        except CannotOpen:
            log.exception("a token cannot be opened: is its key configured here?", extra={"grant": grant.id})
            failure = Misconfigured("key")
            grant.fail(failure, self.policy, self.clock.now(), pause=WITHOUT_KEY)
            return self._settled(claim, Ended.MISCONFIGURED, failure)

    def release(self, claim: Claim, because: Failure | None = None) -> Rotation:
        """Give a claim back of which nothing was sent."""
        self.claims.release([claim])
        return Rotation(claim.grant, Ended.UNSENT, because)

    def _rotate(self, claim: Claim, pair: Expiring, taken_at: timedelta) -> Rotation:
        grant = claim.grant
        token = self.sealer.open(pair.refresh, grant.id, TokenKind.REFRESH)
        if hindered := self._hindered(claim, taken_at):
            return hindered
        asked_at = self.clock.now()
        answer = self.platform.refresh(token)
        if not isinstance(answer, Issued):
            pause = self.budget.learn(grant.app, answer)
            grant.fail(answer, self.policy, self.clock.now(), pause=pause)
            return self._settled(claim, ended_by(answer), answer)
        access = self.sealer.seal(answer.access, grant.id, TokenKind.ACCESS)
        refresh = self.sealer.seal(answer.refresh, grant.id, TokenKind.REFRESH) if answer.refresh else None
        fresh = pair.renewed(access, refresh, answer.lifetimes, asked_at=asked_at)
        fingerprint = self.sealer.fingerprint(answer.access)
        grant.rotate(fresh, fingerprint, from_generation=claim.generation, policy=self.policy, now=self.clock.now())
        rotation = self._settled(claim, Ended.RENEWED)
        self.budget.learn(grant.app, None)
        return rotation

    def _probe(self, claim: Claim, taken_at: timedelta) -> Rotation:
        grant = claim.grant
        if grant.tokens is None:
            return self.release(claim)
        token = self.sealer.open(grant.tokens.access, grant.id, TokenKind.ACCESS)
        if hindered := self._hindered(claim, taken_at):
            return hindered
        answer = self.platform.reach(token)
        failure = None if isinstance(answer, tuple) else answer
        pause = self.budget.learn(grant.app, failure)
        grant.note_probe(failure, self.policy, self.clock.now(), pause=pause)
        return self._settled(claim, Ended.RENEWED if failure is None else ended_by(failure), failure)

    def _hindered(self, claim: Claim, taken_at: timedelta) -> Rotation | None:
        """The look at the clock, the breaker and the generation, directly before sending."""
        if self.clock.monotonic() - taken_at > self.policy.lease - self.policy.call_timeout:
            return self.release(claim)
        if stopped := self.budget.stopped(claim.grant.app):
            return self.release(claim, stopped)
        if claim.grant.renewal.in_doubt and not self.claims.current(claim):
            return Rotation(claim.grant, Ended.OVERTAKEN)
        return None

    def _settled(self, claim: Claim, ended: Ended, failure: Failure | None = None) -> Rotation:
        """Store the outcome; nothing that can fail stands between the answer and this."""
        grant = claim.grant
        settlement = self._settle(grant, claim)
        if settlement is Settlement.STORED:
            return Rotation(grant, ended, failure)
        if ended is Ended.RENEWED and grant.generation > claim.generation:
            self._bury(grant, settlement)
        return Rotation(grant, Ended.OVERTAKEN, failure)

    def _settle(self, grant: Grant, claim: Claim) -> Settlement:
        for pause in SETTLE_AGAIN_AFTER:
            try:
                return self.claims.settle(grant, claim)
            except StoreUnavailable:
                log.warning("the database would not take an outcome; trying again", extra={"grant": grant.id})
                self.clock.sleep(pause)
        return self.claims.settle(grant, claim)

    def _bury(self, grant: Grant, settlement: Settlement) -> None:
        """A pair came for a grant that was erased meanwhile."""
        log.info("a pair came late", extra={"grant": grant.id, "settlement": settlement.value})
        if settlement is not Settlement.REVOKED or grant.tokens is None:
            return
        with self.store.write() as work:
            for erased in work.grants.get([grant.id]):
                revocation = RevocationId(self.ids.new())
                work.revocations.add(revocation_of(erased, grant.tokens, grant.fingerprint, revocation, self.clock.now()))
            work.commit()


def ended_by(failure: Failure) -> Ended:
    """The failure's kind as an ending."""
    match failure:
        case Refused():
            return Ended.REFUSED
        case InDoubt():
            return Ended.IN_DOUBT
        case Throttled():
            return Ended.THROTTLED
        case Misconfigured():
            return Ended.MISCONFIGURED
        case OurFault():
            return Ended.OUR_FAULT
        case Unavailable() | NotPermitted():
            return Ended.UNAVAILABLE
