"""What this process knows of persons who have a call ahead, so that only one of a person's threads asks the ledger."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256

from application.ports.budget import Permits
from application.ports.clock import Clock
from domain.ids import AppId, OwnerId
from domain.pacing import NONE

Key = tuple[AppId, str]


class TurnsOfPersons:
    """Threads that ask for one person go one after the other, and none asks before the person's last call may be sent."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._guard = clock, threading.Lock()
        self._locks: dict[Key, tuple[threading.Lock, int]] = {}
        self._ahead: dict[Key, timedelta] = {}
        """When the call may be sent that a person has ahead, by the monotonic clock."""

    def take(self, app: AppId, mark: str, ask: Callable[[], Permits]) -> Permits:
        """What the ledger gives to this person, unless a call of theirs is known to be ahead."""
        key = (app, mark)
        with self._one_at_a_time(key):
            ahead = self._ahead.get(key, NONE) - self._clock.monotonic()
            if ahead > NONE:
                return Permits(0, ahead, own_call_first=True)
            permits = ask()
            if permits.count or permits.own_call_first:
                self._note(key, self._clock.monotonic() + permits.wait_for(max(permits.count - 1, 0)))
            return permits

    def _note(self, key: Key, at: timedelta) -> None:
        with self._guard:
            now = self._clock.monotonic()
            self._ahead = {other: time for other, time in self._ahead.items() if time > now} | {key: at}

    @contextmanager
    def _one_at_a_time(self, key: Key) -> Iterator[None]:
        """Hold this key's lock, which is kept only while somebody holds it or waits for it."""
        with self._guard:
            lock, users = self._locks.get(key, (threading.Lock(), 0))
            self._locks[key] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, users = self._locks.pop(key)
                if users > 1:
                    self._locks[key] = lock, users - 1


def mark_of(person: OwnerId) -> str:
    """By what a person is known in the ledger, which is no place for names."""
    return sha256(person.encode()).hexdigest()[:16]
