"""Let go of what nobody needs any more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from application.ports.audit_trail import AuditHistory
from application.ports.clock import Clock
from application.ports.journal import JournalUnavailable
from application.ports.journal_register import JournalRegister
from application.ports.outbox_reading import OutboxFeed
from application.ports.removals import Removals
from application.ports.spend_store import KEPT_AFTER_DISCONNECT, SpendStoreOfAllOwners
from application.ports.store_of_all_owners import StoreOfAllOwners
from application.ports.webhook_queue import WebhookQueue
from application.ports.webhook_receiver import WebhookReceiver
from application.rotation.permit_turn import never
from domain.erasure import ERASED_FOR
from domain.mirrored_row import REMEMBERED_FOR

PRUNED_AT_ONCE = 1000
"""Rows a transaction: nobody waits long for one."""

LATE_ANSWERS_WITHIN = timedelta(days=30)
"""For how long after its end a grant's accounts are kept: a pair that comes late may be revoked only if nobody else reaches them.
Later its access token has ended by itself, and so has what is known of a host's journal."""

KEPT_REMOVALS = timedelta(days=400)
"""How long removals are noted: no backup that is restored is older."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much went."""

    facts: int
    erased_grants: int
    """Those that were cut down to what tells that they are erased."""
    hosts: int
    """Those of which nothing was heard any more."""
    erasures: int
    """Erased users whose ids may be new ones' again."""
    removals: int
    """Notes of what people had removed, older than any backup that is restored."""
    spend: int
    """Accounts whose spend went, since their owners have not connected them for so long."""
    webhooks: int
    """Messages to the receiver of webhooks that were given up so long ago, or that wait for a receiver that is no more."""
    mirrored_rows: int
    """Rows that were once in the dashboard, of which nothing is remembered any more."""
    audited: int
    """Records of the audit trail."""


@dataclass(frozen=True, slots=True)
class PruneHistory:
    """In batches, each a transaction of its own; what is left when it is told to stop goes the next time."""

    feed: OutboxFeed
    store: StoreOfAllOwners
    journals: JournalRegister
    clock: Clock
    consumers: frozenset[str]
    """Who reads the outbox, by the names of their cursors."""
    retention: timedelta
    """How long a fact is kept after the slowest of them passed it."""
    removals: Removals
    spend_store: SpendStoreOfAllOwners
    webhook_queue: WebhookQueue
    webhook_receiver: WebhookReceiver
    audit_history: AuditHistory
    audit_retention: timedelta
    """How long the acts of people, services and operators are kept."""

    def __call__(self, *, stopping: Callable[[], bool] = never) -> Pruned:
        """Raises StoreUnavailable."""
        now = self.clock.now()
        self.feed.mark(self.consumers, now)
        return Pruned(
            facts=repeated(lambda: self.feed.prune(self.consumers, now - self.retention, limit=PRUNED_AT_ONCE), stopping),
            erased_grants=repeated(self._cut_down, stopping),
            hosts=self.journals.forget(now - 2 * LATE_ANSWERS_WITHIN),
            erasures=self._forget_erasures(now - ERASED_FOR),
            removals=self._forget_removals(),
            spend=repeated(partial(self.spend_store.forget_left, now - KEPT_AFTER_DISCONNECT, limit=PRUNED_AT_ONCE), stopping),
            webhooks=self._forget_messages(now - self.retention, stopping),
            mirrored_rows=repeated(self._forget_rows, stopping),
            audited=repeated(
                lambda: self.audit_history.prune(now, retention=self.audit_retention, limit=PRUNED_AT_ONCE), stopping
            ),
        )

    def _forget_erasures(self, before: datetime) -> int:
        with self.store.write() as work:
            forgotten = work.erasures.forget(before)
            work.commit()
        return forgotten

    def _forget_removals(self) -> int:
        try:
            return self.removals.forget(self.clock.now() - KEPT_REMOVALS)
        except JournalUnavailable:  # the upkeep tells of it
            return 0

    def _forget_messages(self, before: datetime, stopping: Callable[[], bool]) -> int:
        forgotten = repeated(partial(self.webhook_queue.forget, before, limit=PRUNED_AT_ONCE), stopping)
        if not self.webhook_receiver.configured:
            forgotten += repeated(partial(self.webhook_queue.forget_waiting, before, limit=PRUNED_AT_ONCE), stopping)
        return forgotten

    def _forget_rows(self) -> int:
        with self.store.write() as work:
            forgotten = work.mirror.forget_gone(self.clock.now() - REMEMBERED_FOR, limit=PRUNED_AT_ONCE)
            work.commit()
        return forgotten

    def _cut_down(self) -> int:
        with self.store.write() as work:
            cut = work.grants.cut_down(self.clock.now() - LATE_ANSWERS_WITHIN, limit=PRUNED_AT_ONCE)
            work.commit()
        return cut


def repeated(batch: Callable[[], int], stopping: Callable[[], bool]) -> int:
    """SweepInBatches until one is not full; how much they came to."""
    total = 0
    while not stopping():
        done = batch()
        total += done
        if done < PRUNED_AT_ONCE:
            break
    return total
