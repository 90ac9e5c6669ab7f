"""A database that goes away exactly between TikTok's answer and its settlement."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from application.ports.ad_platform import AdPlatform
from application.ports.claims_and_settlements import Claim, Claims, Due, Settlement
from application.ports.clock import Clock
from application.ports.journal import Journal
from domain.errors import StoreUnavailable
from domain.grant import Grant
from domain.ids import AppId, GrantId
from domain.outcomes import Failure, Issued, Unread
from domain.tokens import FIRST_VERSION, Secret

SURELY_KEPT = timedelta(seconds=1)
"""An answer that came longer ago, and is in the journal, was there before the claim that looks at it began."""


@dataclass
class Cut:
    """The database is away for the settles of some answers, until a moment that they all share."""

    until: float
    waiting: set[tuple[GrantId, int]] = field(default_factory=set)
    """Answers that it did not take yet."""


@dataclass
class CutClaims:
    """The port `Claims` whose settle fails for answers chosen at random: before anything is stored, or after that and before
    anybody learns of it.
    """

    claims: Claims
    journal: Journal
    clock: Clock
    spans: Iterator[float]
    """How many seconds each cut takes."""
    left: int
    """How many answers are still to be cut off."""
    rate: float = 0.3
    """Of the answers that come, how many are cut off."""
    stored_unheard: float = 0.25
    """Of those, how many are stored, and nobody learns of it."""
    cut: Cut | None = None
    chosen: set[tuple[GrantId, int]] = field(default_factory=set)
    """Answers that were cut off, once each."""
    returned_after: list[float] = field(default_factory=list)
    """Seconds from the end of each cut until all of its answers were stored."""
    overtaken_by_claims: int = 0
    """Claims that were made while an answer lay in the journal: none may be."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def settle(self, grant: Grant, claim: Claim) -> Settlement:
        answer = (grant.id, claim.generation)
        acknowledged = True
        if grant.generation > claim.generation:
            with self.lock:
                if self._cut_off(answer):
                    if random.random() >= self.stored_unheard:
                        raise StoreUnavailable("cut off before it was stored")
                    acknowledged = False
        settlement = self.claims.settle(grant, claim)
        with self.lock:
            self._stored(answer)
        if not acknowledged:
            raise StoreUnavailable("cut off when it was stored")
        return settlement

    def take_due(self, app: AppId, *, limit: int, lease: timedelta, due: Due) -> list[Claim]:
        began = self.clock.now()
        claims = self.claims.take_due(app, limit=limit, lease=lease, due=due)
        if claims and any(a.kept_at < began - SURELY_KEPT for a in self.journal.kept()):
            self.overtaken_by_claims += 1
        return claims

    def take(self, grant: GrantId, *, generation: int, lease: timedelta, doubtful: bool = True) -> Claim | None:
        return self.claims.take(grant, generation=generation, lease=lease, doubtful=doubtful)

    def current(self, claim: Claim) -> bool:
        return self.claims.current(claim)

    def release(self, claims: list[Claim]) -> None:
        self.claims.release(claims)

    def skew(self) -> timedelta:
        return self.claims.skew()

    def count_due(self, app: AppId, due: Due) -> int:
        return self.claims.count_due(app, due)

    def _cut_off(self, answer: tuple[GrantId, int]) -> bool:
        """Whether the database is away for this answer now; it may begin to be."""
        now = time.monotonic()
        if self.cut is not None and answer in self.cut.waiting:
            return now < self.cut.until
        if not self.left or answer in self.chosen or random.random() >= self.rate:
            return False
        if self.cut is None:
            self.cut = Cut(now + next(self.spans))
        if now >= self.cut.until:
            return False
        self.cut.waiting.add(answer)
        self.chosen.add(answer)
        self.left -= 1
        return True

    def _stored(self, answer: tuple[GrantId, int]) -> None:
        if self.cut is None or answer not in self.cut.waiting:
            return
        self.cut.waiting.remove(answer)
        if not self.cut.waiting:
            self.returned_after.append(max(time.monotonic() - self.cut.until, 0))
            self.cut = None


@dataclass
class CuttingPlatform:
    """The port `AdPlatform`; when it is armed, something happens before an answer of TikTok is returned."""

    platform: AdPlatform
    cut: Callable[[], None]
    armed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def app(self) -> AppId:
        return self.platform.app

    def refresh(self, token: Secret, version: str = FIRST_VERSION) -> Issued | Unread | Failure:
        answer = self.platform.refresh(token, version)
        with self.lock:
            if self.armed:
                self.armed = False
                self.cut()
        return answer

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever else the platform does)
        return getattr(self.platform, name)
