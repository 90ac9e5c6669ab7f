"""The ports `TokenBuckets` and `RateLimits`, over every store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from adapters.clock import SystemClock
from adapters.memory.token_buckets import MemoryTokenBuckets
from adapters.rate_limits.redis_token_buckets import RedisTokenBuckets
from adapters.rate_limits.shared_rate_limits import LOOKS_AGAIN_AFTER, MOST_KEYS, SharedRateLimits
from adapters.sql import token_buckets
from adapters.sql.database import open_database
from adapters.sql.token_buckets import SqlTokenBuckets
from application.ports.clock import Clock
from application.ports.rate_limits import TokenBuckets
from domain.errors import StoreUnavailable
from domain.rate_limit import NONE, RateLimit
from domain.tokens import Secret
from support.world import SimulatedClock

SECOND = timedelta(seconds=1)
THREE = RateLimit("three", 3, SECOND)
BLOCKS = RateLimit("blocks", 20, SECOND / 10, block=5)
Open = Callable[[Clock | None], TokenBuckets]


@pytest.fixture(params=["memory", "sqlite", "postgres", "redis"])
def open_buckets(request: pytest.FixtureRequest) -> Iterator[Open]:
    """The buckets of one store, as one more process sees them; dated by the given clock (None: the store's own)."""
    closing = list[Callable[[], None]]()
    memory = dict[str, MemoryTokenBuckets]()

    def opened(clock: Clock | None) -> TokenBuckets:
        if request.param == "memory":
            return memory.setdefault("the one", MemoryTokenBuckets(clock or SystemClock()))
        if request.param == "redis":
            return RedisTokenBuckets(Secret(request.getfixturevalue("redis_url")), clock=clock)
        database = open_database(request.getfixturevalue(f"migrated_{request.param}_url"))
        closing.append(database.dispose)
        return SqlTokenBuckets(database, SystemClock(), clock=clock)

    yield opened
    for close in closing:
        close()


def test_processes_share_a_bucket_and_subjects_do_not(open_buckets: Open) -> None:
    clock = SimulatedClock()
    one, two = open_buckets(clock), open_buckets(clock)
    assert [buckets.take("anna", THREE, 1) for buckets in (one, two, one)] == [NONE] * 3
    assert [buckets.take("anna", THREE, 1) for buckets in (one, two)] == [SECOND, SECOND]
    assert two.take("bert", THREE, 3) == NONE
    clock.advance(SECOND)
    assert two.take("anna", THREE, 1) == NONE
    assert one.take("anna", THREE, 1) == SECOND


def test_a_refusal_changes_nothing_and_a_block_is_taken_whole(open_buckets: Open) -> None:
    clock = SimulatedClock()
    buckets = open_buckets(clock)
    assert buckets.take("anna", THREE, 2) == NONE
    for _ in range(20):
        assert buckets.take("anna", THREE, 2) == SECOND
    assert buckets.take("anna", THREE, 1) == NONE
    clock.advance(timedelta(hours=1))
    assert buckets.take("anna", THREE, 3) == NONE


def test_a_clock_that_was_ahead_locks_nobody_out_for_longer_than_a_refill(open_buckets: Open) -> None:
    clock = SimulatedClock()
    open_buckets(clock).take("anna", THREE, 3)
    clock.advance(timedelta(days=-30))
    assert open_buckets(clock).take("anna", THREE, 1) == SECOND


def test_of_threads_at_the_same_moment_no_more_are_let_through_than_there_are_tokens(open_buckets: Open) -> None:
    processes = [open_buckets(None) for _ in range(2)]
    slow = RateLimit("slow", 12, timedelta(hours=1))
    with ThreadPoolExecutor(8) as executor:
        waits = list(executor.map(lambda n: processes[n % 2].take("anna", slow, 1), range(40)))
    assert waits.count(NONE) == 12
    assert all(timedelta(minutes=59) < wait <= timedelta(hours=1) for wait in waits if wait)


def test_rows_of_full_buckets_are_dropped(migrated_sqlite_url: str) -> None:
    database, clock = open_database(migrated_sqlite_url), SimulatedClock()
    buckets = SqlTokenBuckets(database, clock, clock=clock)
    for n in range(5):
        buckets.take(f"old {n}", THREE, 1)
    clock.advance(token_buckets.DROPS_EVERY + SECOND)
    buckets.take("anna", THREE, 2)
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT key FROM rate_limits").scalars().all() == ["anna"]
    database.dispose()


class CountedBuckets(MemoryTokenBuckets):
    """Counts who asks; it may be away."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.asked, self.away = 0, False

    def take(self, key: str, limit: RateLimit, count: int) -> timedelta:
        self.asked += 1
        if self.away:
            raise StoreUnavailable("away")
        return super().take(key, limit, count)


def test_a_flood_of_refused_requests_asks_the_store_as_often_as_one_is_let_through() -> None:
    clock = SimulatedClock()
    buckets = CountedBuckets(clock)
    limits = SharedRateLimits(buckets, clock)
    through = 0
    for _ in range(10):
        through += sum(limits.take("eve", THREE) == NONE for _ in range(500))
        clock.advance(SECOND)
    assert through == 3 + 9
    assert buckets.asked <= through + 10


def test_a_block_saves_the_store_nine_of_ten_questions_and_the_limit_is_exact() -> None:
    clock = SimulatedClock()
    buckets = CountedBuckets(clock)
    limits = SharedRateLimits(buckets, clock)
    assert sum(limits.take("importer", BLOCKS) == NONE for _ in range(100)) == 20
    assert buckets.asked == 20 / 5 + 1
    clock.advance(SECOND / 2)
    assert sum(limits.take("importer", BLOCKS) == NONE for _ in range(100)) == 5


def test_with_the_store_away_each_process_keeps_the_limit_by_itself_and_stops_nobody() -> None:
    clock = SimulatedClock()
    buckets = CountedBuckets(clock)
    limits = SharedRateLimits(buckets, clock)
    buckets.away = True
    assert [limits.take("anna", THREE) for _ in range(4)] == [NONE] * 3 + [SECOND]
    assert limits.known("bert", THREE) == NONE
    assert buckets.asked == 1, "one finds out, and the others do not wait"
    clock.advance(LOOKS_AGAIN_AFTER)
    buckets.away = False
    assert limits.known("anna", THREE) is None
    assert limits.take("anna", THREE) == NONE
    assert buckets.asked == 2


def test_a_store_that_is_slow_is_left_alone() -> None:
    clock = SimulatedClock()
    limits = SharedRateLimits(CountedBuckets(clock), clock)
    assert limits.known("anna", THREE) is None
    limits.store_is_slow()
    assert limits.known("anna", THREE) == NONE


def test_many_subjects_take_no_room_without_end() -> None:
    clock = SimulatedClock()
    limits = SharedRateLimits(CountedBuckets(clock), clock)
    for n in range(MOST_KEYS + 100):
        limits.known(str(n), THREE)
    assert len(limits._known) == MOST_KEYS  # noqa: SLF001 -- what is bounded is what is kept
