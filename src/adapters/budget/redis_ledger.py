"""The budget's ledger in Redis."""

from collections.abc import Callable
from datetime import timedelta

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from application.ports.clock import Clock
from domain.allowance import EPOCH
from domain.errors import StoreUnavailable
from domain.ids import AppId
from domain.tokens import Secret

ANSWERS_WITHIN = timedelta(seconds=1)
"""A Redis that is away must not keep anybody for long: each process has its share to go on with."""

TRIES = 100
"""Each time that a change comes too late another process's was in time; so many are a sign of something else."""

KEPT = timedelta(days=2)
"""For longer than a day's count matters, and no longer than that after the last call."""

PROBE_KEPT = timedelta(seconds=1)


class RedisLedger:
    """Budgets in strings of a Redis, changed by its optimistic transactions (WATCH, MULTI, EXEC) and dated by its clock."""

    def __init__(self, url: Secret, *, clock: Clock | None = None) -> None:
        """`clock` takes the place of Redis's own, in tests."""
        self._clock = clock
        within = ANSWERS_WITHIN.total_seconds()
        self._redis = redis.Redis.from_url(
            url.reveal(),
            socket_timeout=within,
            socket_connect_timeout=within,
            retry=Retry(NoBackoff(), retries=1),  # a connection that was closed while nobody used it
        )

    def change(self, app: AppId, write: Callable[[str | None, timedelta], str | None]) -> None:
        key = f"tiktok-connect:budget:{app}"
        try:
            with self._redis.pipeline() as pipe:
                for _ in range(TRIES):
                    if self._changed(pipe, key, write):
                        return
        except redis.RedisError as error:
            raise StoreUnavailable(type(error).__name__) from error
        raise StoreUnavailable("others always came first")

    def check(self) -> None:
        """See that it answers and takes a change. Raises StoreUnavailable."""
        try:
            self._redis.set("tiktok-connect:probe", "", px=PROBE_KEPT)
        except redis.RedisError as error:
            raise StoreUnavailable(type(error).__name__) from error

    def _changed(self, pipe: redis.client.Pipeline, key: str, write: Callable[[str | None, timedelta], str | None]) -> bool:
        pipe.watch(key)  # type: ignore[no-untyped-call]  # redis-py left this one untyped
        held = pipe.get(key)
        text = held.decode() if isinstance(held, bytes) else held
        new = write(text, self._time(pipe))
        if new is None:
            pipe.unwatch()
            return True
        pipe.multi()
        pipe.set(key, new, ex=KEPT)
        try:
            pipe.execute()
        except redis.WatchError:
            return False
        return True

    def _time(self, pipe: redis.client.Pipeline) -> timedelta:
        if self._clock:
            return self._clock.now() - EPOCH
        seconds, microseconds = pipe.time()
        return timedelta(seconds=seconds, microseconds=microseconds)
