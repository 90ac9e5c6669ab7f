"""The look twice a day at what no sweep sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from application.ports.ambient import Clock
from application.ports.claims import Due, Kind
from application.ports.store import Store
from application.steps.batches import Batches, SweepReport, never, unheard

KEPT_CONSENTS = timedelta(days=1)
"""How long a used or missed consent is kept, for questions."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What the audit did."""

    probed: SweepReport
    consents_forgotten: int


@dataclass(frozen=True, slots=True)
class AuditGrants:
    """Tokens without an end are probed: only that shows whether they were withdrawn. Old consents are forgotten."""

    batches: Batches
    store: Store
    clock: Clock

    def __call__(self, *, stopping: Callable[[], bool] = never, progress: Callable[[SweepReport], None] = unheard) -> AuditReport:
        """Raises StoreUnavailable."""
        with self.store.write() as work:
            forgotten = work.consents.forget(self.clock.now() - KEPT_CONSENTS)
            work.commit()
        return AuditReport(self.batches(Due(kind=Kind.LONG_TERM), stopping=stopping, progress=progress), forgotten)
