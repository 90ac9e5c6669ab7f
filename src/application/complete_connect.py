"""Take a person back from the platform's consent page."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from application.auditing.acts_about_connections import connected
from application.auditing.audit_batch import AuditBatch
from application.connecting.account_details_in_batches import ReadDetails
from application.connecting.consent_decision import consent_decision
from application.connecting.erase_and_revoke_unused_grant import erase_and_revoke_if_unused
from application.connecting.erased_users import ErasedUsers
from application.connecting.exchange_code import ExchangeCode, Exchanged
from application.connecting.one_use_state import InProgress, use_state
from application.connecting.retry_on_conflict import retry_on_conflict
from application.database_hold.identity_watch import IdentityWatch
from application.database_hold.pause_watch import PauseWatch
from application.mirroring.refuse_unknown_users import RefuseUnknownUsers
from application.mirroring.settle_soon import SettleSoon
from application.ports.ad_platform import AdPlatform
from application.ports.budget import Budget, Lane, Obstacle, Permits
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.store import Store
from application.rotation.permit_turn import PERMIT_PATIENCE, Turns, unless_listed
from application.rotation.what_callers_are_told import refusal_of_unsent
from domain.advertiser import Advertiser
from domain.audit_trail import Act, Actor, AuditRecord
from domain.consent import Connected, Consent, ConsentFailure, Ending, Failed
from domain.database_hold import Held
from domain.errors import Unstorable
from domain.ids import ConnectionId, GrantId, OfferId, OwnerId
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
)
from domain.pause import Paused
from domain.rotation_policy import RotationPolicy
from domain.tokens import Secret

log = logging.getLogger(__name__)

PERSON_WAITS = timedelta(seconds=25)
"""How long a person may wait for the end of a consent, however many accounts it reaches: dashboards give up at 30 s."""

CONCLUDED_WITHIN = timedelta(seconds=3)
"""The part of that which is left for storing what was found."""


@dataclass(frozen=True, slots=True)
class Found:
    """The accounts behind a new token, and why they are no more than these."""

    accounts: tuple[Advertiser, ...]
    unlisted: Failure | None = None
    """The platform did not list them: what the exchange named is all there is."""
    complete: bool = True
    """Whether everything that the platform tells of them was read."""


@dataclass(frozen=True, slots=True)
class CompleteConnect:
    """Exchange the code and commit the pair at once, as an offer, before anything else is asked or decided."""

    store: Store
    platform: AdPlatform
    budget: Budget
    clock: Clock
    ids: Ids
    policy: RotationPolicy
    watch: IdentityWatch
    pause_watch: PauseWatch
    exchange_code: ExchangeCode
    refuse_unknown_users: RefuseUnknownUsers
    settle_soon: SettleSoon
    audit_batch: AuditBatch
    erased_users: ErasedUsers

    def __call__(
        self, owner: OwnerId, browser: str, *, state: str, code: Secret | None, by: Actor | None = None
    ) -> Ending | InProgress:
        """What came of the consent. `code` None: the person did not consent. A repeat by the same browser is told the same.
        `by`: the owner with their address, for the audit trail.

        A code that was not sent is not spent, and neither is the state: the same callback may come again. Raises OnHold,
        CallsPaused, UnknownUser, UserWasErased and BudgetSpent, and then that is so, too.
        """
        by = by or Actor.user(owner)
        self.watch.refuse_if_held()
        self.pause_watch.refuse_if_paused()
        with self.store.read() as work:
            self.erased_users.refuse(work, owner, self.clock.now())
        self.refuse_unknown_users(owner)
        consent = use_state(self.store, state, owner, browser, self.clock.now())
        if not isinstance(consent, Consent):
            if isinstance(consent, Failed) and consent.why is ConsentFailure.INVALID_STATE:
                self.audit_batch.note(refused(owner, consent, by, self.clock.now()))
            return consent
        until = self.clock.monotonic() + PERSON_WAITS - CONCLUDED_WITHIN - self.settle_soon.longest
        match self.exchange_code(consent, code) if code else Failed(ConsentFailure.DENIED):
            case Permits(because=None | Held() | Paused()) as unsent:
                raise refusal_of_unsent(unsent)
            case Permits(because=obstacle):
                return Failed(consent_failure_of(obstacle or Throttled()))
            case Exchanged() as exchanged:
                ending = self._after_exchange(exchanged, consent, until, by)
            case Failed() as ending:
                pass
            case failure:
                ending = Failed(consent_failure_of(failure))
        with self.store.write() as work:
            work.consents.end(consent.state_digest, ending, owner=owner)
            if isinstance(ending, Failed):
                work.audit_trail.add([refused(owner, ending, by, self.clock.now())])
            work.commit()
        return ending

    def _after_exchange(self, exchanged: Exchanged, consent: Consent, until: timedelta, by: Actor) -> Ending:
        grant, offer, reached = exchanged.grant, exchanged.offer, self._find(exchanged.issued, consent.owner, until)
        try:
            ending, connections = retry_on_conflict(lambda: self._conclude(consent, grant, offer, reached, by))
        except Unstorable:
            log.error("the database takes no text of these accounts, so they go by their ids", extra={"grant": grant})  # noqa: TRY400 (the place says nothing)
            bare = replace(reached, accounts=tuple(Advertiser(a.id, name=a.id, standing=a.standing) for a in reached.accounts))
            ending, connections = retry_on_conflict(lambda: self._conclude(consent, grant, offer, bare, by))
        self.settle_soon(connections)
        return ending

    def _find(self, issued: Issued, owner: OwnerId, until: timedelta) -> Found:
        """All accounts behind the token, with as much about them as the platform tells in the time.

        What the exchange named is there, listed or not: absence from one list proves nothing.
        """
        turns = Turns(self.budget, self.clock, self.platform.app, Lane.PEOPLE, person=owner)
        listed = self._listed(issued.access, turns, until)
        accounts = {a.id: a for a in listed} if isinstance(listed, tuple) else {}
        unlisted = None if isinstance(listed, tuple) else listed
        if missing := [a for a in issued.advertisers if a not in accounts]:
            failure = type(unlisted).__name__ if unlisted else None
            log.warning("accounts of a new token were not listed", extra={"missing": len(missing), "failure": failure})
        accounts |= {a: Advertiser(a, name=a) for a in missing}
        read_details = ReadDetails(self.platform, self.clock, self.policy.call_timeout, turns)
        details = read_details(issued.access, tuple(accounts), until=until)
        return Found(details.described(accounts.values()), unlisted, details.complete)

    def _listed(self, access: Secret, turns: Turns, until: timedelta) -> tuple[Advertiser, ...] | Failure:
        last = until - self.policy.call_timeout
        listed = turns.call(lambda: self.platform.reach(access), unless_listed, within=PERMIT_PATIENCE, until=last)
        return Unavailable("no turn, or no time") if isinstance(listed, Permits) else listed

    def _conclude(
        self, consent: Consent, new: GrantId, offered: OfferId, reached: Found, by: Actor
    ) -> tuple[Ending, list[ConnectionId]]:
        """Decide, in one transaction, what this consent leads to, and which connections there are under its grant."""
        now = self.clock.now()
        with self.store.write() as work:
            [grant] = work.grants.get([new], owner=consent.owner)
            offer = work.offers.get(offered, owner=consent.owner)
            if offer is None:
                return Failed(ConsentFailure.EXCHANGE_FAILED), []
            grant.reach |= {a.id for a in reached.accounts}
            offer.advertisers = reached.accounts
            if not reached.complete:
                grant.read_reach_soon()
            ending = consent_decision(work, consent, grant, offer, self.ids, now)
            work.offers.save(offer)
            if not offer.open(now):
                erase_and_revoke_if_unused(work, grant, self.ids, now)
            work.grants.save(grant)
            if not isinstance(ending, Failed):
                detail = "connected" if isinstance(ending, Connected) else "choice_offered"
                completed = AuditRecord(Act.CONNECT_COMPLETED, by, now, owner=grant.owner, grant=grant.id, detail=detail)
                work.audit_trail.add([completed, *connected(grant.connections.values(), grant, by, now)])
            work.commit()
        if reached.unlisted and ending == Failed(ConsentFailure.NO_ADVERTISERS):
            ending = Failed(consent_failure_of(reached.unlisted))
        return ending, list(grant.connections)


def refused(owner: OwnerId, ending: Failed, by: Actor, now: datetime) -> AuditRecord:
    """That a consent led to nothing."""
    return AuditRecord(Act.CONNECT_REFUSED, by, now, owner=owner, detail=ending.why.value)


def consent_failure_of(failure: Obstacle) -> ConsentFailure:
    """Why an exchange that brought no tokens failed, for the person."""
    match failure:
        case Throttled():
            return ConsentFailure.THROTTLED
        case Unavailable() | InDoubt() | Held() | Paused():
            return ConsentFailure.UNAVAILABLE
        case Misconfigured() | PathMissing():
            return ConsentFailure.MISCONFIGURED
        case Refused() | OurFault() | NotPermitted():
            return ConsentFailure.EXCHANGE_FAILED
