"""Token buckets in Redis."""

from datetime import timedelta

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from application.ports.clock import Clock
from domain.allowance import EPOCH
from domain.errors import StoreUnavailable
from domain.rate_limit import NONE, RateLimit
from domain.tokens import Secret

ANSWERS_WITHIN = timedelta(seconds=1)
"""A Redis that is away must not keep anybody for long: each process has the limit to itself then."""

TRIES = 100
"""Each time that a take comes too late another one was in time; so many are a sign of something else."""

MICROSECOND = timedelta(microseconds=1)


class RedisTokenBuckets:
    """The port `TokenBuckets` in strings that expire when their bucket is full, by optimistic transactions and Redis's clock."""

    def __init__(self, url: Secret, *, clock: Clock | None = None) -> None:
        """`clock` takes the place of Redis's own, in tests."""
        self._clock = clock
        within = ANSWERS_WITHIN.total_seconds()
        self._redis = redis.Redis.from_url(
            url.reveal(), socket_timeout=within, socket_connect_timeout=within, retry=Retry(NoBackoff(), retries=1)
        )

    def take(self, key: str, limit: RateLimit, count: int) -> timedelta:
        try:
            with self._redis.pipeline() as pipe:
                for _ in range(TRIES):
                    wait = self._taken(pipe, f"tiktok-connect:limit:{key}", limit, count)
                    if wait is not None:
                        return wait
        except redis.RedisError as error:
            raise StoreUnavailable(type(error).__name__) from error
        raise StoreUnavailable("others always came first")

    def _taken(self, pipe: redis.client.Pipeline, key: str, limit: RateLimit, count: int) -> timedelta | None:
        """None: another came first."""
        pipe.watch(key)  # type: ignore[no-untyped-call]  # redis-py left this one untyped
        stored, now = pipe.get(key), self._time(pipe)
        full_at = int(stored) * MICROSECOND if isinstance(stored, bytes) and stored.isdigit() else NONE
        after, wait = limit.take(full_at, now, count)
        if wait:
            pipe.unwatch()
            return wait
        pipe.multi()
        pipe.set(key, after // MICROSECOND, px=max(after - now, timedelta(milliseconds=1)))
        try:
            pipe.execute()
        except redis.WatchError:
            return None
        return NONE

    def _time(self, pipe: redis.client.Pipeline) -> timedelta:
        if self._clock:
            return self._clock.now() - EPOCH
        seconds, microseconds = pipe.time()
        return timedelta(seconds=seconds, microseconds=microseconds)
