"""A call's turn in the budget: waited for directly before sending, whatever took its time before that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from application.ports.budget import Budget, Lane, Permits
from application.ports.clock import Clock
from domain.ids import AppId, OwnerId
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
    person: OwnerId | None = None

    def __call__(self) -> bool:
        """Wait for it. False: nothing is to be sent, since there is none to be had or somebody asks to stop."""
        for _ in range(TURNS):
            wait(self.clock, self.at, self.stopping)
            if self.stopping():
                return False
            if self.clock.monotonic() <= self.at + LATEST_DEPARTURE:
                self.budget.departs(self.lane)
                return True
            turns = Turns(self.budget, self.clock, self.app, self.lane, self.stopping, self.person)
            permits = turns.permits(PERMIT_PATIENCE)
            if not permits.count:
                return False
            self.at = self.clock.monotonic() + max(permits.wait, timedelta(0))  # a slow ledger must not make it miss them all
        return False


@dataclass(frozen=True, slots=True)
class Turns:
    """Calls in one lane, each in its turn: take a permit, wait for its turn, send, and let the budget learn what came of it."""

    budget: Budget
    clock: Clock
    app: AppId
    lane: Lane
    stopping: Callable[[], bool] = never
    person: OwnerId | None = None
    """For whom, in the lane of people: they take turns there."""

    def call(
        self,
        send: Callable[[], Answer],
        failure_of: Callable[[Answer], Failure | None],
        *,
        within: timedelta,
        until: timedelta = timedelta.max,
    ) -> Answer | Permits:
        """All of it. Permits: none was to be had, and this is why, or somebody asks to stop; nothing was sent.

        `until`: the monotonic time after which nothing is sent.
        """
        reserved = self.reserve(within)
        if isinstance(reserved, Permits):
            return reserved
        return self.send(reserved, send, failure_of, until=until)

    def reserve(self, within: timedelta) -> PermitTurn | Permits:
        """Take a permit for a call `within` this time, whose turn is waited for later. Permits: none is to be had."""
        permits = self.permits(within)
        if not permits.count:
            return permits
        at = self.clock.monotonic() + permits.wait
        return PermitTurn(self.budget, self.clock, self.app, self.lane, at, self.stopping, self.person)

    def send(
        self,
        turn: Callable[[], bool],
        send: Callable[[], Answer],
        failure_of: Callable[[Answer], Failure | None],
        *,
        until: timedelta = timedelta.max,
    ) -> Answer | Permits:
        """Wait for a turn that was reserved, send, and let the budget learn. Permits: it was missed, or it is too late.

        Of an import's calls the budget learns throttling alone: a slow report says nothing of the calls that keep tokens alive.
        """
        if not turn() or self.clock.monotonic() > until:
            return Permits(0, timedelta(0))
        answer = send()
        failure = failure_of(answer)
        if not self.lane.is_import or isinstance(failure, Throttled):
            self.budget.learn(self.app, failure)
        return answer

    def permits(self, within: timedelta) -> Permits:
        """Take one permit. Who has another call ahead waits for that, within the same time, and asks again."""
        asked_at = self.clock.monotonic()
        until = asked_at + within
        while True:
            permits = self.budget.take(self.app, 1, self.lane, within=until - asked_at, person=self.person)
            asks_again_at = self.clock.monotonic() + permits.wait
            if permits.count or not permits.own_call_first or asks_again_at >= until or self.stopping():
                return permits
            wait(self.clock, asks_again_at, self.stopping)
            asked_at = self.clock.monotonic()


def unless_listed(answer: tuple[object, ...] | Failure) -> Failure | None:
    """The failure that a list of the platform's came to."""
    return None if isinstance(answer, tuple) else answer


def wait(clock: Clock, until: timedelta, stopping: Callable[[], bool]) -> None:
    """Wait until a monotonic time, or until somebody asks to stop."""
    while not stopping() and (left := until - clock.monotonic()) > timedelta(0):
        clock.sleep(min(left, STOP_POLL))
