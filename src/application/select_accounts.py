"""Choose among the accounts that a consent reached."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.auditing.acts_about_connections import connected
from application.connecting.erase_and_revoke_unused_grant import erase_and_revoke_if_unused
from application.connecting.relink import relink
from application.connecting.retry_on_conflict import retry_on_conflict
from application.mirroring.settle_soon import SettleSoon
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.store import Store, UnitOfWork
from domain.advertiser import Connection
from domain.audit_trail import Act, Actor, AuditRecord
from domain.errors import InvalidRequest, OfferExpired, OfferNotFound
from domain.ids import AdvertiserId, ConnectionId, OfferId, OwnerId
from domain.offer import Offer


@dataclass(frozen=True, slots=True)
class SelectAccounts:
    """Connect the chosen accounts. One that its owner has connected already is re-linked under its old id, not doubled."""

    store: Store
    clock: Clock
    ids: Ids
    settle_soon: SettleSoon

    def offered(self, owner: OwnerId, offer: OfferId) -> Offer:
        """What can be chosen. Raises OfferNotFound for an unknown or foreign one, OfferExpired when it is over."""
        with self.store.read() as work:
            stored = owned(work, offer, owner)
        if stored.closed or self.clock.now() >= stored.expires_at:
            raise OfferExpired
        return stored

    def __call__(
        self, owner: OwnerId, offer: OfferId, accounts: Sequence[AdvertiserId], *, by: Actor | None = None
    ) -> tuple[Connection, ...]:
        """The connections, in the order of the accounts' ids. The same choice again gives the same answer.
        `by`: the owner with their address, for the audit trail.

        Raises InvalidRequest (nothing chosen), OfferNotFound, OfferExpired, OfferUsed, AccountNotOnOffer.
        """
        if not accounts:
            raise InvalidRequest("choose at least one account")
        in_order = tuple(dict.fromkeys(accounts))
        connections = retry_on_conflict(lambda: self._choose(owner, offer, in_order, by or Actor.user(owner)))
        self.settle_soon(connection.id for connection in connections)
        return connections

    def cancel(self, owner: OwnerId, offer: OfferId, *, by: Actor | None = None) -> bool:
        """End the choice without one: False when one was made before, which stays. An unused grant is erased and revoked.

        Raises OfferNotFound.
        """
        now = self.clock.now()
        with self.store.write() as work:
            stored = owned(work, offer, owner)
            if stored.chosen is not None or stored.closed:
                return stored.chosen is None
            stored.close()
            work.offers.save(stored)
            for grant in work.grants.get([stored.grant], owner=owner):
                erase_and_revoke_if_unused(work, grant, self.ids, now)
                work.grants.save(grant)
            cancelled = AuditRecord(Act.CHOICE_CANCELLED, by or Actor.user(owner), now, owner=owner, grant=stored.grant)
            work.audit_trail.add([cancelled])
            work.commit()
        return True

    def _choose(self, owner: OwnerId, offer: OfferId, accounts: Sequence[AdvertiserId], by: Actor) -> tuple[Connection, ...]:
        now = self.clock.now()
        with self.store.write() as work:
            stored = owned(work, offer, owner)
            first = stored.chosen is None
            chosen = stored.choose(frozenset(accounts), now)
            if not first:
                return self._as_chosen(work, stored)
            [grant] = work.grants.get([stored.grant], owner=owner)
            relink(work, grant, chosen, now)
            of_account = grant.by_account
            of_id = {a.id: a for a in chosen}
            new = [of_id[account] for account in accounts if account not in of_account]
            ids = sorted(self.ids.connection() for _ in new)  # lists go by time, then id: these come as they were chosen
            for connection, advertiser in zip(ids, new, strict=True):
                grant.connect(ConnectionId(connection), advertiser, now)
            work.offers.save(stored)
            work.grants.save(grant)
            of_account = grant.by_account
            connections = tuple(of_account[a.id] for a in chosen if a.id in of_account)
            work.audit_trail.add(connected(connections, grant, by, now))
            work.commit()
            return connections

    def _as_chosen(self, work: UnitOfWork, offer: Offer) -> tuple[Connection, ...]:
        """The connections of a choice made before, as far as they still exist."""
        grants = work.grants.connecting(offer.owner, offer.chosen or ())
        by_advertiser = {c.advertiser.id: c for g in grants for c in g.connections.values()}
        return tuple(by_advertiser[a] for a in sorted(offer.chosen or ()) if a in by_advertiser)


def owned(work: UnitOfWork, offer: OfferId, owner: OwnerId) -> Offer:
    """The offer, if it is this owner's. Raises OfferNotFound."""
    stored = work.offers.get(offer, owner=owner)
    if stored is None:
        raise OfferNotFound
    return stored
