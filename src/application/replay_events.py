"""Send events to the webhook receiver once more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from application.ports.outbox_reading import OutboxFeed
from application.ports.webhook_queue import DeadLetter, WebhookQueue
from application.webhooks.facts_as_messages import FACTS_AT_ONCE, FactsAsMessages

MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class ReplayEvents:
    """Under their old ids and in their old order, with what the connections are like now. Deliverers send them in their turns."""

    feed: OutboxFeed
    queue: WebhookQueue
    messages_of: FactsAsMessages

    def __call__(self, since: datetime, *, progress: Callable[[int], None] = lambda _: None) -> int:
        """What came true at this time or later, as far as the outbox has it, and dead letters of then. How many messages.

        Raises StoreUnavailable.
        """
        again, after = 0, 0
        while facts := self.feed.since(since, after=after, limit=FACTS_AT_ONCE):
            messages, after = self.messages_of(facts), facts[-1].position
            self.queue.add_again(messages)
            again += len(messages)
            progress(again)
        return again + self.queue.revive(since)

    def dead_letters(self) -> list[DeadLetter]:
        """What was given up, the newest first. Raises StoreUnavailable."""
        return self.queue.dead_letters(limit=MOST_LISTED)
