"""The port `RateLimits` over buckets that processes share, with what this process knows of them."""

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.rate_limits import TokenBuckets
from domain.errors import StoreUnavailable
from domain.rate_limit import NONE, RateLimit

log = logging.getLogger(__name__)

MOST_KEYS = 20_000
"""Of how many subjects a process remembers something; of others the store does."""

LOOKS_AGAIN_AFTER = timedelta(seconds=5)
"""How long a store is left alone that was away or slow."""


@dataclass(slots=True)
class Known:
    """What this process knows of one bucket; times by its monotonic clock."""

    held: int = 0
    """Tokens of a block that was taken."""
    refused_until: timedelta = NONE
    """Nobody gives tokens back, so until then the store has to refuse."""
    own_full_at: timedelta = NONE
    """This process's own bucket, for while the store is away."""


class SharedRateLimits:
    """Whoever is refused costs nothing but a look into a dictionary until one token is back: a flood asks the store as often as
    it is let through, and no more. Any number of threads may use it.
    """

    def __init__(self, buckets: TokenBuckets, clock: Clock) -> None:
        self._buckets, self._clock, self._lock = buckets, clock, threading.Lock()
        self._known = OrderedDict[str, Known]()
        self._away_until = NONE

    def known(self, key: str, limit: RateLimit) -> timedelta | None:
        with self._lock:
            known, now = self._of(key), self._clock.monotonic()
            if known.held:
                known.held -= 1
                return NONE
            if known.refused_until > now:
                return known.refused_until - now
            return self._take_alone(known, limit, now) if now < self._away_until else None

    def take(self, key: str, limit: RateLimit) -> timedelta:
        if (wait := self.known(key, limit)) is not None:
            return wait
        try:
            wait = self._buckets.take(key, limit, limit.block)
        except StoreUnavailable as away:
            log.warning("the store of rate limits is away: each process counts by itself", extra={"because": str(away)})
            self.store_is_slow()
            return self.known(key, limit) or NONE
        with self._lock:
            known = self._of(key)
            if wait:
                known.refused_until = self._clock.monotonic() + wait
            else:
                known.held += limit.block - 1
        return wait

    def store_is_slow(self) -> None:
        with self._lock:
            self._away_until = self._clock.monotonic() + LOOKS_AGAIN_AFTER

    def _of(self, key: str) -> Known:
        known = self._known.setdefault(key, Known())
        self._known.move_to_end(key)
        if len(self._known) > MOST_KEYS:
            self._known.popitem(last=False)
        return known

    def _take_alone(self, known: Known, limit: RateLimit, now: timedelta) -> timedelta:
        known.own_full_at, wait = limit.take(known.own_full_at, now, 1)
        return wait
