"""A call's turn in the budget: waited for directly before sending, whatever took its time before that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from application.ports.budget import Budget, Lane, Permits
from application.ports.clock import Clock
from domain.ids import AppId
from domain.outcomes import Failure, Throttled

Answer = TypeVar("Answer")

STOP_POLL = timedelta(milliseconds=250)
"""The longest wait after which a request to stop is noticed."""

LATEST_DEPARTURE = timedelta(milliseconds=50)
"""How late a call may be for its turn: what the turns of a second leave of it (`domain.pacing.SLACK`). Later it would fall among
others' turns, and go beyond the budget with them."""

TURNS = 3
"""How many turns a call may have, on a machine that is too busy, before its claim is given back."""

PERMIT_PATIENCE = timedelta(seconds=2)
"""How long a call waits for another turn, and a person for the first."""


def never() -> bool:
    """No request to stop."""
    return False


def at_once() -> bool:
    """The turn of a call that nobody counts."""
    return True


@dataclass(slots=True)
class PermitTurn:
    """One call's turn, at this monotonic time. Another is taken in its place when it is missed: claiming, or a look into the
    store, may take longer than the turn was away.
    """

    budget: Budget
    clock: Clock
    app: AppId
    lane: Lane
    at: timedelta
    stopping: Callable[[], bool] = never

    def __call__(self) -> bool:
        """Wait for it. False: nothing is to be sent, since there is none to be had or somebody asks to stop."""
        for _ in range(TURNS):
            wait(self.clock, self.at, self.stopping)
            if self.stopping():
                return False
            if self.clock.monotonic() <= self.at + LATEST_DEPARTURE:
                return True
            permits = self.budget.take(self.app, 1, self.lane, within=PERMIT_PATIENCE)
            if not permits.count:
                return False
            self.at = self.clock.monotonic() + max(permits.wait, timedelta(0))  # a slow ledger must not make it miss them all
        return False


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns of calls that are sent one after the other, in one lane."""

    budget: Budget
    clock: Clock
    app: AppId
    lane: Lane
    stopping: Callable[[], bool] = never

    def __call__(self, within: timedelta) -> bool:
        """Wait for the next one, at most so long. False: there is none to be had, or somebody asks to stop."""
        return self._missed(within) is None

    def call(
        self, send: Callable[[], Answer], failure_of: Callable[[Answer], Failure | None], *, within: timedelta
    ) -> Answer | Permits:
        """Take a permit, wait for its turn, send, and let the budget learn what came of it. Permits: none was to be had, and this
        is why, or somebody asks to stop; nothing was sent.

        Of an import's calls it learns throttling alone: a slow report says nothing of the calls that keep tokens alive.
        """
        if missed := self._missed(within):
            return missed
        answer = send()
        failure = failure_of(answer)
        if self.lane is not Lane.IMPORT or isinstance(failure, Throttled):
            self.budget.learn(self.app, failure)
        return answer

    def _missed(self, within: timedelta) -> Permits | None:
        """Wait for the next turn; None: it has come."""
        asked_at = self.clock.monotonic()
        permits = self.budget.take(self.app, 1, self.lane, within=within)
        if not permits.count:
            return permits
        turn = PermitTurn(self.budget, self.clock, self.app, self.lane, asked_at + permits.wait, self.stopping)
        return None if turn() else Permits(0, timedelta(0))


def unless_listed(answer: tuple[object, ...] | Failure) -> Failure | None:
    """The failure that a list of the platform's came to."""
    return None if isinstance(answer, tuple) else answer


def wait(clock: Clock, until: timedelta, stopping: Callable[[], bool]) -> None:
    """Wait until a monotonic time, or until somebody asks to stop."""
    while not stopping() and (left := until - clock.monotonic()) > timedelta(0):
        clock.sleep(min(left, STOP_POLL))
