"""Exchange a consent's code for tokens, and store the pair at once, as an offer."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.ports.ad_platform import AdPlatform
from application.ports.budget import Budget, Lane, Permits
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.sealer import Sealer
from application.ports.store import Store
from application.rotation.keep_unread_answers import KeepUnread
from application.rotation.permit_turn import PERMIT_PATIENCE, Turns
from application.rotation.store_retries import store_with_retries
from domain.consent import Consent
from domain.errors import Conflict, StoreUnavailable, Unstorable
from domain.grant import Grant
from domain.ids import GrantId, OfferId
from domain.offer import OFFER_LIFE, Offer
from domain.outcomes import Failure, Issued, Unread
from domain.rotation_policy import RotationPolicy
from domain.seal_place import FIRST_GENERATION, SealPlace
from domain.tokens import Secret, TokenKind, first_tokens

log = logging.getLogger(__name__)

EXCHANGE_POLL = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A pair that is stored: its grant, the offer that holds it, and what the platform said with it."""

    grant: GrantId
    offer: OfferId
    issued: Issued


@dataclass(frozen=True, slots=True)
class ExchangeCode:
    """One call, in its turn. The pair is stored before the budget or anybody else learns of it."""

    store: Store
    platform: AdPlatform
    sealer: Sealer
    budget: Budget
    clock: Clock
    ids: Ids
    policy: RotationPolicy
    keep_unread: KeepUnread

    def __call__(self, consent: Consent, code: Secret) -> Exchanged | Failure | Permits:
        """Permits: nothing was sent, and this is why; the consent was given back, so that it may be tried again.

        Raises StoreUnavailable when the pair could not be stored, or nothing was sent since the database is away.
        """
        turns = Turns(self.budget, self.clock, self.platform.app, Lane.PEOPLE, person=consent.owner)
        try:
            self._let_revocations_end()
        except StoreUnavailable:
            self._give_back(consent)
            raise
        answer = turns.call(lambda: self._exchanged(consent, code), unless_exchanged, within=PERMIT_PATIENCE)
        if isinstance(answer, Permits):
            self._give_back(consent)
        return answer

    def _give_back(self, consent: Consent) -> None:
        try:
            with self.store.write() as work:
                work.consents.give_back(consent.state_digest, owner=consent.owner)
                work.commit()
        except (StoreUnavailable, Conflict):
            log.warning("a consent whose code was not sent could not be given back")

    def _let_revocations_end(self) -> None:
        """Wait for a revocation under way: a second consent may return the very token that it ends. New ones wait for us."""
        until = self.clock.monotonic() + self.policy.call_timeout
        while self.clock.monotonic() < until:
            with self.store.read() as work:
                if not work.revocations.under_way(self.clock.now()):
                    return
            self.clock.sleep(EXCHANGE_POLL)

    def _exchanged(self, consent: Consent, code: Secret) -> Exchanged | Failure:
        asked_at = self.clock.now()
        self.sealer.sync()
        issued = self.platform.exchange(code)
        if isinstance(issued, Unread):
            issued = self.keep_unread(issued, GrantId(self.ids.new()), consent.owner)
        return self._commit_pair(consent, issued, asked_at) if isinstance(issued, Issued) else issued

    def _commit_pair(self, consent: Consent, issued: Issued, asked_at: datetime) -> Exchanged:
        grant = GrantId(self.ids.new())
        place = SealPlace(consent.owner, grant, FIRST_GENERATION)
        access = self.sealer.seal(issued.access, place, TokenKind.ACCESS)
        refresh = self.sealer.seal(issued.refresh, place, TokenKind.REFRESH) if issued.refresh else None
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
        return Exchanged(grant, offer.id, issued)

    def _commit(self, made: Grant, offer: Offer) -> None:
        """Store the only live pair, with some patience. Raises StoreUnavailable."""

        def store() -> None:
            with self.store.write() as work:
                if not work.grants.get([made.id], owner=made.owner):  # else it was stored, and only the news of it was lost
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


def unless_exchanged(answer: Exchanged | Failure) -> Failure | None:
    """The failure that an exchange came to."""
    return None if isinstance(answer, Exchanged) else answer
