"""Counting what a process says to its database, as SQLAlchemy tells of it."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable

from sqlalchemy import Engine, event

BESIDE = frozenset({"upkeep_thread", "mirror_thread"})


class RoundTrips:
    """Counts until it is stopped, of all threads but those of a process's upkeep. A batch of parameters counts once: it goes in
    one pipeline.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._guard = engine, threading.Lock()
        self.said: list[str] = []
        self.begun = self.ended = 0
        self._listeners: dict[str, Callable[..., None]] = {
            "before_cursor_execute": self._execute,
            "commit": self._end,
            "rollback": self._end,
        }
        for name, listener in self._listeners.items():
            event.listen(engine, name, listener)

    def stop(self) -> None:
        """Count no more."""
        for name, listener in self._listeners.items():
            event.remove(self._engine, name, listener)

    @property
    def statements(self) -> int:
        """Those that read or change something."""
        return len(self.said)

    @property
    def by_kind(self) -> dict[str, int]:
        """How often what was said, in a word and the table that it is about."""
        kinds = Counter(kind_of(statement) for statement in self.said)
        return {**dict(kinds.most_common()), "BEGIN": self.begun, "COMMIT or ROLLBACK": self.ended}

    @property
    def round_trips(self) -> int:
        """The statements, and what begins and ends their transactions."""
        return self.statements + self.begun + self.ended

    def _execute(self, _c: object, _cursor: object, statement: str, *_: object) -> None:
        if threading.current_thread().name in BESIDE:
            return
        with self._guard:
            if statement.startswith("BEGIN"):
                self.begun += 1
            else:
                self.said.append(statement)

    def _end(self, _: object) -> None:
        if threading.current_thread().name in BESIDE:
            return
        with self._guard:
            self.ended += 1


def kind_of(statement: str) -> str:
    """Its verb and its first table."""
    table = re.search(r"\b(?:FROM|INTO|UPDATE)\s+(\w+)", statement)
    return f"{statement.split(maxsplit=1)[0]} {table[1] if table else ''}".strip()
