"""The port for those who read the outbox, each at its own pace, and for clearing away what they have read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.events import Event


@dataclass(frozen=True, slots=True)
class Fact:
    """An event in its place among all others."""

    id: int
    """The same at every reading: by it a receiver knows a fact that it has had."""
    position: int
    """What a cursor is moved to. A fact that comes later, whoever stored it, has a higher one."""
    event: Event | None
    """None: of a kind, or in a form, that a newer version wrote and this one does not know."""


class OutboxFeed(Protocol):
    """Facts in an order that is the same for all who read them. Each reader has a cursor, known by its name.

    All raise StoreUnavailable.
    """

    def read(self, consumer: str, *, limit: int) -> list[Fact]:
        """What lies behind the consumer's cursor, at the beginning all that there is. Nothing is passed over: a fact whose commit
        came late is in its place behind those that were read. Reading twice gives the same: the cursor moves by `passed` alone.
        """

    def since(self, at: datetime, *, after: int, limit: int) -> list[Fact]:
        """What came true at this time or later, from behind this place on, as far as it is kept. It moves no cursor."""

    def passed(self, consumer: str, position: int) -> None:
        """The consumer is done with all up to there. A cursor never goes back."""

    def mark(self, consumers: Collection[str], now: datetime) -> None:
        """Note where these consumers are now: what they passed by then is kept for as long as `prune` says."""

    def prune(self, consumers: Collection[str], before: datetime, *, limit: int) -> int:
        """Drop facts that all of these consumers had passed before this time; without any, facts that were older by then.

        At most `limit`, the oldest first; returns how many.
        """
