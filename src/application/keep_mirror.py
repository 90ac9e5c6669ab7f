"""One turn of keeping the dashboard's rows current: a look now and then, what the outbox tells of, and spend."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.connection_mirror import ConnectionMirror, MirrorUnavailable
from application.ports.heartbeats import Heartbeats

log = logging.getLogger(__name__)

MIRRORING = "mirroring"
LOOK = "look at the mirror"
"""The works that one process at a time does."""

LOOK_EVERY = timedelta(seconds=15)

ASKED_LOOKS_APART = timedelta(seconds=1)
SHARE_OF_LOOKS = 10
"""Looks take a tenth of the time at the most: those that a written row asks for, and those of a hundred thousand rows."""

LOOKS_AT_MOST_APART = timedelta(minutes=1)

RESERVED_FOR = timedelta(minutes=2)
"""How long a process that died in the middle keeps others from it."""


@dataclass(slots=True)
class KeepMirror:
    """Called every few seconds by each process, in a thread that may wait."""

    mirror: ConnectionMirror
    heartbeats: Heartbeats
    retry: Callable[[], None]
    changes: Callable[..., None]
    look: Callable[..., None]
    deliver: Callable[..., None]
    clock: Clock
    look_soon: threading.Event
    """Set when a row was written before a person's answer: only a look confirms it, and until then it would be written again."""
    _away: bool = field(default=False, init=False)
    _asked: bool = field(default=False, init=False)
    _asked_look_from: timedelta = field(default=timedelta(0), init=False)
    _look_took: timedelta = field(default=timedelta(0), init=False)

    def __call__(self, *, stopping: Callable[[], bool]) -> None:
        """Raises StoreUnavailable."""
        if not self.mirror.configured:
            return
        self.retry()
        if not self.heartbeats.reserve(MIRRORING, for_at_most=RESERVED_FOR):
            return
        try:
            self._turn(stopping)
        finally:
            self.heartbeats.release(MIRRORING)

    def _turn(self, stopping: Callable[[], bool]) -> None:
        looks = self._asked_now() or self.heartbeats.reserve(LOOK, for_at_most=self._apart())
        began_at = self.clock.monotonic()
        try:
            if looks:
                self.look(stopping=stopping)
                self._look_took = self.clock.monotonic() - began_at
                self._asked_look_from = began_at + max(ASKED_LOOKS_APART, self._look_took * SHARE_OF_LOOKS)
            self.changes(stopping=stopping)
            self.deliver(stopping=stopping)
        except MirrorUnavailable as unavailable:
            if not self._away:
                log.warning("the dashboard's database could not be asked: its rows wait", extra={"because": str(unavailable)})
            self._away = True
        else:
            if looks and self._away:  # a turn without a look may have asked nothing
                log.info("the dashboard's rows are brought up to date again")
                self._away = False

    def _apart(self) -> timedelta:
        """How long after this look the next one comes, judged by the one before."""
        return max(LOOK_EVERY, min(self._look_took * SHARE_OF_LOOKS, LOOKS_AT_MOST_APART))

    def _asked_now(self) -> bool:
        """Whether a written row is to be seen at once; what is asked for too soon waits."""
        if self.look_soon.is_set():
            self.look_soon.clear()
            self._asked = True
        if not self._asked or self.clock.monotonic() < self._asked_look_from:
            return False
        self._asked = False
        return True
