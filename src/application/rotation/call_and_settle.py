"""The second and third step of a rotation: after the claim, exactly one call, and at once its settlement."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from application.ports.ad_platform import AdPlatform
from application.ports.budget import Budget, Obstacle
from application.ports.claims_and_settlements import Claim, Claims, Settlement
from application.ports.clock import Clock
from application.ports.journal import Journal, JournalUnavailable, KeptAnswer
from application.ports.owner_tallies import OwnerTallies
from application.ports.sealer import Sealer
from application.rotation.late_pairs import RevokeLatePair
from application.rotation.permit_turn import at_once
from application.rotation.unread_answers import KeepUnread
from domain.errors import CannotOpen, Conflict, StoreUnavailable
from domain.grant import Grant
from domain.ids import AppId
from domain.outcomes import (
    Failure,
    InDoubt,
    Issued,
    Misconfigured,
    NotPermitted,
    OurFault,
    PathMissing,
    Refused,
    Throttled,
    Unavailable,
    Unread,
)
from domain.owner_tally import LEARNING_WINDOW
from domain.refusals import HASTENED_BY_SUCCESS, Refusals
from domain.rotation import Keep, Probe, Reauthorise, Rotate, RotationPolicy, decide
from domain.tokens import Expiring, Lifetimes, LongTerm, TokenKind

log = logging.getLogger(__name__)

SETTLE_AGAIN_AFTER = tuple(timedelta(seconds=s) for s in (0.05, 0.2, 0.5, 1, 2))
"""Pauses between tries to store an outcome that the database would not take."""

HOLD_ON = timedelta(seconds=10)
"""The pause between tries where the journal would not take the answer either: it is held until one of them does."""

WITHOUT_KEY = timedelta(minutes=5)
"""How long a grant waits whose token is damaged."""

ANOTHER_APP = Misconfigured("another app")
"""Why a grant is left alone that another developer app obtained: the credentials here would spend its token for nothing."""

ANOTHER_KEY = Misconfigured("another key")
"""Why a grant is left alone whose key is not here."""

UNTIL_CONFIGURED = timedelta(minutes=5)
"""When to ask for such a grant again: an operator has to act."""


class Counted(Enum):
    """As what reports count a claim's ending."""

    REFRESHED = "refreshed"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT = "not"


class Ended(Enum):
    """How one claim ended."""

    ROTATED = "renewed"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    MISCONFIGURED = "misconfigured"
    OUR_FAULT = "our_fault"
    UNSENT = "unsent"
    OVERTAKEN = "overtaken"

    @property
    def tally(self) -> Counted:
        """As what it is counted; one that somebody else overtook is counted there."""
        match self:
            case Ended.ROTATED:
                return Counted.REFRESHED
            case Ended.REFUSED | Ended.IN_DOUBT:
                return Counted.FAILED
            case Ended.THROTTLED | Ended.UNAVAILABLE | Ended.MISCONFIGURED | Ended.OUR_FAULT | Ended.UNSENT:
                return Counted.SKIPPED
            case Ended.OVERTAKEN:
                return Counted.NOT


@dataclass(frozen=True, slots=True)
class Rotation:
    """What one claim came to. `failure` beside UNSENT: what kept it from being sent, if anything but time did."""

    grant: Grant
    ended: Ended
    failure: Obstacle | None = None


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
    journal: Journal
    tallies: OwnerTallies
    revoke_late_pair: RevokeLatePair
    clock: Clock
    policy: RotationPolicy
    keep_unread: KeepUnread

    def __call__(
        self, claim: Claim, *, taken_at: timedelta, turn: Callable[[], bool] = at_once, insist: bool = False, probe: bool = False
    ) -> Rotation:
        """Carry out a claim for which a permit was taken. `taken_at`: the monotonic time before it was claimed; `turn` waits
        until the call may be sent, and says whether it may.

        Raises StoreUnavailable when the database would not take the outcome; a new pair is in the journal then.
        """
        grant = claim.grant
        if elsewhere := self.elsewhere(grant):
            return self.release(claim, elsewhere)
        try:
            now = self.clock.now()
            match decide(
                grant.tokens,
                grant.health,
                now,
                refusals=grant.schedule.refusals,
                probe_first=grant.is_probed_first(now),
                insist=insist,
                probe=probe,
            ):
                case Keep():
                    grant.leave(self.clock.now())
                    return self._settled(claim, Ended.UNSENT)
                case Reauthorise(reason=reason):
                    grant.lapse(reason, self.clock.now())
                    return self._settled(claim, Ended.REFUSED)
                case Rotate(pair=pair):
                    return self._rotate(claim, pair, taken_at, turn)
                case Probe():
                    return self._probe(claim, taken_at, turn)
        except CannotOpen:
            log.critical("a token is damaged, or its key has another's id", extra={"grant": grant.id})
            failure = Misconfigured("key")
            grant.fail(failure, self.policy, self.clock.now(), pause=WITHOUT_KEY)
            return self._settled(claim, Ended.MISCONFIGURED, failure)

    def elsewhere(self, grant: Grant) -> Misconfigured | None:
        """Why this process can't speak for the grant, if it can't: another may have its app, or its key."""
        if grant.app != self.platform.app:
            return ANOTHER_APP
        if grant.tokens is None:
            return None
        sealed = grant.tokens.refresh if isinstance(grant.tokens, Expiring) else grant.tokens.access
        return None if self.sealer.has_key(sealed) else ANOTHER_KEY

    def release(self, claim: Claim, because: Obstacle | None = None) -> Rotation:
        """Give a claim back of which nothing was sent."""
        self.claims.release([claim])
        return Rotation(claim.grant, Ended.UNSENT, because)

    def _rotate(self, claim: Claim, pair: Expiring, taken_at: timedelta, turn: Callable[[], bool]) -> Rotation:
        grant, refusals = claim.grant, claim.grant.schedule.refusals
        token = self.sealer.open(pair.refresh, grant.id, TokenKind.REFRESH)
        credible = self._others_speak_for(refusals, grant.app)
        if hindered := self._hindered(claim, taken_at, turn):
            return hindered
        asked_at = self.clock.now()
        answer = self.platform.refresh(token, grant.origin.version)
        if isinstance(answer, Unread):
            answer = self.keep_unread(answer, grant.id, grant.owner)
        if isinstance(answer, PathMissing):
            return self._spent_nothing(claim, answer)
        if not isinstance(answer, Issued):
            pause = self._learn(grant, answer)
            grant.fail(answer, self.policy, self.clock.now(), pause=pause, credible=credible)
            return self._settled(claim, ended_by(answer), answer)
        access = self.sealer.seal(answer.access, grant.id, TokenKind.ACCESS)
        refresh = self.sealer.seal(answer.refresh or token, grant.id, TokenKind.REFRESH)  # one key for both, also for a kept one
        lifetimes = answer.lifetimes if answer.refresh else Lifetimes(answer.lifetimes.access)
        fresh = pair.rotated(access, refresh, lifetimes, asked_at=asked_at)
        fingerprint = self.sealer.fingerprint(answer.access)
        if self.policy.too_short(fresh.life):
            log.warning("an access token lives too short a time to be renewed in peace", extra={"grant": grant.id})
        grant.rotate(fresh, fingerprint, from_generation=claim.generation, policy=self.policy, now=self.clock.now())
        answered = KeptAnswer(grant.id, claim.generation, claim.attempt, fresh, fingerprint, self.clock.now())
        rotation = self._stored(claim, answered)
        self.budget.learn(grant.app, None)
        self._healed(refusals, grant.app)
        return rotation

    def _probe(self, claim: Claim, taken_at: timedelta, turn: Callable[[], bool]) -> Rotation:
        grant, refusals = claim.grant, claim.grant.schedule.refusals
        if grant.tokens is None:
            return self.release(claim)
        token = self.sealer.open(grant.tokens.access, grant.id, TokenKind.ACCESS)
        all_there_is = isinstance(grant.tokens, LongTerm)
        credible = all_there_is and self._others_speak_for(refusals, grant.app)
        if hindered := self._hindered(claim, taken_at, turn):
            return hindered
        answer = self.platform.reach(token)
        failure = None if isinstance(answer, tuple) else answer
        if isinstance(failure, PathMissing):
            return self._spent_nothing(claim, failure)
        pause = self._learn(grant, failure)
        grant.note_probe(failure, self.policy, self.clock.now(), pause=pause, credible=credible)
        rotation = self._settled(claim, Ended.ROTATED if failure is None else ended_by(failure), failure)
        if all_there_is and failure is None:
            self._healed(refusals, grant.app)
        return rotation

    def _spent_nothing(self, claim: Claim, failure: PathMissing) -> Rotation:
        """The platform does not know the path: the claim is given back as it was, since no time is lost that a person needs."""
        self.budget.learn(claim.grant.app, failure)
        return self.release(claim, failure)

    def _others_speak_for(self, refusals: Refusals | None, app: AppId) -> bool:
        """Whether others were answered, since the last refusal, in a way by which one more is to be believed.

        Where the store does not say, it is not: that delays a sentence, while a claim left behind would be a doubt.
        """
        if refusals is None:
            return False
        with suppress(StoreUnavailable):
            tally = self.tallies.since(app, refusals.last_at)
            if tally.speaks_for_refusals or refusals.access_works is not False or not tally.is_few:
                return tally.speaks_for_refusals
            return self.tallies.since(app, self.clock.now() - LEARNING_WINDOW).is_few
        return False

    def _healed(self, refusals: Refusals | None, app: AppId) -> None:
        """A token was taken that had been refused: others may be too."""
        if refusals is not None:
            with suppress(StoreUnavailable):
                self.claims.hasten(app, HASTENED_BY_SUCCESS)

    def _hindered(self, claim: Claim, taken_at: timedelta, turn: Callable[[], bool]) -> Rotation | None:
        """The turn, then the look at the generation, the breaker and, last and directly before sending, the clock."""
        app = claim.grant.app
        if not turn():
            return self.release(claim)
        if claim.grant.schedule.in_doubt and not self.claims.current(claim):
            return Rotation(claim.grant, Ended.OVERTAKEN)
        if stopped := self.budget.stopped(app):
            return self.release(claim, stopped)
        if self.clock.monotonic() - taken_at > self.policy.last_moment:
            return self.release(claim)
        return None

    def _learn(self, grant: Grant, failure: Failure | None) -> timedelta:
        """What the app's other calls are to know of it. No waiting mends an app that is set up wrong, nor a bug of ours."""
        match failure:
            case Misconfigured(detail=detail):
                log.critical("the platform does not take this app as it is set up here", extra={"because": detail})
            case OurFault(code=code):
                log.critical("the platform calls a request of ours wrong", extra={"code": code, "grant": grant.id})
            case None | Refused() | InDoubt() | Throttled() | Unavailable() | PathMissing() | NotPermitted():
                pass
        return self.budget.learn(grant.app, failure)

    def _settled(self, claim: Claim, ended: Ended, failure: Failure | None = None) -> Rotation:
        """Store an outcome that is not a new pair; what the database never takes is found in doubt."""
        pauses = iter(SETTLE_AGAIN_AFTER)
        while True:
            try:
                settlement = self.claims.settle(claim.grant, claim)
            except StoreUnavailable:
                if (pause := next(pauses, None)) is None:
                    raise
                self.clock.sleep(pause)
            else:
                return Rotation(claim.grant, ended if settlement is Settlement.STORED else Ended.OVERTAKEN, failure)

    def _stored(self, claim: Claim, answer: KeptAnswer) -> Rotation:
        """Store the only live pair: in the database, else in the journal, and nothing that can fail stands before."""
        grant, kept, pauses = claim.grant, False, iter(SETTLE_AGAIN_AFTER)
        while True:
            try:
                settlement = self.claims.settle(grant, claim)
                if settlement in {Settlement.REVOKED, Settlement.SUPERSEDED}:
                    self.revoke_late_pair(grant, settlement, answer.tokens, answer.fingerprint)
            except (StoreUnavailable, Conflict):
                kept = kept or self._keep(answer)
                pause = next(pauses, None)
                if pause is None and kept:
                    raise
                self.clock.sleep(HOLD_ON if pause is None else pause)
            else:
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


def ended_by(failure: Failure) -> Ended:
    """The failure's kind as an ending."""
    match failure:
        case Refused():
            return Ended.REFUSED
        case InDoubt():
            return Ended.IN_DOUBT
        case Throttled():
            return Ended.THROTTLED
        case Misconfigured() | PathMissing():
            return Ended.MISCONFIGURED
        case OurFault():
            return Ended.OUR_FAULT
        case Unavailable() | NotPermitted():
            return Ended.UNAVAILABLE
