"""Messages to the webhook receiver in memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.memory.database import MemoryDatabase, QueuedMessage
from application.ports.clock import Clock
from application.ports.webhook_queue import Attempted, DeadLetter, Delivered, GivenUp, PutOff, QueueStanding, TakenMessage
from domain.webhook_payloads import WebhookMessage

Messages = dict[str, QueuedMessage]


@dataclass(frozen=True, slots=True)
class MemoryWebhookQueue:
    """Messages by their ids, over a database of this process."""

    database: MemoryDatabase
    clock: Clock

    def add(self, consumer: str, messages: Sequence[WebhookMessage], *, position: int) -> None:
        with self._changed() as queue:
            cursors = self.database.rows.cursors
            for message in messages:
                if message.position > cursors.get(consumer, 0):
                    queue.setdefault(message.id, QueuedMessage(message, self.clock.now()))
            cursors[consumer] = max(cursors.get(consumer, 0), position)

    def add_again(self, messages: Sequence[WebhookMessage]) -> None:
        with self._changed() as queue:
            queue.update({message.id: QueuedMessage(message, self.clock.now()) for message in messages})

    def take_due(self, *, limit: int, lease: timedelta) -> list[TakenMessage]:
        now = self.clock.now()
        with self._changed() as queue:
            due = [(one.due_at, one) for one in queue.values() if one.due_at and one.due_at <= now]
            taken = [one for _, one in sorted(due, key=lambda one: (one[0], place_of(one[1])))[:limit]]
            for one in taken:
                one.due_at, one.attempts = now + lease, one.attempts + 1
            return [TakenMessage(one.message, one.attempts, one.queued_at) for one in taken]

    def settle(self, attempted: Sequence[Attempted]) -> None:
        with self._changed() as queue:
            for one in attempted:
                queued = queue.get(one.taken.message.id)
                if queued is None or queued.attempts != one.taken.attempts or queued.given_up_at:
                    continue
                match one.outcome:
                    case Delivered():
                        del queue[one.taken.message.id]
                    case PutOff(until=until):
                        queued.due_at = until
                    case GivenUp():
                        queued.due_at, queued.given_up_at = None, self.clock.now()

    def revive(self, since: datetime) -> int:
        with self._changed() as queue:
            again = [one for one in queue.values() if one.given_up_at and one.message.at >= since]
            for one in again:
                one.given_up_at, one.attempts, one.queued_at = None, 0, self.clock.now()
            return len(again)

    def dead_letters(self, *, limit: int) -> list[DeadLetter]:
        with self._changed() as queue:
            dead = [DeadLetter(one.message, one.attempts, one.given_up_at) for one in queue.values() if one.given_up_at]
            in_order = sorted(dead, key=lambda one: (one.message.position, one.message.part))
            return sorted(in_order, key=lambda one: one.given_up_at, reverse=True)[:limit]

    def standing(self) -> QueueStanding:
        with self._changed() as queue:
            waiting = [one.queued_at for one in queue.values() if one.given_up_at is None]
            return QueueStanding(len(waiting), min(waiting, default=None), len(queue) - len(waiting))

    def forget(self, before: datetime, *, limit: int) -> int:
        return self._forget(lambda one: one.given_up_at, before, limit)

    def forget_waiting(self, before: datetime, *, limit: int) -> int:
        return self._forget(lambda one: None if one.given_up_at else one.queued_at, before, limit)

    def _forget(self, time_of: Callable[[QueuedMessage], datetime | None], before: datetime, limit: int) -> int:
        with self._changed() as queue:
            times = ((time_of(one), name) for name, one in queue.items())
            old = [name for at, name in sorted((at, name) for at, name in times if at and at < before)][:limit]
            for name in old:
                del queue[name]
            return len(old)

    @contextmanager
    def _changed(self) -> Iterator[Messages]:
        """The messages under the lock; afterwards the first that waits of each grant is due, and no other."""
        with self.database.lock:
            queue = self.database.answer().webhooks
            yield queue
            seen = set[str]()
            for one in sorted(queue.values(), key=place_of):
                if one.given_up_at:
                    continue
                if one.message.grant in seen:
                    one.due_at = None
                else:
                    one.due_at = one.due_at or self.clock.now()
                seen.add(one.message.grant)


def place_of(queued: QueuedMessage) -> tuple[int, int]:
    """Where it stands among all."""
    return queued.message.position, queued.message.part
