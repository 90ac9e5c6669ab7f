"""What is still to be delivered of spend in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from adapters.memory.database import MemoryDatabase
from adapters.memory.spend_of_one_account import DayKey, KeptSpend
from adapters.memory.spend_store import named
from application.ports.spend_deliveries import VersionedDay
from application.ports.spend_store import SpendAccount
from domain.delivered_spend import DELIVERED_KIND


@dataclass(slots=True)
class MemorySpendDeliveries:
    """Marks beside spend, over a database of this process."""

    database: MemoryDatabase

    def accounts(self) -> list[SpendAccount]:
        with self.database.lock:
            spend = self.database.answer().spend
            waiting = (of for of, kept in spend.items() if kept.left_at is None and _days(kept, delivered=False))
            return sorted(waiting, key=lambda of: (of.owner, of.account))

    def undelivered(self, of: SpendAccount, *, before: date | None = None, most_rows: int) -> list[VersionedDay]:
        with self.database.lock:
            kept = self.database.answer().spend.get(of)
            if kept is None:
                return []
            chosen, rows = list[VersionedDay](), 0
            for key in _days(kept, delivered=False):
                if before is None or key[0] < before:
                    rows += len(kept.rows[key])
                    if chosen and rows > most_rows:
                        break
                    chosen.append(_day(kept, key))
            return chosen

    def delivered(self, of: SpendAccount) -> list[VersionedDay]:
        with self.database.lock:
            kept = self.database.answer().spend.get(of)
            return [_day(kept, key) for key in _days(kept, delivered=True)] if kept else []

    def mark(self, of: SpendAccount, versions: Mapping[date, int]) -> None:
        with self.database.lock:
            kept = self.database.answer().spend.get(of)
            if kept is None:
                return
            for day, version in versions.items():
                key = (day, DELIVERED_KIND.value)
                if kept.versions.get(key) == version:
                    kept.delivered[key] = version

    def note_hindrance(self, of: SpendAccount, hindrance: str | None) -> None:
        with self.database.lock:
            if kept := self.database.answer().spend.get(of):
                kept.hindrance = hindrance

    def deliver_anew(self, of: SpendAccount) -> None:
        with self.database.lock:
            if kept := self.database.answer().spend.get(of):
                kept.advance_versions(list(kept.versions))

    def deliver_all_anew(self) -> None:
        with self.database.lock:
            for kept in self.database.answer().spend.values():
                kept.advance_versions(list(kept.versions))


def _days(kept: KeptSpend, *, delivered: bool) -> list[DayKey]:
    """Days of the delivered kind, the newest first."""
    keys = (key for key in kept.versions if key[1] == DELIVERED_KIND.value)
    return sorted((key for key in keys if (kept.delivered.get(key) == kept.versions[key]) is delivered), reverse=True)


def _day(kept: KeptSpend, key: DayKey) -> VersionedDay:
    return VersionedDay(key[0], kept.versions[key], tuple(named(kept, row) for row in kept.rows.get(key, ())))
