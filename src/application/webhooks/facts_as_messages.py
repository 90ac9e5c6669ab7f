"""Facts of the outbox as messages to the receiver, with what the connections are like at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.outbox_reading import Fact
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.connection_view import ConnectionView, view_of
from domain.grant import Grant
from domain.webhook_payloads import Told, WebhookMessage, messages_of, told_of

CONSUMER = "webhooks"
"""The name of its cursor in the outbox."""

FACTS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class FactsAsMessages:
    """A fact only names things; whoever mirrors them needs to know what they are like."""

    store: StoreOfAllOwners
    clock: Clock

    def __call__(self, facts: Sequence[Fact]) -> list[WebhookMessage]:
        """In the order of the facts; those that concern nobody outside are left out. Raises StoreUnavailable."""
        told = [(fact, fact.event, what) for fact in facts if fact.event and (what := told_of(fact.event))]
        with self.store.read() as work:
            grants = {grant.id: grant for grant in work.grants.get({event.grant for _, event, _ in told})}
        messages = list[WebhookMessage]()
        for fact, event, what in told:
            views = self._views(grants.get(event.grant), what)
            messages += messages_of(event, what, views, fact=fact.id, position=fact.position)
        return messages

    def _views(self, grant: Grant | None, told: Told) -> list[ConnectionView]:
        if grant is None:
            return []
        wanted = grant.connections if told.connections is None else told.connections
        now = self.clock.now()
        return [view_of(grant, grant.connections[one], now) for one in sorted(wanted) if one in grant.connections]
