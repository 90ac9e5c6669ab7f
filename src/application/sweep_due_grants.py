"""Renew what is due."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.metrics.catalogue import LAST_SWEEP, LAST_SWEEP_SECONDS, SWEEPS
from application.ports.claims_and_settlements import Due
from application.ports.clock import Clock
from application.ports.metrics import Metrics
from application.rotation.claim_results import Ended
from application.rotation.permit_turn import never
from application.rotation.refusal_alarm import RefusalAlarm
from application.rotation.sweep_in_batches import SweepInBatches, SweepReport, ignore_progress
from domain.due_times import due_early_within
from domain.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class SweepDueGrants:
    """One sweep; any number of them, in any number of processes, may run at once."""

    sweep_in_batches: SweepInBatches
    clock: Clock
    alarm: RefusalAlarm
    metrics: Metrics

    def __call__(
        self,
        *,
        for_at_most: timedelta | None = None,
        called_every: timedelta | None = None,
        stopping: Callable[[], bool] = never,
        progress: Callable[[SweepReport], None] = ignore_progress,
        patience: Callable[[], bool] = never,
    ) -> SweepReport:
        """Renew every due grant once, most urgent first.

        `called_every`: the caller's own cadence, where it is coarse: what would come into its last hour before two
        further calls is renewed now. `patience`: as in `SweepInBatches`. Raises StoreUnavailable, ClockSkewed.
        """
        began = self.clock.monotonic()
        due = Due(urgent_within=due_early_within(called_every) if called_every else None, since=self.clock.now())
        report = self.sweep_in_batches(due, for_at_most=for_at_most, stopping=stopping, progress=progress, patience=patience)
        self._note(self.clock.monotonic() - began)
        if report.count(Ended.REFUSED):
            with suppress(StoreUnavailable):
                self.alarm()
        return report

    def everything(
        self,
        *,
        since: datetime,
        stopping: Callable[[], bool] = never,
        progress: Callable[[SweepReport], None] = ignore_progress,
        patience: Callable[[], bool] = never,
    ) -> SweepReport:
        """Renew every grant that can be, due or not, unless it was settled after `since`.

        Raises StoreUnavailable, ClockSkewed.
        """
        due = Due(everything=True, since=since)
        return self.sweep_in_batches(due, stopping=stopping, progress=progress, patience=patience)

    def _note(self, took: timedelta) -> None:
        self.metrics.observe(SWEEPS, took=took)
        self.metrics.note(LAST_SWEEP, value=self.clock.now().timestamp())
        self.metrics.note(LAST_SWEEP_SECONDS, value=took.total_seconds())
