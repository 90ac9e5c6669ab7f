"""The second step of a rotation: after the claim, exactly one call, and at once its settlement."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from application.ports.ad_platform import AdPlatform
from application.ports.budget import Budget, Obstacle
from application.ports.claims_and_settlements import Claim, Claims
from application.ports.clock import Clock
from application.ports.journal import KeptAnswer
from application.ports.owner_tallies import OwnerTallies
from application.ports.sealer import Sealer
from application.rotation.claim_results import Ended, Rotation, ended_by
from application.rotation.keep_unread_answers import KeepUnread
from application.rotation.permit_turn import at_once
from application.rotation.store_outcome import StoreOutcome
from domain.errors import CannotOpen, StoreUnavailable
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
from domain.refusal_repeats import HASTENED_BY_SUCCESS, Refusals
from domain.rotation_attempt import UNOPENED, CallOutcome
from domain.rotation_decision import Keep, Probe, Reauthorise, Rotate, decide, is_probed_first
from domain.rotation_policy import RotationPolicy
from domain.tokens import Expiring, Lifetimes, LongTerm, TokenKind

log = logging.getLogger(__name__)

WITHOUT_KEY = timedelta(minutes=5)
"""How long a grant waits whose token is damaged."""

ANOTHER_APP = Misconfigured("another app")
"""Why a grant is left alone that another developer app obtained: the credentials here would spend its token for nothing."""

ANOTHER_KEY = Misconfigured("another key")
"""Why a grant is left alone whose key is not here."""

UNTIL_CONFIGURED = timedelta(minutes=5)
"""When to ask for such a grant again: an operator has to act."""


@dataclass(frozen=True, slots=True)
class CallAndSettle:
    """Whatever a claimed grant needs: rotate it, probe it, or declare that a person must act."""

    claims: Claims
    platform: AdPlatform
    sealer: Sealer
    budget: Budget
    tallies: OwnerTallies
    store_outcome: StoreOutcome
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
                probe_first=is_probed_first(grant.schedule, grant.tokens, now),
                insist=insist,
                probe=probe,
            ):
                case Keep():
                    grant.leave(self.clock.now())
                    return self.store_outcome(claim, Ended.UNSENT)
                case Reauthorise(reason=reason):
                    grant.lapse(reason, self.clock.now())
                    return self.store_outcome(replace(claim, came_to=CallOutcome.of_lapse(reason)), Ended.REFUSED)
                case Rotate(pair=pair):
                    return self._rotate(claim, pair, taken_at, turn)
                case Probe():
                    return self._probe(claim, taken_at, turn)
        except CannotOpen as closed:
            log.critical("a token can't be opened", extra={"grant": grant.id, "because": closed.why})
            failure = Misconfigured("key")
            grant.fail(failure, self.policy, self.clock.now(), pause=WITHOUT_KEY)
            return self.store_outcome(replace(claim, came_to=UNOPENED), Ended.MISCONFIGURED, failure)

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
        token = self.sealer.open(pair.refresh, grant.place, TokenKind.REFRESH)
        credible = self._others_speak_for(refusals, grant.app)
        self.sealer.sync()
        if hindered := self._hindered(claim, taken_at, turn):
            return hindered
        asked_at = self.clock.now()
        answer = self.platform.refresh(token, grant.origin.version)
        if isinstance(answer, Unread):
            answer = self.keep_unread(answer, grant.id, grant.owner)
        if isinstance(answer, PathMissing):
            return self._spent_nothing(claim, answer)
        claim = replace(claim, came_to=CallOutcome.of_refresh(answer))
        if not isinstance(answer, Issued):
            pause = self._learn(grant, answer)
            grant.fail(answer, self.policy, self.clock.now(), pause=pause, credible=credible)
            return self.store_outcome(claim, ended_by(answer), answer)
        place = replace(grant.place, generation=claim.generation + 1)  # the one that the pair will have, in a journal too
        access = self.sealer.seal(answer.access, place, TokenKind.ACCESS)
        refresh = self.sealer.seal(answer.refresh or token, place, TokenKind.REFRESH)  # one key for both, also for a kept one
        lifetimes = answer.lifetimes if answer.refresh else Lifetimes(answer.lifetimes.access)
        fresh = pair.rotated(access, refresh, lifetimes, asked_at=asked_at)
        fingerprint = self.sealer.fingerprint(answer.access)
        if self.policy.too_short(fresh.life):
            log.warning("an access token lives too short a time to be renewed in peace", extra={"grant": grant.id})
        grant.rotate(fresh, fingerprint, from_generation=claim.generation, policy=self.policy, now=self.clock.now())
        answered = KeptAnswer(grant.id, claim.generation, claim.attempt, fresh, fingerprint, self.clock.now())
        rotation = self.store_outcome.new_pair(claim, answered)
        self.budget.learn(grant.app, None)
        self._healed(refusals, grant.app)
        return rotation

    def _probe(self, claim: Claim, taken_at: timedelta, turn: Callable[[], bool]) -> Rotation:
        grant, refusals = claim.grant, claim.grant.schedule.refusals
        if grant.tokens is None:
            return self.release(claim)
        token = self.sealer.open(grant.tokens.access, grant.place, TokenKind.ACCESS)
        all_there_is = isinstance(grant.tokens, LongTerm)
        credible = all_there_is and self._others_speak_for(refusals, grant.app)
        if hindered := self._hindered(claim, taken_at, turn):
            return hindered
        answer = self.platform.reach(token)
        failure = None if isinstance(answer, tuple) else answer
        if isinstance(failure, PathMissing):
            return self._spent_nothing(claim, failure)
        claim = replace(claim, came_to=CallOutcome.of_probe(failure))
        pause = self._learn(grant, failure)
        grant.note_probe(failure, self.policy, self.clock.now(), pause=pause, credible=credible)
        rotation = self.store_outcome(claim, Ended.ROTATED if failure is None else ended_by(failure), failure)
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
