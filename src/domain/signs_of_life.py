"""What the signs of life of workers and beat say: who does its work, and who is missing."""

from dataclasses import dataclass
from datetime import timedelta

QUIET_FOR = timedelta(minutes=1)
"""The least that nobody worries about, however short the interval is: processes are started again, brokers fail over."""

QUIET_INTERVALS = 4

UNTOLD_INTERVALS = 2
"""A worker that sees no sweep for so many intervals sweeps without being told."""


@dataclass(frozen=True, slots=True)
class SignsOfLife:
    """How long ago a worker last got work done and beat last had a message confirmed; None: not within a day."""

    worker: timedelta | None
    beat: timedelta | None
    sweep_every: timedelta

    @property
    def quiet(self) -> timedelta:
        """A silence that is longer than this is told."""
        return max(QUIET_INTERVALS * self.sweep_every, QUIET_FOR)

    @property
    def beat_is_missing(self) -> bool:
        """Whether messages should come and do not. Where neither worker nor beat was ever seen, nobody waits for any."""
        if self.beat is None:
            return self.worker is not None
        return self.beat > self.quiet

    @property
    def workers_are_missing(self) -> bool:
        """The same of sweeps."""
        if self.worker is None:
            return self.beat is not None
        return self.worker > self.quiet

    @property
    def sweep_is_missing(self) -> bool:
        """Whether whoever can sweep should do so without being told."""
        return self.worker is None or self.worker > UNTOLD_INTERVALS * self.sweep_every
