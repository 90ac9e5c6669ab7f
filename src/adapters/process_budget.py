from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta

from application.ports.ambient import Clock
from application.ports.budget import Lane, Permits
from domain.breaker import Breaker
from domain.ids import AppId
from domain.outcomes import Failure
from domain.pacing import Pace


@dataclass(frozen=True, slots=True)
class _Account:
    pace: Pace
    breaker: Breaker = field(default=Breaker())


class ProcessBudget:
    """The budget of one process that shares its app with no other. Any number of threads may use it."""

    def __init__(self, qps: int, clock: Clock) -> None:
        self._clock = clock
        self._fresh = _Account(Pace.of(qps))
        self._accounts: dict[AppId, _Account] = {}
        self._lock = threading.Lock()

    def take(self, app: AppId, wanted: int, lane: Lane, *, within: timedelta) -> Permits:
        with self._lock:
            now, account = self._clock.monotonic(), self._account(app)
            allowed = account.breaker.most(now, wanted)
            if allowed < min(wanted, 1):
                return Permits(0, account.breaker.wait(now), because=account.breaker.because)
            pace, slots = account.pace.reserve(now, allowed, within=within, people=lane is Lane.PEOPLE)
            if not slots.times:
                return Permits(0, max(slots.again_at - now, timedelta(0)))
            self._accounts[app] = _Account(pace, account.breaker.tried(now))
            first = slots.times[0]
            return Permits(len(slots.times), first - now, tuple(time - first for time in slots.times))

    def stopped(self, app: AppId) -> Failure | None:
        return self._account(app).breaker.stops(self._clock.monotonic())

    def learn(self, app: AppId, failure: Failure | None) -> timedelta:
        with self._lock:
            now, account = self._clock.monotonic(), self._account(app)
            breaker = account.breaker.after(failure, now)
            self._accounts[app] = replace(account, breaker=breaker)
            return breaker.wait(now)

    def _account(self, app: AppId) -> _Account:
        return self._accounts.get(app, self._fresh)
