"""Claims of a process that has seen the database away: other hosts' journals come first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from application.ports.ambient import Clock
from application.ports.claims import Claim, Claims, Due, Settlement
from domain.errors import StoreUnavailable
from domain.grant import Grant
from domain.ids import AppId, GrantId

T = TypeVar("T")

HOLD_BACK = timedelta(seconds=15)
"""How long after an outage nothing is claimed here: longer than any host needs to notice and drain its journal."""


@dataclass(slots=True)
class CautiousClaims:
    """The port `Claims` with two promises more: this host's journal is drained before it claims, an outage is waited out.

    Without the second, a host that comes back first would send refresh tokens whose successors lie in another's journal.
    """

    claims: Claims
    drain: Callable[[], int]
    clock: Clock
    _away: bool = field(default=False, init=False)
    _held_until: timedelta | None = field(default=None, init=False)

    def take_due(self, app: AppId, *, limit: int, lease: timedelta, due: Due) -> list[Claim]:
        if self._held_back():
            return []
        return self._watch(lambda: self.claims.take_due(app, limit=limit, lease=lease, due=due))

    def take(self, grant: GrantId, *, generation: int, lease: timedelta) -> Claim | None:
        if self._held_back():
            return None
        return self._watch(lambda: self.claims.take(grant, generation=generation, lease=lease))

    def current(self, claim: Claim) -> bool:
        return self._watch(lambda: self.claims.current(claim))

    def settle(self, grant: Grant, claim: Claim) -> Settlement:
        return self._watch(lambda: self.claims.settle(grant, claim))

    def release(self, claims: list[Claim]) -> None:
        self._watch(lambda: self.claims.release(claims))

    def count_due(self, app: AppId, due: Due) -> int:
        return self._watch(lambda: self.claims.count_due(app, due))

    def skew(self) -> timedelta:
        return self._watch(self.claims.skew)

    def _held_back(self) -> bool:
        if self._away:
            self.skew()  # any look at the store: the wait counts from its return
        self.drain()
        if self._held_until is not None and self.clock.monotonic() >= self._held_until:
            self._held_until = None
        return self._held_until is not None

    def _watch(self, do: Callable[[], T]) -> T:
        """Notice when the database goes and when it is back; the wait counts from its return."""
        try:
            done = do()
        except StoreUnavailable:
            self._away = True
            raise
        if self._away:
            self._away, self._held_until = False, self.clock.monotonic() + HOLD_BACK
        return done
