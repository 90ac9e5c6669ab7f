"""The watch that finds out whether an operator has paused all calls: before anything is sent, and every few seconds beside it."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.pause_record import PauseRecord
from domain.errors import CallsPaused, StoreUnavailable
from domain.pause import Pause

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=1)
"""How old may be what is known of the pause."""

BY_SETTING = "PAUSED=true"


@dataclass(slots=True)
class PauseWatch:
    """Knows of the pause that all processes obey, and of this process's own."""

    pause_record: PauseRecord
    clock: Clock
    paused_here: bool
    """Whether this process's settings say so."""
    _looked_at: timedelta | None = field(default=None, init=False)
    _failed_at: timedelta | None = field(default=None, init=False)
    _shared: Pause | None = field(default=None, init=False)
    _own: Pause | None = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._own = Pause(self.clock.now(), BY_SETTING) if self.paused_here else None

    def __call__(self) -> None:
        """Look, unless somebody has just looked. Raises StoreUnavailable."""
        self.pause()

    def pause(self) -> Pause | None:
        """The pause, if there is one; at most a second old. Raises StoreUnavailable."""
        with self._lock:
            now = self.clock.monotonic()
            if self._looked_at is None or now - self._looked_at >= FRESH:
                try:
                    shared = self.pause_record.read()
                except StoreUnavailable:
                    self._failed_at = self.clock.monotonic()
                    raise
                tell(self._shared, shared)
                self._shared, self._looked_at, self._failed_at = shared, now, None
            return self.last_pause

    def pause_or_last(self) -> Pause | None:
        """The same; while the database is away, what was last found. Raises StoreUnavailable where nothing was ever found."""
        failed_at = self._failed_at
        if self._looked_at is not None and failed_at is not None and self.clock.monotonic() - failed_at < FRESH:
            return self.last_pause
        try:
            return self.pause()
        except StoreUnavailable:
            if self._looked_at is None:
                raise
            return self.last_pause

    @property
    def last_pause(self) -> Pause | None:
        """What the last look found; it asks nobody."""
        return self._shared or self._own

    def refuse_if_paused(self) -> None:
        """Raises CallsPaused, StoreUnavailable."""
        if pause := self.pause():
            raise CallsPaused(pause)


def tell(before: Pause | None, pause: Pause | None) -> None:
    """One line in the log when a pause begins, and one when it ends."""
    if pause and before != pause:
        details = {"since": pause.since.isoformat(), "by": pause.by}
        log.warning("all calls to TikTok are paused, until `tiktok-connect resume`", extra=details)
    elif before and pause is None:
        log.warning("calls to TikTok are paused no longer")
