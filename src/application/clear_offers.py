"""End the choices that nobody made in time."""

from dataclasses import dataclass

from application.connecting.erase_and_revoke_unused_grant import erase_and_revoke_if_unused
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.store_of_all_owners import StoreOfAllOwners

OFFER_BATCH = 100


@dataclass(frozen=True, slots=True)
class ClearOffers:
    """An offer that is over, and whose grant nothing points at, takes its grant with it."""

    store: StoreOfAllOwners
    clock: Clock
    ids: Ids

    def __call__(self) -> int:
        """How many grants were erased. Raises StoreUnavailable."""
        now, cleared = self.clock.now(), 0
        with self.store.read() as work:
            over = work.offers.ended(now, limit=OFFER_BATCH)
        for offer in over:
            with self.store.write() as work:
                for grant in work.grants.get([offer.grant]):
                    cleared += erase_and_revoke_if_unused(work, grant, self.ids, now)
                    work.grants.save(grant)
                work.commit()
        return cleared
