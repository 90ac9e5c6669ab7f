"""The port for signs of life: who got work done, told by the store that all processes share."""

from datetime import datetime, timedelta
from typing import Protocol

REMEMBERED = timedelta(days=1)


class Heartbeats(Protocol):
    """One row a process, and one for each work that one at a time does. All raise StoreUnavailable when the store is away."""

    def beat(self, component: str, host: str, pid: int) -> None:
        """Note that this process of the component got work done now, by the store's clock. Signs older than a day are dropped.

        `host` may be a claim's, with a word of the process in it: containers may share a host's name and a pid.
        """

    def latest(self, component: str) -> datetime | None:
        """When any process of the component last gave a sign of life, if one did within a day."""

    def hosts(self, component: str, within: timedelta) -> tuple[str, ...]:
        """Which processes of the component gave a sign of life within this time, by the `host` that they gave."""

    def age(self, component: str) -> timedelta | None:
        """How long ago that was, by the store's clock."""

    def reserve(self, work: str, *, for_at_most: timedelta) -> bool:
        """Whether the caller is to do this work: True for one alone until `release`, or until the time (a day at most) is up."""

    def release(self, work: str) -> None:
        """Let others do it: it is done, or was given up."""
