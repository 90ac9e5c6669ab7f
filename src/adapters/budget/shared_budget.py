"""The port `Budget` over a ledger that processes share, with something to go on with while that is away."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from adapters.budget.allowance_codec import Newer, Unreadable, allowance_of, text_of
from adapters.budget.turns_of_persons import TurnsOfPersons, mark_of
from application.ports.budget import Lane, Ledger, Permits
from application.ports.clock import Clock
from domain.allowance import EPOCH, Allowance, Caller, Taken
from domain.breaker import Breaker
from domain.errors import StoreUnavailable
from domain.ids import AppId, OwnerId
from domain.outcomes import Answered, Failure
from domain.pacing import NONE

log = logging.getLogger(__name__)
T = TypeVar("T")

KNOWN_FOR = timedelta(seconds=1)
"""How old may be what this process knows of the others."""

LOOKS_AGAIN_AFTER = timedelta(seconds=5)
"""How long the ledger is left alone that was away: one caller finds out, and the others don't wait for it."""


PROMISED_FOR = timedelta(seconds=8)
"""For how long after the ledger went away slots from it are still being used: longer than any batch.
The background waits so long."""


DRIFT = 0.001
"""By how much two clocks may go apart, for their time: ten times what any does that is kept right."""

JUMP = timedelta(milliseconds=500)
"""Longer than a reply of the ledger is on its way: a ledger whose time seems to go back by so much is another, or was set."""


@dataclass(frozen=True, slots=True)
class LedgerView:
    """What the ledger said when it was last read, and what was done here since, if it has been away."""

    allowance: Allowance
    read_at: timedelta
    """By this process's monotonic clock."""
    ahead: timedelta
    """The ledger's time less this process's."""
    alone: bool = False


class SharedBudget:
    """One allowance for all processes. Any number of threads may use it.

    A wrong secret is this process's own trouble: another may hold a newer one. While the ledger is away each process keeps to
    its share of the limit.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        qps: int,
        process: str,
        secret: str = "",
        jitter: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`process` names this one among all; `secret` marks the app's secret without telling it."""
        self._ledger, self._clock, self._jitter = ledger, clock, jitter
        self._caller = Caller(process, secret, qps)
        self._known: dict[AppId, LedgerView] = {}
        self._wrong: dict[AppId, Breaker] = {}
        self._trying: set[AppId] = set()
        self._away_until: timedelta | None = None
        self._persons = TurnsOfPersons(clock)
        self._lock = threading.Lock()

    def take(self, app: AppId, wanted: int, lane: Lane, *, within: timedelta, person: OwnerId | None = None) -> Permits:
        if person is None or lane is not Lane.PEOPLE:
            return self._take(app, wanted, lane, within)
        mark = mark_of(person)
        return self._persons.take(app, mark, lambda: self._take(app, wanted, lane, within, mark))

    def _take(self, app: AppId, wanted: int, lane: Lane, within: timedelta, mark: str = "") -> Permits:
        with self._lock:
            now, wrong = self._clock.monotonic(), self._wrong.get(app, Breaker())
            allowed = 0 if lane.is_import and wrong.stops_others(now) else wrong.most(now, wanted)
            if allowed < min(wanted, 1):
                return Permits(0, wrong.wait(now), because=wrong.because)

        def give(allowance: Allowance, time: timedelta, caller: Caller) -> tuple[Allowance, Taken]:
            if lane is Lane.SHOP_REPORTS:
                return allowance.take_for_shops(time, caller, within=within)
            return allowance.take(
                time,
                allowed,
                caller,
                within=within,
                people=lane is Lane.PEOPLE,
                repeats=lane is Lane.REPEATS,
                imports=lane.is_import,
                person=mark,
            )

        taken = self._do(app, give)
        if taken.slots.times:
            self._had(app, trial=taken.trial)
        now = self._now(app)
        if not taken.slots.times:
            wait = max(taken.slots.again_at - now, NONE)
            return Permits(0, wait, because=taken.because, own_call_first=taken.own_call_first)
        first = taken.slots.times[0]
        return Permits(len(taken.slots.times), first - now, tuple(time - first for time in taken.slots.times))

    def stopped(self, app: AppId) -> Failure | None:
        wrong, known = self._wrong.get(app), self._known.get(app)
        if wrong and (failure := wrong.stops(self._clock.monotonic())):
            return failure
        return known.allowance.stops(self._now(app), self._caller, trying=app in self._trying) if known else None

    def departs(self, lane: Lane) -> None:
        """Its slot is its own: nobody else has to know."""

    def learn(self, app: AppId, failure: Failure | None) -> timedelta:
        wrong = self._learn_of_the_secret(app, failure)
        known, jitter = self._known.get(app), self._jitter()

        def note(allowance: Allowance, time: timedelta, caller: Caller) -> tuple[Allowance, timedelta]:
            noted = allowance.learn(failure, time, caller, jitter=jitter)
            return noted, noted.wait(time, caller)

        fresh = known is not None and self._clock.monotonic() - known.read_at < KNOWN_FOR
        if known and fresh and note(known.allowance, self._now(app), self._caller)[0] == known.allowance:
            wait = known.allowance.wait(self._now(app), self._caller)
        else:
            wait = self._do(app, note)
        self._trying.discard(app)
        return max(wrong, wait)

    def _had(self, app: AppId, *, trial: bool) -> None:
        """Calls were had; one of them may be a trial."""
        with self._lock:
            if wrong := self._wrong.get(app):
                self._wrong[app] = wrong.tried(self._clock.monotonic())
            if trial:
                self._trying.add(app)

    def _learn_of_the_secret(self, app: AppId, failure: Failure | None) -> timedelta:
        """Whether it is the right one: any answer but that says so. How long to wait for that."""
        with self._lock:
            now, wrong = self._clock.monotonic(), self._wrong.get(app, Breaker())
            if failure is None or isinstance(failure, Answered):
                wrong = self._wrong[app] = wrong.after(failure, now)
            return wrong.wait(now)

    def _now(self, app: AppId) -> timedelta:
        """The ledger's time, as far as it is known here."""
        known = self._known.get(app)
        return self._clock.monotonic() + known.ahead if known else self._clock.now() - EPOCH

    def _do(self, app: AppId, act: Callable[[Allowance, timedelta, Caller], tuple[Allowance, T]]) -> T:
        """Do this with the allowance of all, or with this process's share of it while the ledger is away."""
        if self._is_to_be_asked():
            try:
                done = self._do_in_ledger(app, act)
            except StoreUnavailable as away:
                with self._lock:
                    self._away_until = self._clock.monotonic() + LOOKS_AGAIN_AFTER
                log.warning("the shared budget is away: keeping to a share of it", extra={"app": app, "because": str(away)})
            else:
                self._away_until = None
                return done
        return self._do_alone(app, act)

    def _is_to_be_asked(self) -> bool:
        with self._lock:
            now = self._clock.monotonic()
            if self._away_until is None:
                return True
            if now < self._away_until:
                return False
            self._away_until = now + LOOKS_AGAIN_AFTER
            return True

    def _do_in_ledger(self, app: AppId, act: Callable[[Allowance, timedelta, Caller], tuple[Allowance, T]]) -> T:
        before, outcome = self._known.get(app), list[tuple[LedgerView, T]]()

        def write(text: str | None, time: timedelta) -> str | None:
            mine = self._clock.monotonic()
            stored = read(text)
            allowance = stored.rejoined(time, before.allowance) if before and before.alone else stored
            allowance, result = act(allowance, time, self._caller)
            outcome[:] = [(LedgerView(allowance, mine, ahead_by(time - mine, mine, before)), result)]
            return None if allowance == stored else text_of(allowance)

        self._ledger.change(app, write)
        [(self._known[app], result)] = outcome
        return result

    def _do_alone(self, app: AppId, act: Callable[[Allowance, timedelta, Caller], tuple[Allowance, T]]) -> T:
        with self._lock:
            time, mine = self._now(app), self._clock.monotonic()
            known = self._known.get(app) or LedgerView(Allowance(), mine - PROMISED_FOR, time - mine)
            allowance = known.allowance
            if not known.alone:
                promised_until = known.read_at + known.ahead + PROMISED_FOR
                allowance = allowance.left_alone(time, self._caller, promised_until=promised_until)
            share = replace(self._caller, qps=allowance.share_of_one(time, self._caller.qps))
            allowance, result = act(allowance, time, share)
            self._known[app] = replace(known, allowance=allowance, alone=True)
            return result


def ahead_by(seen: timedelta, now: timedelta, before: LedgerView | None) -> timedelta:
    """How far the ledger's time is ahead of this process's, by what is seen now and what was known before.

    A reply that is long on its way, or a thread that waits for its turn, makes it seem less, and nothing makes it seem more.
    """
    if before is None or before.alone or before.ahead - seen > JUMP:
        return seen
    return max(seen, before.ahead - (now - before.read_at) * DRIFT)


def read(text: str | None) -> Allowance:
    """What the ledger holds; nothing is known where it holds nothing that can be read.

    Raises StoreUnavailable for a newer version's form.
    """
    if text is None:
        return Allowance()
    try:
        return allowance_of(text)
    except Newer as newer:
        raise StoreUnavailable("a newer version writes it in another form") from newer
    except Unreadable:
        log.warning("the shared budget cannot be read, and begins anew")
        return Allowance()
