"""One importer's share of time, for several accounts at once: when it is over, and what came of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from application.ports.budget import Permits
from application.ports.clock import Clock
from application.ports.spend_store import ImportClaim, SpendStoreOfAllOwners
from application.spend.import_failures import Pause
from application.spend.read_days import Overtaken
from application.spend.report_turns import PATIENCE, Answer, InTurn
from domain.breaker import LOST_IN_A_ROW
from domain.ids import OwnerId
from domain.outcomes import Failure
from domain.report_failures import ReportFailure, as_failure

SHORTEST_WAIT = timedelta(milliseconds=20)

OWNERS_SHARE = 2
"""So many accounts of one owner are read at the same time while others have something due."""

FOLLOWED_EVERY = timedelta(seconds=10)
"""How often it is looked who has connected since."""


class CallInTurn(Protocol):
    """`application.rotation.permit_turn.Turns.call` in the lane of imports."""

    def __call__(
        self, send: Callable[[], Answer], failure_of: Callable[[Answer], Failure | None], *, within: timedelta
    ) -> Answer | Permits:
        """What the call came to, if there was a turn."""


@dataclass(slots=True)
class ImportSlice:
    """Shared by the threads of one run.

    A piece that takes longer than the slice holds nobody up: until it is at its end, the other threads go on.
    """

    spend_store: SpendStoreOfAllOwners
    clock: Clock
    call: CallInTurn
    shop_call: CallInTurn
    """The same for reports of shops."""
    until: timedelta
    stopping: Callable[[], bool]
    readings: int = 0
    failures: int = 0
    stopped_because: str | None = None
    """What ended it before its time."""
    _silent: list[OwnerId] = field(default_factory=list)
    """Whose pieces in a row the platform did not answer."""
    _owners: set[OwnerId] = field(default_factory=set)
    """Whose accounts were begun with."""
    _reading: Counter[OwnerId] = field(default_factory=Counter)
    """How many of each owner's accounts are being read."""
    _begun_in_time: int = 0
    """Of those, the ones begun before the end of the slice."""
    _followed_at: timedelta = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _choosing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._followed_at = self.clock.monotonic()

    @property
    def over(self) -> bool:
        """Whether nothing more is to be begun."""
        if self.stopping() or self.stopped_because is not None:
            return True
        return self.clock.monotonic() >= self.until and not self._begun_in_time

    @property
    def is_busy(self) -> bool:
        """Whether an account is being read."""
        return self._reading.total() > 0

    def is_to_follow(self) -> bool:
        """Whether it is time to look who has connected; one thread is told so."""
        now = self.clock.monotonic()
        with self._lock:
            if now - self._followed_at < FOLLOWED_EVERY:
                return False
            self._followed_at = now
            return True

    @contextmanager
    def next_due(self, lease: timedelta) -> Iterator[ImportClaim | None]:
        """Claim the next account, to be read within the block; None: nothing is due. Whoever has their share comes last."""
        with self._choosing:
            yielding = [owner for owner, count in self._reading.items() if count >= OWNERS_SHARE]
            claims = self.spend_store.take_due(limit=1, lease=lease, yielding=yielding)
            in_time = self.clock.monotonic() < self.until
            for claim in claims:
                self._begin(claim.of.owner, in_time=in_time)
        try:
            yield claims[0] if claims else None
        finally:
            for claim in claims:
                self._end(claim.of.owner, in_time=in_time)

    def _begin(self, owner: OwnerId, *, in_time: bool) -> None:
        with self._lock:
            self._owners.add(owner)
            self._reading[owner] += 1
            self._begun_in_time += in_time

    def _end(self, owner: OwnerId, *, in_time: bool) -> None:
        with self._lock:
            self._reading[owner] -= 1
            self._begun_in_time -= in_time
            if not self._reading[owner]:
                del self._reading[owner]

    def succeeded(self) -> None:
        """An account's piece was read."""
        with self._lock:
            self.readings += 1
            self._silent.clear()

    def failed(self) -> None:
        """An account's piece was not."""
        with self._lock:
            self.failures += 1

    def paused(self, pause: Pause, owner: OwnerId) -> None:
        """The same, and perhaps nobody else's would be: what one owner's accounts come to says nothing of the others'."""
        if pause.blames_account:
            self.failed()
        with self._lock:
            self._silent = [*self._silent, owner][-LOST_IN_A_ROW:] if pause.is_silence else []
            is_everybodys = len(set(self._silent)) > 1 or self._owners <= set(self._silent)
            if pause.stops_slice or (len(self._silent) >= LOST_IN_A_ROW and is_everybodys):
                self.stopped_because = pause.reason

    def turns_of(self, claim: ImportClaim, lease: timedelta) -> InTurn:
        """How the reports of a claimed account are asked for."""
        return ClaimedTurns(self, claim, lease, self.call, self.clock.monotonic())

    def shop_turns_of(self, claim: ImportClaim, lease: timedelta) -> InTurn:
        """How those of its shops are."""
        return ClaimedTurns(self, claim, lease, self.shop_call, self.clock.monotonic())


@dataclass(slots=True)
class ClaimedTurns:
    """Calls in their turns, under a claim that is kept for as long as they take."""

    of_slice: ImportSlice
    claim: ImportClaim
    lease: timedelta
    call: CallInTurn
    extended_at: timedelta

    def __call__(self, send: Callable[[], Answer | ReportFailure]) -> Answer | ReportFailure | Permits:
        clock, began_at = self.of_slice.clock, self.of_slice.clock.monotonic()
        self._keep()
        while True:
            answer = self.call(send, failure_of, within=PATIENCE)
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
