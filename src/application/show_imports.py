"""The read side: how far the import of spend is, for each of an owner's connections."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.spend_store import SpendStore
from domain.advertiser import Connection
from domain.ids import ConnectionId, OwnerId
from domain.import_state import ImportState
from domain.spend_calendar import AccountCalendar
from domain.spend_plan import ImportProgress, SpendPolicy


@dataclass(frozen=True, slots=True)
class ShowImports:
    """One query for all connections of an owner."""

    spend_store: SpendStore
    spend_policy: SpendPolicy
    clock: Clock
    importing: bool
    """Whether anything is imported here."""

    def __call__(self, owner: OwnerId, connections: Iterable[Connection]) -> Mapping[ConnectionId, ImportState]:
        """The state of each; of a new one nothing is read. Empty where nothing is imported. Raises StoreUnavailable."""
        if not self.importing:
            return {}
        progress = {one.of.account: one.progress for one in self.spend_store.imports(owner)}
        now = self.clock.now()
        return {
            one.id: ImportState.of(
                progress.get(one.advertiser.id, ImportProgress()),
                self.spend_policy,
                AccountCalendar.of(one.advertiser.timezone),
                now,
            )
            for one in connections
        }
