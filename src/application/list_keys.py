"""Tell who uses which encryption key, and whether it may go."""

from collections.abc import Iterator
from dataclasses import dataclass

from application.ports.key_reports import KeyReports
from application.ports.sealed_rows import SealedRows
from application.ports.sealer import Sealer
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.grant import Grant
from domain.ids import GrantId
from domain.key_use import KeyUse, key_uses

LISTED_BATCH = 500


@dataclass(frozen=True, slots=True)
class ListKeys:
    """Counts the rows and what all processes last reported, this one included."""

    sealed_rows: SealedRows
    key_reports: KeyReports
    sealer: Sealer
    store: StoreOfAllOwners

    def __call__(self) -> tuple[KeyUse, ...]:
        """The newest key first, then the others that are here, then those that are not. Raises StoreUnavailable."""
        now, reports = self.key_reports.all()
        newest = self.sealer.newest
        keys = (newest, *sorted(self.sealer.keys - {newest}))
        return key_uses(keys, self.sealed_rows.counts(), reports, self.sealer.shared_key(), now)

    def long_term(self) -> Iterator[Grant]:
        """Grants whose token has no end: after a leak it is good until it is revoked. Raises StoreUnavailable."""
        last: GrantId | None = None
        while True:
            batch = self.sealed_rows.long_term(after=last, limit=LISTED_BATCH)
            with self.store.read() as work:
                yield from work.grants.get(batch)
            if len(batch) < LISTED_BATCH:
                return
            last = batch[-1]
