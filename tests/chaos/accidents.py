"""Troubles at planned moments: a process dies, the database goes away, somebody else acts, or too much time passes."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Literal, Self

from adapters.memory.journal import MemoryJournal
from application.ports.claims_and_settlements import Claim, Claims, Due, Settlement
from application.ports.clock import Clock
from application.ports.journal import KeptAnswer
from application.ports.store_of_all_owners import StoreOfAllOwners, UnitOfWorkOfAllOwners
from domain.errors import StoreUnavailable
from domain.grant import Grant
from domain.ids import AppId, GrantId

Moment = Literal["before claim", "after claim", "after send", "before settle", "after settle", "after keep", "release", "commit"]
Kind = Literal["crash", "outage", "pause", "hesitation", "company", "disconnect", "reconnect"]

MOMENTS: tuple[Moment, ...] = (
    "before claim",
    "after claim",
    "after send",
    "before settle",
    "after settle",
    "after keep",
    "release",
    "commit",
)


class Crash(BaseException):
    """A process is killed here: nothing of it runs any more."""


@dataclass
class Troubles:
    """What is going to happen, and whether the database is there."""

    clock: Clock
    planned: defaultdict[Moment, deque[Kind]] = field(default_factory=lambda: defaultdict(deque))
    away_until: datetime | None = None
    outage: timedelta = timedelta(0)
    """How long the next outage lasts."""
    pause: Callable[[], None] = lambda: None
    hesitation: Callable[[], None] = lambda: None
    """Not as long as the lease, but too long for a call to begin."""
    company: Callable[[], None] = lambda: None
    """A sweep of the other host in the middle of it."""
    disconnect: Callable[[], None] = lambda: None
    reconnect: Callable[[], None] = lambda: None

    def at(self, moment: Moment) -> None:
        """Let happen what is planned for this moment. Raises Crash."""
        if not self.planned[moment]:
            return
        match self.planned[moment].popleft():
            case "crash":
                raise Crash(moment)
            case "outage":
                self.away_until = self.clock.now() + self.outage
            case "pause":
                self.pause()
            case "hesitation":
                self.hesitation()
            case "company":
                self.company()
            case "disconnect":
                self.disconnect()
            case "reconnect":
                self.reconnect()

    def check(self) -> None:
        """Raises StoreUnavailable while the database is away."""
        if self.away_until is not None and self.clock.now() < self.away_until:
            raise StoreUnavailable

    def end(self) -> None:
        """No more trouble."""
        self.planned.clear()
        self.away_until = None


class TroubledClaims:
    """The port `Claims` with troubles before and after each promise. `settled` is told what a settle came to."""

    def __init__(self, claims: Claims, troubles: Troubles, settled: Callable[[Settlement], None]) -> None:
        self._claims, self._troubles, self._settled = claims, troubles, settled

    def take_due(self, app: AppId, *, limit: int, lease: timedelta, due: Due) -> list[Claim]:
        self._before("before claim")
        claims = self._claims.take_due(app, limit=limit, lease=lease, due=due)
        if claims:
            self._troubles.at("after claim")
        return claims

    def take(self, grant: GrantId, *, generation: int, lease: timedelta, doubtful: bool = True) -> Claim | None:
        self._before("before claim")
        claim = self._claims.take(grant, generation=generation, lease=lease, doubtful=doubtful)
        if claim:
            self._troubles.at("after claim")
        return claim

    def current(self, claim: Claim) -> bool:
        self._troubles.check()
        return self._claims.current(claim)

    def settle(self, grant: Grant, claim: Claim) -> Settlement:
        self._before("before settle")
        settlement = self._claims.settle(grant, claim)
        self._settled(settlement)
        self._troubles.at("after settle")
        return settlement

    def release(self, claims: list[Claim]) -> None:
        self._before("release")
        self._claims.release(claims)

    def hasten(self, app: AppId, count: int) -> None:
        self._troubles.check()
        self._claims.hasten(app, count)

    def skew(self) -> timedelta:
        self._troubles.check()
        return self._claims.skew()

    def count_due(self, app: AppId, due: Due) -> int:
        self._troubles.check()
        return self._claims.count_due(app, due)

    def _before(self, moment: Moment) -> None:
        self._troubles.at(moment)
        self._troubles.check()


class TroubledJournal(MemoryJournal):
    """A journal whose process may die just after it kept something."""

    def __init__(self, name: str, troubles: Troubles) -> None:
        super().__init__(name)
        self._troubles = troubles

    def keep(self, answer: KeptAnswer) -> None:
        super().keep(answer)
        self._troubles.at("after keep")


class TroubledWork:
    """A unit of work that may be cut off at its commit."""

    def __init__(self, work: UnitOfWorkOfAllOwners, troubles: Troubles) -> None:
        self._work, self._troubles = work, troubles
        self.commit = self._commit

    def __enter__(self) -> Self:
        self._work.__enter__()
        for port in ("grants", "offers", "consents", "revocations", "notices", "erasures", "outbox", "audit_trail"):
            setattr(self, port, getattr(self._work, port))
        return self

    def _commit(self) -> None:
        if self._troubles.planned["commit"] and self._troubles.planned["commit"][0] in {"crash", "outage"}:
            self._troubles.at("commit")
        self._troubles.check()
        self._work.commit()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /) -> None:
        self._work.__exit__(kind, error, traceback)


class TroubledStore:
    """The port `Store` over a database that is away now and then."""

    def __init__(self, store: StoreOfAllOwners, troubles: Troubles) -> None:
        self._store, self._troubles = store, troubles

    def read(self) -> TroubledWork:
        self._troubles.check()
        return TroubledWork(self._store.read(), self._troubles)

    def write(self) -> TroubledWork:
        self._troubles.check()
        return TroubledWork(self._store.write(), self._troubles)

    def vacuum_traces(self) -> bool:
        self._troubles.check()
        return self._store.vacuum_traces()
