"""The read side: how far the import of spend is, for each of an owner's connections."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.spend_store import SpendImport, SpendStore
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
    delivers: bool
    """Whether what is read is passed on to the dashboard."""

    def __call__(self, owner: OwnerId, connections: Iterable[Connection]) -> Mapping[ConnectionId, ImportState]:
        """The state of each; of a new one nothing is read. Empty where nothing is imported. Raises StoreUnavailable."""
        if not self.importing:
            return {}
        imports, now = {one.of.account: one for one in self.spend_store.imports(owner)}, self.clock.now()
        return {one.id: self._state_of(one, imports.get(one.advertiser.id), now) for one in connections}

    def _state_of(self, connection: Connection, spend_import: SpendImport | None, now: datetime) -> ImportState:
        return ImportState.of(
            spend_import.progress if spend_import else ImportProgress(),
            self.spend_policy,
            AccountCalendar.of(connection.advertiser.timezone),
            now,
            hindrance=spend_import.hindrance if spend_import and self.delivers else None,
        )
