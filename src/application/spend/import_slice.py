"""One importer's share of time, for several accounts at once: when it is over, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from application.ports.budget import Permits
from application.ports.clock import Clock
from application.ports.spend_store import ImportClaim, SpendStore
from application.spend.import_failures import Pause
from application.spend.read_days import Overtaken
from application.spend.report_turns import Answer, InTurn
from domain.breaker import LOST_IN_A_ROW
from domain.outcomes import Failure
from domain.report_failures import ReportFailure, as_failure

PATIENCE = timedelta(minutes=1)
"""How long a reading that has begun waits for its next call, while others need all that there are."""

SHORTEST_WAIT = timedelta(milliseconds=20)


class CallInTurn(Protocol):
    """`application.rotation.permit_turn.Turns.call` in the lane of imports."""

    def __call__(
        self, send: Callable[[], Answer], failure_of: Callable[[Answer], Failure | None], *, within: timedelta
    ) -> Answer | Permits:
        """What the call came to, if there was a turn."""


@dataclass(slots=True)
class ImportSlice:
    """Shared by the threads of one run."""

    spend_store: SpendStore
    clock: Clock
    call: CallInTurn
    until: timedelta
    stopping: Callable[[], bool]
    readings: int = 0
    failures: int = 0
    stopped_because: str | None = None
    """What ended it before its time."""
    _silent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def over(self) -> bool:
        """Whether nothing more is to be begun."""
        return self.stopping() or self.stopped_because is not None or self.clock.monotonic() >= self.until

    def succeeded(self) -> None:
        """An account's piece was read."""
        with self._lock:
            self.readings += 1
            self._silent = 0

    def failed(self) -> None:
        """An account's piece was not."""
        with self._lock:
            self.failures += 1

    def paused(self, pause: Pause) -> None:
        """The same, and perhaps nobody else's would be."""
        if pause.blames_account:
            self.failed()
        with self._lock:
            self._silent = self._silent + 1 if pause.is_silence else 0
            if pause.stops_slice or self._silent >= LOST_IN_A_ROW:
                self.stopped_because = pause.reason

    def turns_of(self, claim: ImportClaim, lease: timedelta) -> InTurn:
        """How the reports of a claimed account are asked for."""
        return ClaimedTurns(self, claim, lease, self.clock.monotonic())


@dataclass(slots=True)
class ClaimedTurns:
    """Calls in their turns, under a claim that is kept for as long as they take."""

    of_slice: ImportSlice
    claim: ImportClaim
    lease: timedelta
    extended_at: timedelta

    def __call__(self, send: Callable[[], Answer | ReportFailure]) -> Answer | ReportFailure | Permits:
        clock, began_at = self.of_slice.clock, self.of_slice.clock.monotonic()
        self._keep()
        while True:
            answer = self.of_slice.call(send, failure_of, within=PATIENCE)
            if not isinstance(answer, Permits) or answer.because or self.of_slice.stopping():
                return answer
            if clock.monotonic() + answer.wait > began_at + PATIENCE:
                return answer
            clock.sleep(max(answer.wait, SHORTEST_WAIT))

    def _keep(self) -> None:
        now = self.of_slice.clock.monotonic()
        if now - self.extended_at > self.lease / 3:
            if not self.of_slice.spend_store.extend(self.claim, lease=self.lease):
                raise Overtaken
            self.extended_at = now


def failure_of(answer: object) -> Failure | None:
    """What it means for the app's other calls."""
    return as_failure(answer) if isinstance(answer, ReportFailure) else None
