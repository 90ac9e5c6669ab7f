"""Reading the outbox of a database of this process."""

from collections.abc import Collection, Iterator
from datetime import datetime

from adapters.memory.database import MemoryDatabase, Rows
from application.ports.outbox_reading import Fact


class MemoryOutboxFeed:
    """Facts by their places in the list of all that there ever were."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._marks: list[tuple[str, datetime, int]] = []

    def read(self, consumer: str, *, limit: int) -> list[Fact]:
        with self._database.lock:
            rows = self._database.answer()
            return [fact for fact in facts_of(rows) if fact.position > rows.cursors.get(consumer, 0)][:limit]

    def since(self, at: datetime, *, after: int, limit: int) -> list[Fact]:
        with self._database.lock:
            facts = facts_of(self._database.answer())
            return [fact for fact in facts if fact.position > after and fact.event and fact.event.at >= at][:limit]

    def passed(self, consumer: str, position: int) -> None:
        with self._database.lock:
            cursors = self._database.answer().cursors
            cursors[consumer] = max(cursors.get(consumer, 0), position)

    def mark(self, consumers: Collection[str], now: datetime) -> None:
        with self._database.lock:
            cursors = self._database.answer().cursors
            self._marks += [(consumer, now, cursors[consumer]) for consumer in consumers if consumer in cursors]

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


def facts_of(rows: Rows) -> Iterator[Fact]:
    """All that are kept, in their places."""
    return (Fact(place, place, event) for place, event in enumerate(rows.events, start=rows.events_dropped + 1))
