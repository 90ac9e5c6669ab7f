"""Erase everything of a user."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from application.connecting.note_and_repeat_removals import NoteRemoval
from application.connecting.retry_on_conflict import retry_on_conflict
from application.connecting.revoke_unused_grant import let_all_go
from application.mirroring.settle_soon import SettleSoon
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.removals import UserErased
from application.ports.store import Store, UnitOfWork
from domain.grant import Grant
from domain.ids import ConnectionId, OwnerId


@dataclass(frozen=True, slots=True)
class Erased:
    """What there was to erase."""

    connections: int
    grants: int


@dataclass(frozen=True, slots=True)
class EraseUser:
    """Every account let go of, every grant erased and its token queued for revocation, every begun consent and all
    spend forgotten.

    Twice is as good as once. A consent that is being completed meanwhile connects nothing.
    """

    store: Store
    clock: Clock
    ids: Ids
    note_removal: NoteRemoval
    settle_soon: SettleSoon
    forget_spend: Callable[[OwnerId], None]

    def __call__(self, owner: OwnerId) -> Erased:
        """No call to the platform is made here. Raises StoreUnavailable; what was erased by then stays so."""
        return self._erased(owner, anyhow) or Erased(0, 0)

    def if_still_missing(self, owner: OwnerId, holds: Callable[[datetime | None], bool]) -> bool:
        """The same, if `holds` of each time since which a row of theirs is missing in the dashboard. Whether it did."""
        return (
            self._erased(owner, lambda grants: all(holds(c.missing_since) for g in grants for c in g.connections.values()))
            is not None
        )

    def _erased(self, owner: OwnerId, may: Callable[[list[Grant]], bool]) -> Erased | None:
        if (first := retry_on_conflict(partial(self._erase, owner, may))) is None:
            return None
        connections, grants = first
        while more := retry_on_conflict(partial(self._erase, owner, anyhow)):
            if not more[1]:
                break
            connections, grants = [*connections, *more[0]], grants + more[1]
        self._forget_rows(owner)
        self.forget_spend(owner)
        self.note_removal(UserErased(owner, self.clock.now()))
        self.settle_soon(connections)
        return Erased(len(connections), grants)

    def _forget_rows(self, owner: OwnerId) -> None:
        """Rows in the dashboard go by their ids alone."""
        with self.store.write() as work:
            work.mirror.forget_owner(owner)
            work.commit()

    def _erase(self, owner: OwnerId, may: Callable[[list[Grant]], bool]) -> tuple[list[ConnectionId], int] | None:
        now, released = self.clock.now(), list[ConnectionId]()
        with self.store.write() as work:
            grants = work.grants.living_of(owner)
            if not may(grants):
                return None
            work.consents.forget_of(owner)
            for grant in grants:
                close_offer(work, grant)
                released += let_all_go(work, grant, self.ids, now)
            work.commit()
        return released, len(grants)


def anyhow(_: list[Grant]) -> bool:
    """What is stored while a user is erased goes too."""
    return True


def close_offer(work: UnitOfWork, grant: Grant) -> None:
    """Nobody chooses from its accounts any more."""
    offer = work.offers.of_grant(grant.id)
    if offer is not None and not offer.closed:
        offer.close()
        work.offers.save(offer)
