"""The ports for how often one user, service or address may ask."""

from datetime import timedelta
from typing import Protocol

from domain.rate_limit import RateLimit


class TokenBuckets(Protocol):
    """Buckets in a store that processes share, by the store's own clock. One that nobody has taken from is full."""

    def take(self, key: str, limit: RateLimit, count: int) -> timedelta:
        """Take so many tokens, or none. Zero, or how long until there are so many. Raises StoreUnavailable.

        Of takers at the same moment none gets what another got. A key belongs to one limit.
        """


class RateLimits(Protocol):
    """Limits over all processes. A store that is away or slow stops nobody: then each process keeps the limit by itself."""

    def known(self, key: str, limit: RateLimit) -> timedelta | None:
        """What can be said without the store, and cheaply: zero, this request may go on, and counts; or how long to wait.

        None: the store has to be asked.
        """

    def take(self, key: str, limit: RateLimit) -> timedelta:
        """Zero, and the request counts; or how long to wait. The store may be asked, which takes its time."""

    def store_is_slow(self) -> None:
        """For whoever waited too long for `take`: the store is left alone for some seconds."""
