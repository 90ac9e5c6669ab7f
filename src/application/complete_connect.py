"""Take a person back from the platform's consent page."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from application.connecting.account_details_in_batches import ReadDetails
from application.connecting.consent_decision import consent_decision
from application.connecting.one_use_state import InProgress, abandon_state, use_state
from application.connecting.retry_on_conflict import retry_on_conflict
from application.connecting.revoke_unused_grant import revoke_if_unused
from application.database_hold.identity_watch import IdentityWatch
from application.mirroring.refuse_unknown_users import RefuseUnknownUsers
from application.mirroring.settle_soon import SettleSoon
from application.ports.ad_platform import AdPlatform
from application.ports.budget import Budget, Lane, Obstacle
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.sealer import Sealer
from application.ports.store import Store
from application.rotation.keep_unread_answers import KeepUnread
from application.rotation.permit_turn import PERMIT_PATIENCE, Turns
from application.rotation.store_retries import store_with_retries
from domain.advertiser import Advertiser
from domain.consent import Consent, ConsentFailure, Ending, Failed
from domain.database_hold import Held
from domain.errors import Conflict, StoreUnavailable, Unstorable
from domain.grant import Grant
from domain.ids import ConnectionId, GrantId, OfferId, OwnerId
from domain.offer import OFFER_LIFE, Offer
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
from domain.rotation_policy import RotationPolicy
from domain.tokens import Secret, TokenKind, first_tokens

log = logging.getLogger(__name__)

EXCHANGE_POLL = timedelta(milliseconds=50)

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
    sealer: Sealer
    budget: Budget
    clock: Clock
    ids: Ids
    policy: RotationPolicy
    watch: IdentityWatch
    keep_unread: KeepUnread
    refuse_unknown_users: RefuseUnknownUsers
    settle_soon: SettleSoon

    def __call__(self, owner: OwnerId, browser: str, *, state: str, code: Secret | None) -> Ending | InProgress:
        """What came of the consent. `code` None: the person did not consent. A repeat by the same browser is told the same.

        Raises OnHold and UnknownUser, and then the state is not used up.
        """
        self.watch.refuse_if_held()
        self.refuse_unknown_users(owner)
        consent = use_state(self.store, state, owner, browser, self.clock.now())
        if not isinstance(consent, Consent):
            return consent
        ending = self._granted(consent, code) if code else Failed(ConsentFailure.DENIED)
        with self.store.write() as work:
            work.consents.end(consent.state_digest, ending)
            work.commit()
        return ending

    def abandon(self, state: str) -> None:
        """Use up a state that came back without a session."""
        abandon_state(self.store, state, self.clock.now())

    def _granted(self, consent: Consent, code: Secret) -> Ending:
        until = self.clock.monotonic() + PERSON_WAITS - CONCLUDED_WITHIN - self.settle_soon.longest
        if consent_failure := self._turn(1):
            return consent_failure
        self._let_revocations_end()
        asked_at = self.clock.now()
        issued = self.platform.exchange(code)
        if isinstance(issued, Unread):
            issued = self.keep_unread(issued, GrantId(self.ids.new()), consent.owner)
        if not isinstance(issued, Issued):
            self.budget.learn(self.platform.app, issued)
            return Failed(consent_failure_of(issued))
        grant, offer = self._commit_pair(consent, issued, asked_at)
        self.budget.learn(self.platform.app, None)
        reached = self._find(issued, until)
        try:
            ending, connections = retry_on_conflict(lambda: self._conclude(consent, grant, offer, reached))
        except Unstorable:
            log.error("the database takes no text of these accounts, so they go by their ids", extra={"grant": grant})  # noqa: TRY400 (the place says nothing)
            bare = replace(reached, accounts=tuple(Advertiser(a.id, name=a.id, standing=a.standing) for a in reached.accounts))
            ending, connections = retry_on_conflict(lambda: self._conclude(consent, grant, offer, bare))
        self.settle_soon(connections)
        return ending

    def _let_revocations_end(self) -> None:
        """Wait for a revocation under way: a second consent may return the very token that it ends. New ones wait for us."""
        until = self.clock.monotonic() + self.policy.call_timeout
        while self.clock.monotonic() < until:
            with self.store.read() as work:
                if not work.revocations.under_way(self.clock.now()):
                    return
            self.clock.sleep(EXCHANGE_POLL)

    def _commit_pair(self, consent: Consent, issued: Issued, asked_at: datetime) -> tuple[GrantId, OfferId]:
        grant = GrantId(self.ids.new())
        access = self.sealer.seal(issued.access, grant, TokenKind.ACCESS)
        refresh = self.sealer.seal(issued.refresh, grant, TokenKind.REFRESH) if issued.refresh else None
        tokens = first_tokens(access, refresh, issued.lifetimes, asked_at=asked_at)
        fingerprint = self.sealer.fingerprint(issued.access)
        made = Grant.consented(
            grant,
            consent.owner,
            self.platform.app,
            tokens,
            fingerprint,
            frozenset(issued.advertisers),
            self.policy,
            issued.origin,
        )
        offer = Offer(OfferId(self.ids.new()), consent.owner, grant, self.clock.now() + OFFER_LIFE)
        self._commit(made, offer)
        return grant, offer.id

    def _commit(self, made: Grant, offer: Offer) -> None:
        """Store the only live pair, with some patience. Raises StoreUnavailable."""

        def store() -> None:
            with self.store.write() as work:
                if not work.grants.get([made.id]):  # else it was stored, and only the news of it was lost
                    work.grants.add(made)
                    work.offers.add(offer)
                    work.commit()

        def drop_reach(failure: Exception) -> bool:
            if isinstance(failure, Unstorable):
                made.reach = frozenset()  # all that the platform has a say in; it is looked up again directly
            return True

        try:
            store_with_retries(store, self.clock, on_failure=drop_reach)
        except (StoreUnavailable, Conflict):
            log.critical("the database would not take the tokens of a new consent", extra={"owner": made.owner})
            raise

    def _find(self, issued: Issued, until: timedelta) -> Found:
        """All accounts behind the token, with as much about them as the platform tells in the time.

        What the exchange named is there, listed or not: absence from one list proves nothing.
        """
        listed = self._listed(issued.access, until)
        accounts = {a.id: a for a in listed} if isinstance(listed, tuple) else {}
        unlisted = None if isinstance(listed, tuple) else listed
        if missing := [a for a in issued.advertisers if a not in accounts]:
            failure = type(unlisted).__name__ if unlisted else None
            log.warning("accounts of a new token were not listed", extra={"missing": len(missing), "failure": failure})
        accounts |= {a: Advertiser(a, name=a) for a in missing}
        turns = Turns(self.budget, self.clock, self.platform.app, Lane.PEOPLE)
        read_details = ReadDetails(self.platform, self.budget, self.clock, self.policy.call_timeout, turns)
        details = read_details(issued.access, tuple(accounts), until=until)
        return Found(details.described(accounts.values()), unlisted, details.complete)

    def _listed(self, access: Secret, until: timedelta) -> tuple[Advertiser, ...] | Failure:
        if (consent_failure := self._turn(1)) or self.clock.monotonic() + self.policy.call_timeout > until:
            return Unavailable("no turn" if consent_failure else "no time")
        listed = self.platform.reach(access)
        self.budget.learn(self.platform.app, None if isinstance(listed, tuple) else listed)
        return listed

    def _conclude(self, consent: Consent, new: GrantId, offered: OfferId, reached: Found) -> tuple[Ending, list[ConnectionId]]:
        """Decide, in one transaction, what this consent leads to, and which connections there are under its grant."""
        now = self.clock.now()
        with self.store.write() as work:
            [grant] = work.grants.get([new])
            offer = work.offers.get(offered)
            if offer is None:
                return Failed(ConsentFailure.EXCHANGE_FAILED), []
            grant.reach |= {a.id for a in reached.accounts}
            offer.advertisers = reached.accounts
            if not reached.complete:
                grant.read_reach_soon()
            ending = consent_decision(work, consent, grant, offer, self.ids, now)
            work.offers.save(offer)
            if not offer.open(now):
                revoke_if_unused(work, grant, self.ids, now)
            work.grants.save(grant)
            work.commit()
        if reached.unlisted and ending == Failed(ConsentFailure.NO_ADVERTISERS):
            ending = Failed(consent_failure_of(reached.unlisted))
        return ending, list(grant.connections)

    def _turn(self, calls: int) -> Failed | None:
        """Wait for leave to send this many calls, within reason."""
        permits = self.budget.take(self.platform.app, calls, Lane.PEOPLE, within=PERMIT_PATIENCE)
        if permits.count == calls:
            self.clock.sleep(permits.wait)
            return None
        return Failed(consent_failure_of(permits.because or Throttled()))


def consent_failure_of(failure: Obstacle) -> ConsentFailure:
    """Why an exchange that brought no tokens failed, for the person."""
    match failure:
        case Throttled():
            return ConsentFailure.THROTTLED
        case Unavailable() | InDoubt() | Held():
            return ConsentFailure.UNAVAILABLE
        case Misconfigured() | PathMissing():
            return ConsentFailure.MISCONFIGURED
        case Refused() | OurFault() | NotPermitted():
            return ConsentFailure.EXCHANGE_FAILED
