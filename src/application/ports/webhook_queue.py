"""The port for messages on their way to the webhook receiver: who waits, who is next, and what was given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.webhook_payloads import WebhookMessage


@dataclass(frozen=True, slots=True)
class TakenMessage:
    """A message to send, for one deliverer until its lease ends."""

    message: WebhookMessage
    attempts: int
    """This one included. It is also the fence: whoever takes the message later has a higher number."""
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver took it."""


@dataclass(frozen=True, slots=True)
class PutOff:
    """It is sent again then."""

    until: datetime


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It becomes a dead letter, and the grant's next message goes."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """What came of sending a message."""

    taken: TakenMessage
    outcome: Delivered | PutOff | GivenUp


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up."""

    message: WebhookMessage
    attempts: int
    given_up_at: datetime


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """How the queue stands."""

    waiting: int
    oldest_queued_at: datetime | None
    """Of those that wait."""
    dead_letters: int


class WebhookQueue(Protocol):
    """Messages in the order of their events, grant by grant: only a grant's oldest one can be taken, so that its order is kept
    whatever fails. Each method is a transaction of its own, by the store's clock. All raise StoreUnavailable.
    """

    def add(self, consumer: str, messages: Sequence[WebhookMessage], *, position: int) -> None:
        """Queue these, and move the consumer's cursor in the outbox to this position, in one step.

        What lies up to where the cursor was is left out: somebody else queued it.
        """

    def add_again(self, messages: Sequence[WebhookMessage]) -> None:
        """Queue these whether they were delivered or not, in their old places. Ones that wait or are dead letters begin anew."""

    def take_due(self, *, limit: int, lease: timedelta) -> list[TakenMessage]:
        """Reserve due messages, at most one a grant, the longest due first. Exactly one deliverer has a message, until it is
        settled or the lease ends; then it is due again.
        """

    def settle(self, attempted: Sequence[Attempted]) -> None:
        """Store what came of these. A message that somebody else has taken since stays as it is."""

    def revive(self, since: datetime) -> int:
        """Queue dead letters again whose events came true at this time or later; returns how many."""

    def dead_letters(self, *, limit: int) -> list[DeadLetter]:
        """The last ones given up, the newest first."""

    def standing(self) -> QueueStanding:
        """How many messages wait, since when, and how many were given up."""

    def forget(self, before: datetime, *, limit: int) -> int:
        """Drop dead letters that were given up before this time, at most so many; returns how many."""

    def forget_waiting(self, before: datetime, *, limit: int) -> int:
        """The same of messages that were queued before this time and wait: for when there is no receiver."""
