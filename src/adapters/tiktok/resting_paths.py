"""Paths that the platform does not know, left alone for a while."""

import logging
from datetime import timedelta

from application.ports.clock import Clock
from domain.outcomes import PathMissing

log = logging.getLogger(__name__)

PATH_RESTS_FOR = timedelta(minutes=5)
"""Until the next call to a path that was missing: nothing mends it but a person, and nothing is lost by waiting."""


class RestingPaths:
    """The paths of one client that rest. Any number of threads may use it; each process finds out by itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._resting: dict[str, tuple[timedelta, PathMissing]] = {}

    def rest(self, path: str, because: PathMissing) -> None:
        """Nothing is sent there for a while."""
        self._resting[path] = (self._clock.monotonic() + PATH_RESTS_FOR, because)
        log.critical(
            "the platform does not know a path that is called here: are the addresses of its API right?",
            extra={"path": path, "because": because.detail},
        )

    def until_over(self, path: str) -> PathMissing | None:
        """Why nothing is to be sent there now."""
        until, because = self._resting.get(path, (timedelta(0), None))
        return because if because and self._clock.monotonic() < until else None
