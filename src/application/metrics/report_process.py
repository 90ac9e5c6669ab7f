"""What a process says of itself: its journal, its clock, its keys, its breaker."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from application.metrics import catalogue
from application.ports.budget import Budget
from application.ports.claims_and_settlements import Claims
from application.ports.clock import Clock
from application.ports.journal import Journal
from application.ports.journal_register import machine_of
from application.ports.metrics import MetricStore, Sample
from domain.ids import AppId

log = logging.getLogger(__name__)

REPORT_EVERY = timedelta(seconds=15)
KEYS_TRIED_EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class ReportProcess:
    """Tells the store every few seconds; what it fails with is told when it is asked again."""

    metric_store: MetricStore
    claims: Claims
    journal: Journal
    budget: Budget
    clock: Clock
    app: AppId
    host: str
    qps: int
    unusable_keys: Callable[[], int]
    """How many of the keys that sealed stored tokens open nothing here."""
    _told_at: timedelta | None = field(default=None, init=False)
    _tried_at: timedelta | None = field(default=None, init=False)
    _keys: int = field(default=0, init=False)

    def __call__(self) -> None:
        """Report, if it is time. Raises StoreUnavailable."""
        now = self.clock.monotonic()
        if self._told_at is not None and now - self._told_at < REPORT_EVERY:
            return
        self._told_at = now
        self.metric_store.report(self.host, self._gauges(now))

    def withdraw(self) -> None:
        """The process ends. Raises StoreUnavailable."""
        self.metric_store.withdraw(self.host)

    def _gauges(self, now: timedelta) -> dict[Sample, float]:
        if self._tried_at is None or now - self._tried_at >= KEYS_TRIED_EVERY:
            self._keys, self._tried_at = self.unusable_keys(), now
        machine, load = (machine_of(self.host),), self.journal.load()
        gauges: dict[Sample, float] = {
            (catalogue.JOURNAL_ANSWERS.name, machine): load.answers,
            (catalogue.UNREAD_ANSWERS.name, machine): load.unread,
            (catalogue.CLOCK_SKEW.name, machine): self.claims.skew().total_seconds(),
            (catalogue.KEYS_UNUSABLE.name, machine): self._keys,
            (catalogue.BUDGET_LIMIT.name, ()): self.qps,
        }
        if load.free_bytes is not None:
            gauges[catalogue.JOURNAL_FREE_BYTES.name, machine] = load.free_bytes
        if stopped := self.budget.stopped(self.app):
            gauges[catalogue.CALLS_STOPPED.name, (catalogue.cause_of(stopped),)] = 1
        return gauges
