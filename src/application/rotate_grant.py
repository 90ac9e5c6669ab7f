"""Rotate one grant because a person, or an operator, asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from application.mirroring.settle_soon import SettleSoon
from application.ports.budget import Permits
from application.ports.clock import Clock
from application.ports.store import Store
from application.rotation.claim_results import Ended, InFlight, Rotation
from application.rotation.single_call import SingleCall
from application.rotation.what_callers_are_told import UNSENT_FOR, hopeless, refusal_of, refusal_of_unsent, stopped
from domain.connection_state import needs_reauth
from domain.errors import ConnectionNotFound, PlatformUnavailable
from domain.grant import Grant
from domain.ids import ConnectionId, OwnerId
from domain.outcomes import InDoubt
from domain.tokens import Expiring


@dataclass(frozen=True, slots=True)
class Rotated:
    """The grant holds a fresh pair, or its long-term token was found alive (then without an end)."""

    token_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class RotateGrant:
    """Always rotates, except that a caller shares a rotation in flight, or one that ended after the request arrived."""

    store: Store
    single_call: SingleCall
    clock: Clock
    settle_soon: SettleSoon

    def __call__(
        self, connection: ConnectionId, *, owner: OwnerId, asked_at: datetime, insist: bool = False
    ) -> Rotated | InFlight:
        """Renew the grant of the owner's connection. `insist`: also after a refusal, once more, since an operator asks.

        Raises ConnectionNotFound, ReauthorisationNeeded, BudgetSpent, PlatformThrottled, PlatformUnavailable,
        PlatformMisconfigured, PlatformError.
        """
        with self.store.read() as work:
            grant = work.grants.of_connection(connection, owner=owner)
        if grant is None:
            raise ConnectionNotFound
        now = self.clock.now()
        if (ended_at := grant.schedule.settled_at) and ended_at >= asked_at:
            return self._told(grant)
        if not (insist and grant.tokens) and (refusal := hopeless(grant)):
            raise refusal
        if grant.in_flight(now):
            return InFlight()
        if not insist and (wait := self._until_silence_ends(grant, now)) > timedelta(0):
            raise PlatformUnavailable(wait)
        return self._after_rotation(grant, insist=insist)

    def _after_rotation(self, grant: Grant, *, insist: bool) -> Rotated | InFlight:
        outcome = self.single_call(grant, insist=insist)
        if isinstance(outcome, Rotation) and self._changes_rows(grant, outcome.grant):
            self.settle_soon(outcome.grant.connections)
        match outcome:
            case Permits() as unsent:
                raise refusal_of_unsent(unsent)
            case InFlight() | Rotation(ended=Ended.OVERTAKEN):
                return InFlight()
            case Rotation(ended=Ended.ROTATED, grant=rotated):
                return self._told(rotated)
            case Rotation(ended=Ended.UNSENT, failure=failure):
                raise stopped(failure, UNSENT_FOR)
            case Rotation(grant=unrotated, failure=failure):
                raise refusal_of(unrotated, failure, self.clock.now())

    def _changes_rows(self, before: Grant, after: Grant) -> bool:
        """Whether the dashboard has to show its connections otherwise than before."""
        now = self.clock.now()
        return needs_reauth(before.health, None, now) != needs_reauth(after.health, None, now)

    def _until_silence_ends(self, grant: Grant, now: datetime) -> timedelta:
        """How long a refresh token that was sent without an answer is left alone: as long as its lease may have lasted."""
        schedule = grant.schedule
        if not isinstance(schedule.last_failure, InDoubt) or schedule.settled_at is None:
            return timedelta(0)
        return schedule.settled_at + self.single_call.policy.lease - now

    def _told(self, grant: Grant) -> Rotated:
        if grant.schedule.last_failure is not None or hopeless(grant):
            raise refusal_of(grant, grant.schedule.last_failure, self.clock.now())
        return Rotated(grant.tokens.access_expires_at if isinstance(grant.tokens, Expiring) else None)
