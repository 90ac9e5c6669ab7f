"""Reading the outbox of a database of this process."""

from collections.abc import Collection
from datetime import datetime

from adapters.memory.database import MemoryDatabase
from application.ports.outbox_reading import Fact


class MemoryOutboxFeed:
    """Facts by their places in the list of all that there ever were."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._cursors: dict[str, int] = {}
        self._marks: list[tuple[str, datetime, int]] = []

    def read(self, consumer: str, *, limit: int) -> list[Fact]:
        with self._database.lock:
            rows = self._database.answer()
            first = rows.events_dropped + 1
            facts = (Fact(place, place, event) for place, event in enumerate(rows.events, start=first))
            return [fact for fact in facts if fact.position > self._cursors.get(consumer, 0)][:limit]

    def passed(self, consumer: str, position: int) -> None:
        with self._database.lock:
            self._database.answer()
            self._cursors[consumer] = max(self._cursors.get(consumer, 0), position)

    def mark(self, consumers: Collection[str], now: datetime) -> None:
        with self._database.lock:
            self._database.answer()
            self._marks += [(consumer, now, self._cursors[consumer]) for consumer in consumers if consumer in self._cursors]

    def prune(self, consumers: Collection[str], before: datetime, *, limit: int) -> int:
        with self._database.lock:
            rows = self._database.answer()
            first = rows.events_dropped + 1
            if consumers:
                passed_by_all = min(self._place_at(consumer, before) for consumer in consumers)
                gone = max(min(passed_by_all - first + 1, limit), 0)
            else:
                gone = sum(event.at < before for event in rows.events[:limit])
            del rows.events[:gone]
            rows.events_dropped += gone
            return gone

    def _place_at(self, consumer: str, before: datetime) -> int:
        """Where a consumer was at this time, by its last mark until then."""
        return max((place for name, at, place in self._marks if name == consumer and at < before), default=0)
