"""The port for signs of life: who works, told by the store that all processes share."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Heartbeats(Protocol):
    """One row a process. All raise StoreUnavailable when the store is away."""

    def beat(self, component: str, host: str, pid: int) -> None:
        """Note that this process of the component lives now, by the store's clock. Signs older than a day are dropped.

        `host` may be a claim's, with a word of the process in it: containers may share a host's name and a pid.
        """

    def latest(self, component: str) -> datetime | None:
        """When any process of the component last gave a sign of life, if one did within a day."""
