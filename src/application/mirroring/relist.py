"""Listing again what was unlisted because its row was missing: nothing is concluded from that any more."""

from dataclasses import dataclass

from application.ports.store_of_all_owners import StoreOfAllOwners


@dataclass(frozen=True, slots=True)
class Relist:
    """Where the mirror is frozen, off, or rebuilt."""

    store: StoreOfAllOwners

    def __call__(self) -> int:
        """How many there were. Raises StoreUnavailable."""
        with self.store.read() as work:
            missing = [c for c in work.mirror.connections() if c.missing_since is not None]
        for grant in {c.grant for c in missing}:
            with self.store.write() as work:
                for stored in work.grants.get([grant]):
                    stored.find_rows({c.connection: c.times_connected for c in missing})
                    work.grants.save(stored)
                work.commit()
        return len(missing)
