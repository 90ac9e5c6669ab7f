"""What is written to the outbox of a database of this process."""

from collections.abc import Sequence

from adapters.memory.database import Changes
from domain.events import Event


class MemoryOutbox:
    """Facts in a list."""

    def __init__(self, rows: Changes) -> None:
        self._rows = rows

    def add(self, events: Sequence[Event]) -> None:
        self._rows.events.extend(events)

    def clear(self) -> None:
        self._rows.events.clear()
        self._rows.forgotten = len(self._rows.rows.events)
        self._rows.forgets_messages = True
