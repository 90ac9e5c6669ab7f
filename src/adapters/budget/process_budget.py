"""The budget of one process alone, for tests and for one-process tools."""

import threading
from collections.abc import Callable
from datetime import timedelta

from adapters.budget.shared_budget import SharedBudget
from application.ports.clock import Clock
from domain.allowance import EPOCH
from domain.ids import AppId


class ProcessLedger:
    """The port `Ledger` in a dictionary, dated by the given clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._texts, self._lock = clock, dict[AppId, str](), threading.Lock()

    def change(self, app: AppId, write: Callable[[str | None, timedelta], str | None]) -> None:
        with self._lock:
            text = write(self._texts.get(app), self._clock.now() - EPOCH)
            if text is not None:
                self._texts[app] = text


class ProcessBudget(SharedBudget):
    """The budget of one process that shares its app with no other."""

    def __init__(self, qps: int, clock: Clock) -> None:
        super().__init__(ProcessLedger(clock), clock, qps=qps, process="this one")
