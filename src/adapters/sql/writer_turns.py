"""Turns at writing: SQLite has one writer, and its own way of waiting is to try again by chance."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from domain.errors import StoreUnavailable


class Turns:
    """One writer at a time in this process. Who is `first` (a settle: it holds the only live pair) goes before all others."""

    def __init__(self, patience: timedelta) -> None:
        self._patience = patience.total_seconds()
        self._changed = threading.Condition()
        self._taken = False
        self._waiting = {True: 0, False: 0}

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return sum(self._waiting.values())

    @contextmanager
    def turn(self, *, first: bool) -> Iterator[None]:
        """Wait for a turn and hold it. Raises StoreUnavailable when none comes within the patience."""
        self._take(first=first)
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()

    def _take(self, *, first: bool) -> None:
        with self._changed:
            self._waiting[first] += 1
            try:
                if not self._changed.wait_for(lambda: self._mine(first=first), self._patience):
                    raise StoreUnavailable("other writers of this process are not done")
                self._taken = True
            finally:
                self._waiting[first] -= 1
                self._changed.notify_all()

    def _mine(self, *, first: bool) -> bool:
        return not self._taken and (first or not self._waiting[True])
