"""Erasing and revoking a grant that nothing uses any more: its tokens leave the store in the commit that ends it."""

from datetime import datetime

from application.ports.ids_and_nonces import Ids
from application.ports.store import UnitOfWork
from domain.events import AccountDisconnected
from domain.grant import Grant
from domain.ids import ConnectionId, RevocationId
from domain.queued_revocation import revocation_of


def awaited(work: UnitOfWork, grant: Grant, now: datetime) -> bool:
    """Whether somebody may still choose from this grant's accounts."""
    offer = work.offers.of_grant(grant.id, owner=grant.owner)
    return offer is not None and offer.open(now)


def erase_and_revoke_if_unused(work: UnitOfWork, grant: Grant, ids: Ids, now: datetime) -> bool:
    """Erase a grant that nothing points at any more, and queue its token for revocation. Whether it was."""
    if grant.erased or grant.connections or awaited(work, grant, now):
        return False
    if grant.tokens is not None:
        revocation = RevocationId(ids.new())
        work.revocations.add(revocation_of(grant, grant.tokens, grant.generation, grant.fingerprint, revocation, now))
    grant.revoke(now)
    return True


def let_go(work: UnitOfWork, grant: Grant, connection: ConnectionId, ids: Ids, now: datetime) -> bool:
    """Let go of an account, and of its grant with the last one. Whether the grant ended."""
    released = grant.release(connection)
    work.outbox.add([AccountDisconnected(grant.id, grant.owner, released.id, at=now)])
    ended = erase_and_revoke_if_unused(work, grant, ids, now)
    work.grants.save(grant)
    return ended


def let_all_go(work: UnitOfWork, grant: Grant, ids: Ids, now: datetime) -> list[ConnectionId]:
    """Let go of all accounts and of the grant, which nobody may choose from any more. Which connections there were."""
    released = [grant.release(connection).id for connection in list(grant.connections)]
    work.outbox.add([AccountDisconnected(grant.id, grant.owner, connection, at=now) for connection in released])
    erase_and_revoke_if_unused(work, grant, ids, now)
    work.grants.save(grant)
    return released


def supersede_if_unused(work: UnitOfWork, grant: Grant, now: datetime) -> None:
    """Erase, and don't revoke, a grant whose accounts went over to a newer one: revoking might kill the newer one's token."""
    if not (grant.erased or grant.connections or awaited(work, grant, now)):
        grant.supersede(now)
