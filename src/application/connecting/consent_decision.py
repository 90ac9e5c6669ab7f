"""What a consent leads to: connected at once, a choice among several accounts, or a failure for the person."""

from datetime import datetime

from application.connecting.relink import relink
from application.ports.ids_and_nonces import Ids
from application.ports.store import UnitOfWork
from domain.consent import Choosing, Connected, Consent, ConsentFailure, Ending, Failed
from domain.grant import Grant
from domain.ids import ConnectionId
from domain.offer import Offer


def consent_decision(work: UnitOfWork, consent: Consent, grant: Grant, offer: Offer, ids: Ids, now: datetime) -> Ending:
    """Decide, and relink or connect accounts accordingly. The offer is closed unless a choice is awaited; the caller stores both.

    A guarded reconnect has to reach the account that it is about. A lone selectable account is connected without a question.
    """
    if work.consents.get(consent.state_digest, owner=consent.owner) is None:
        offer.close()  # its user was erased meanwhile
        return Failed(ConsentFailure.INVALID_STATE)
    reconnects = consent.reconnects
    if reconnects is not None and not offer_reaches(work, reconnects, offer):
        offer.close()
        return Failed(ConsentFailure.ACCOUNT_MISMATCH)
    relink(work, grant, offer.advertisers, now)
    connected = grant.by_account
    unconnected = [a for a in offer.selectable if a.id not in connected]
    if reconnects is not None or (offer.selectable and not unconnected):
        offer.close()
        return Connected()
    if not offer.selectable:
        offer.close()
        return Failed(ConsentFailure.NO_ADVERTISERS)
    if len(offer.selectable) == 1:
        offer.choose(frozenset(a.id for a in offer.selectable), now)
        grant.connect(ConnectionId(ids.connection()), unconnected[0], now)
        return Connected()
    return Choosing(offer.id)


def offer_reaches(work: UnitOfWork, connection: ConnectionId, offer: Offer) -> bool:
    """Whether the account of an earlier connection is among those that a consent reached."""
    older = work.grants.of_connection(connection, owner=offer.owner)
    if older is None:
        return False
    return older.connection(connection).advertiser.id in {a.id for a in offer.advertisers}
