"""Claims of a process that knows other hosts may hold answers which the database does not."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from application.ports.claims_and_settlements import Claim, Claims, Due, Settlement
from application.ports.clock import Clock
from domain.errors import StoreFault, StoreUnavailable
from domain.grant import Grant
from domain.ids import AppId, GrantId

T = TypeVar("T")

HOLD_BACK = timedelta(seconds=15)
"""How long the store must have been in touch without a gap: longer than any host needs to notice and drain its journal."""

CONTACT_GAP = timedelta(seconds=4)
"""The longest silence that is no gap. Shorter than the part of a lease that is left for settling: an outage which hid an answer
until its lease ran out was longer."""


@dataclass(slots=True)
class Contact:
    """Since when a process has been in touch with the store. It begins out of touch, as after an outage."""

    since: timedelta | None = None
    last: timedelta | None = None

    def made(self, now: timedelta) -> None:
        """The store answered."""
        last = self.last
        if last is None or self.since is None or now - last > CONTACT_GAP:
            self.since = now
        self.last = now

    def lost(self) -> None:
        """The store did not answer."""
        self.since = self.last = None

    def steady_in(self, now: timedelta) -> timedelta:
        """How long it takes, without a gap, until other hosts have had the time to drain what they keep; zero: they have."""
        since, last = self.since, self.last  # which another thread may unset between two looks
        if since is None or last is None or now - last > CONTACT_GAP:
            return HOLD_BACK
        return max(since + HOLD_BACK - now, timedelta(0))


@dataclass(slots=True)
class OutageAwareClaims:
    """The port `Claims` with two promises more.

    This host's journal is drained before it claims. And a grant whose refresh token may be spent is claimed only while the store
    has been in touch for a while: else a host that comes back first, or starts, would send a token whose successor lies in
    another's journal. What nobody left in doubt needs no such wait.
    """

    claims: Claims
    drain: Callable[[], int]
    clock: Clock
    contact: Contact = field(default_factory=Contact)

    def journal_upkeep(self) -> None:
        """Drain the journal, and see that the store is there; to be called every two seconds or so. Raises StoreUnavailable."""
        self._watch(self.claims.skew)
        self.drain()

    def steady_in(self) -> timedelta:
        """How long, at the least, a grant in doubt is not claimed yet: zero if it is."""
        return self.contact.steady_in(self.clock.monotonic())

    def take_due(self, app: AppId, *, limit: int, lease: timedelta, due: Due) -> list[Claim]:
        allowed = replace(due, doubtful=due.doubtful and self._steady())
        return self._watch(lambda: self.claims.take_due(app, limit=limit, lease=lease, due=allowed))

    def take(self, grant: GrantId, *, generation: int, lease: timedelta, doubtful: bool = True) -> Claim | None:
        doubtful = doubtful and self._steady()
        return self._watch(lambda: self.claims.take(grant, generation=generation, lease=lease, doubtful=doubtful))

    def current(self, claim: Claim) -> bool:
        return self._watch(lambda: self.claims.current(claim))

    def settle(self, grant: Grant, claim: Claim) -> Settlement:
        return self._watch(lambda: self.claims.settle(grant, claim))

    def release(self, claims: list[Claim]) -> None:
        self._watch(lambda: self.claims.release(claims))

    def hasten(self, app: AppId, count: int) -> None:
        self._watch(lambda: self.claims.hasten(app, count))

    def count_due(self, app: AppId, due: Due) -> int:
        return self._watch(lambda: self.claims.count_due(app, due))

    def skew(self) -> timedelta:
        return self._watch(self.claims.skew)

    def _steady(self) -> bool:
        self.drain()
        return not self.steady_in()

    def _watch(self, do: Callable[[], T]) -> T:
        try:
            done = do()
        except StoreUnavailable as unavailable:
            if (
                unavailable.fault is not StoreFault.POOL_EXHAUSTED
            ):  # which says that this process is busy, and nothing of the store
                self.contact.lost()
            raise
        self.contact.made(self.clock.monotonic())
        return done
