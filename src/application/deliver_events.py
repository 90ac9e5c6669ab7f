"""Bring events to the webhook receiver."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.executor import Executor
from application.ports.outbox_reading import OutboxFeed
from application.ports.webhook_queue import Attempted, Delivered, GivenUp, PutOff, TakenMessage, WebhookQueue
from application.ports.webhook_receiver import SENT_WITHIN, Later, Taken, WebhookReceiver
from application.webhooks.facts_as_messages import CONSUMER, FACTS_AT_ONCE, FactsAsMessages
from domain.database_hold import Hold
from domain.webhook_attempts import again_at, is_given_up

log = logging.getLogger(__name__)

SENT_AT_ONCE = 8
"""Messages on their way at the same time, each of another grant."""

LEASE = 6 * SENT_WITHIN
"""For how long messages are nobody else's. A process that died with some under way delays them by this."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one turn came to, in messages."""

    taken: int = 0
    put_off: int = 0
    given_up: int = 0


@dataclass(slots=True)
class DeliverEvents:
    """At least once each, and in the order of each grant's events: one that fails holds up the later ones of its grant alone.

    A turn ends when a whole batch failed, so that a receiver that is away costs a few calls a turn, however much waits for it.
    """

    receiver: WebhookReceiver
    queue: WebhookQueue
    feed: OutboxFeed
    messages_of: FactsAsMessages
    clock: Clock
    executor: Executor
    hold: Callable[[], Hold | None]
    _away: bool = field(default=False, init=False)

    def __call__(self, *, for_at_most: timedelta, stopping: Callable[[], bool]) -> DeliveryReport:
        """Begin with no further batch after this time; one takes `SENT_WITHIN` at the most. Raises StoreUnavailable."""
        counts, until = Counter[type[object]](), self.clock.monotonic() + for_at_most
        if not self.receiver.configured or self.hold():
            return DeliveryReport()
        while not stopping() and self.clock.monotonic() < until:
            came_in = self._take_in()
            batch = self.queue.take_due(limit=SENT_AT_ONCE, lease=LEASE)
            if not batch and not came_in:
                break
            attempted = list(self.executor.map(self._attempt, batch))
            self.queue.settle(attempted)
            batch_counts = Counter(type(one.outcome) for one in attempted)
            counts += batch_counts
            if batch and not batch_counts[Delivered]:
                break
        return self._told(DeliveryReport(counts[Delivered], counts[PutOff], counts[GivenUp]))

    def _take_in(self) -> bool:
        """Queue what the outbox has told since, a page of it. Whether there was anything."""
        facts = self.feed.read(CONSUMER, limit=FACTS_AT_ONCE)
        if facts:
            self.queue.add(CONSUMER, self.messages_of(facts), position=facts[-1].position)
        return bool(facts)

    def _attempt(self, taken: TakenMessage) -> Attempted:
        message = taken.message
        answer = self.receiver.send(message.id, message.body, attempt=taken.attempts)
        if isinstance(answer, Taken):
            return Attempted(taken, Delivered())
        now, asked = self.clock.now(), answer.pause if isinstance(answer, Later) else None
        if not self._away:
            self._away = True
            log.warning("the webhook receiver did not take an event: it is sent again", extra={"because": answer.because})
        if is_given_up(taken.queued_at, now):
            told = {"event": message.id, "type": message.type, "grant": message.grant, "because": answer.because}
            log.error("an event is given up: see `tiktok-connect events dead`", extra=told)
            return Attempted(taken, GivenUp())
        return Attempted(taken, PutOff(again_at(message.grant, taken.attempts, now, asked=asked)))

    def _told(self, report: DeliveryReport) -> DeliveryReport:
        if self._away and report.taken and not report.put_off:
            self._away = False
            log.info("the webhook receiver takes events again")
        return report
