"""Hand a valid access token to a backend service."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.ports.budget import Obstacle, Permits
from application.ports.clock import Clock
from application.ports.sealer import Sealer
from application.ports.store_of_all_owners import StoreOfAllOwners, UnitOfWorkOfAllOwners
from application.rotation.call_and_settle import UNTIL_CONFIGURED
from application.rotation.claim_results import Ended, InFlight, Rotation
from application.rotation.replace_rejected_token import ReplaceRejected
from application.rotation.single_call import SingleCall
from application.rotation.what_callers_are_told import UNSENT_FOR, hopeless, refusal_of, stopped
from domain.advertiser import Connection
from domain.database_hold import Held
from domain.errors import (
    AccountOutOfReach,
    BudgetSpent,
    CallsPaused,
    CannotOpen,
    ConnectionNotFound,
    Misplaced,
    OnHold,
    PlatformMisconfigured,
    ReauthorisationNeeded,
)
from domain.grant import Grant
from domain.grant_health import Active, NeedsReauth
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.outcomes import InDoubt, Unavailable
from domain.pause import Paused
from domain.tokens import Expiring, LongTerm, Secret, TokenKind, Tokens
from domain.users_and_accounts_of_services import NO_LIMITS, ServiceLimits
from domain.vended_validity import validity_to_aim_for

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ByConnection:
    """The service knows our id."""

    connection: ConnectionId


@dataclass(frozen=True, slots=True)
class ByAccount:
    """The service knows the user and the platform's id of the account."""

    owner: OwnerId
    advertiser: AdvertiserId


@dataclass(frozen=True, slots=True)
class Vended:
    """An access token in clear, for one account. `expires_at` None: it has no end."""

    access: Secret
    expires_at: datetime | None
    connection: ConnectionId
    advertiser: AdvertiserId
    degraded: bool
    """The grant's health is not what it should be, or the token lasts less long than was asked for."""


@dataclass(frozen=True, slots=True)
class VendToken:
    """Serve what there is while it is good enough; else rotate once; else serve what is still valid, and say so."""

    store: StoreOfAllOwners
    single_call: SingleCall
    sealer: Sealer
    clock: Clock
    unlists: bool
    """Whether a connection is as good as gone whose row is missing in the dashboard."""

    def __call__(
        self,
        target: ByConnection | ByAccount,
        *,
        min_validity: timedelta | None = None,
        rejected: Secret | None = None,
        patient: bool = True,
        limits: ServiceLimits = NO_LIMITS,
    ) -> Vended | InFlight:
        """A token valid for `min_validity` if it can be had. `patient` False: take what is there, start and await nothing.
        `rejected`: the platform no longer takes this access token; where it is the current one, there must be another.
        What lies beyond the `limits` of who asks is not there.

        Raises ConnectionNotFound, AccountOutOfReach, InvalidRequest (more validity than a third of the life),
        ReauthorisationNeeded, BudgetSpent, PlatformThrottled, PlatformUnavailable, PlatformMisconfigured.
        """
        with self.store.read() as work:
            grant, connection = self._find(work, target, limits)
        if isinstance(grant.health, NeedsReauth) or grant.tokens is None:
            raise hopeless(grant) or ConnectionNotFound
        if elsewhere := self.single_call.carry_out.elsewhere(grant):
            log.error("no token can be vended here", extra={"grant": grant.id, "because": elsewhere.detail})
            raise PlatformMisconfigured(UNTIL_CONFIGURED)
        validity = validity_to_aim_for(grant.tokens, min_validity) if isinstance(grant.tokens, Expiring) else timedelta(0)
        if rejected and self._is_current(rejected, grant):
            served = ReplaceRejected(self.single_call, self.clock)(grant, patient=patient)
            return served if isinstance(served, InFlight) else self._hand_out(served, connection, lasting=validity)
        if isinstance(grant.tokens, LongTerm):
            return self._hand_out(grant, connection, lasting=None)
        now = self.clock.now()
        if grant.tokens.remaining(now) >= validity or not isinstance(grant.health, Active):
            return self._best(grant, connection, validity, grant.schedule.last_failure)
        if grant.in_flight(now):
            return InFlight() if patient else self._best(grant, connection, validity, InDoubt("in flight"))
        backing_off = (
            grant.schedule.last_failure is not None and grant.schedule.due_at is not None and grant.schedule.due_at > now
        )
        if backing_off or not patient:
            return self._best(grant, connection, validity, grant.schedule.last_failure)
        return self._after_rotation(grant, connection, validity)

    def access_to(self, owner: OwnerId, advertiser: AdvertiserId, *, rejected: Secret | None = None) -> Secret | InFlight:
        """A token for a step of our own, which makes no call for it unless the platform no longer takes the one it was given.

        Raises the same.
        """
        vended = self(ByAccount(owner, advertiser), rejected=rejected, patient=rejected is not None)
        return vended if isinstance(vended, InFlight) else vended.access

    def _is_current(self, rejected: Secret, grant: Grant) -> bool:
        """By their fingerprints, as they are made now: the key of a stored one may have gone since."""
        if grant.tokens is None:
            return False
        self.sealer.sync()
        return self.sealer.fingerprint(rejected) == self.sealer.fingerprint(self._opened(grant.tokens, grant))

    def _opened(self, tokens: Tokens, grant: Grant) -> Secret:
        try:
            return self.sealer.open(tokens.access, grant.place, TokenKind.ACCESS)
        except CannotOpen as closed:
            log.critical("a token that was asked for can't be opened", extra={"grant": grant.id, "because": str(closed)})
            raise

    def _find(
        self, work: UnitOfWorkOfAllOwners, target: ByConnection | ByAccount, limits: ServiceLimits
    ) -> tuple[Grant, Connection]:
        if isinstance(target, ByConnection):
            grant = work.grants.of_connection(target.connection)
            connection = grant.connection(target.connection) if grant else None
        else:
            grant = work.grants.of_account(target.owner, target.advertiser)
            connection = grant.connection_to(target.advertiser) if grant else None
        if grant is None or connection is None or (self.unlists and connection.missing_since):
            raise ConnectionNotFound
        if not limits.allow(grant.owner, connection.advertiser.id):
            log.warning("a service asked for a token beyond its limits", extra={"grant": grant.id, "connection": connection.id})
            raise ConnectionNotFound
        if connection.owner != grant.owner or (connection.lost_at is None and connection.advertiser.id not in grant.reach):
            log.critical(
                "a connection stands under a grant that is not its own", extra={"grant": grant.id, "connection": connection.id}
            )
            raise Misplaced("its connection is another's", grant.id)
        if connection.lost_at is not None and not isinstance(grant.health, NeedsReauth):
            raise AccountOutOfReach(connection.id)
        return grant, connection

    def _after_rotation(self, grant: Grant, connection: Connection, validity: timedelta) -> Vended | InFlight:
        match self.single_call(grant):
            case Permits(because=because, wait=wait):
                return self._best(grant, connection, validity, because, wait)
            case InFlight() | Rotation(ended=Ended.OVERTAKEN):
                return InFlight()
            case Rotation(ended=Ended.UNSENT, grant=left, failure=failure):
                return self._best(left, connection, validity, failure, UNSENT_FOR)
            case Rotation(grant=left, failure=failure):
                return self._best(left, connection, validity, failure)

    def _best(
        self,
        grant: Grant,
        connection: Connection,
        validity: timedelta,
        failure: Obstacle | None,
        wait: timedelta | None = None,
    ) -> Vended:
        """What there is, if it is still valid at all."""
        if isinstance(grant.tokens, Expiring) and grant.tokens.remaining(self.clock.now()) > timedelta(0):
            return self._hand_out(grant, connection, lasting=validity)
        if isinstance(refusal := hopeless(grant), ReauthorisationNeeded):
            raise refusal
        if isinstance(obstacle := self.single_call.budget.stopped(grant.app), Held):
            raise OnHold(obstacle.hold)
        if isinstance(obstacle, Paused):
            raise CallsPaused(obstacle.pause)
        if wait is not None:
            raise stopped(failure, wait) if failure else BudgetSpent(wait)
        raise refusal_of(grant, failure or Unavailable("not renewed yet"), self.clock.now())

    def _hand_out(self, grant: Grant, connection: Connection, *, lasting: timedelta | None) -> Vended:
        tokens = grant.tokens
        if tokens is None:
            raise ConnectionNotFound
        access = self._opened(tokens, grant)
        if isinstance(tokens, LongTerm):
            return Vended(access, None, connection.id, connection.advertiser.id, degraded=not isinstance(grant.health, Active))
        short = lasting is not None and tokens.remaining(self.clock.now()) < lasting
        return Vended(
            access,
            tokens.access_expires_at,
            connection.id,
            connection.advertiser.id,
            degraded=short or not isinstance(grant.health, Active),
        )
