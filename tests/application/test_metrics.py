"""What is counted while things happen, and how the counts come to the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.memory.database import MemoryDatabase
from adapters.memory.metric_store import MemoryMetricStore
from application.metrics.catalogue import ANSWERS, CALLS, PERMITS_RESERVED, PERMITS_USED, ROTATIONS, cause_of
from application.metrics.process_counts import FLUSH_EVERY, FlushCounts, ProcessCounts
from application.ports.metrics import SUM
from application.rotation.claim_results import Ended
from domain.errors import StoreUnavailable
from domain.outcomes import Misconfigured, Reason, Refused, Unavailable
from support.world import SimulatedClock, World


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


@pytest.fixture
def counts() -> ProcessCounts:
    return ProcessCounts()


@pytest.fixture
def flush(counts: ProcessCounts, database: MemoryDatabase, clock: SimulatedClock) -> FlushCounts:
    return FlushCounts(counts, MemoryMetricStore(database, clock=clock), clock)


def test_counts_go_to_the_store_every_few_seconds(
    counts: ProcessCounts, flush: FlushCounts, database: MemoryDatabase, clock: SimulatedClock
) -> None:
    flush()
    counts.count(ANSWERS, "/a/", "0")
    flush()
    assert database.rows.metric_totals == {}
    clock.advance(FLUSH_EVERY)
    flush()
    flush.now()
    assert database.rows.metric_totals == {(ANSWERS.name, ("/a/", "0")): 1.0}


def test_what_the_store_does_not_take_is_not_lost_and_not_counted_twice(
    counts: ProcessCounts, flush: FlushCounts, database: MemoryDatabase
) -> None:
    counts.count(ANSWERS, "/a/", "0", by=2)
    database.away = True
    with pytest.raises(StoreUnavailable):
        flush.now()
    counts.count(ANSWERS, "/a/", "0")
    database.away = False
    flush.now()
    assert database.rows.metric_totals == {(ANSWERS.name, ("/a/", "0")): 3.0}


def test_an_observation_is_one_in_its_bucket_and_its_seconds_in_the_sum(
    counts: ProcessCounts, flush: FlushCounts, database: MemoryDatabase
) -> None:
    for milliseconds in (50, 51, 60_000):
        counts.observe(CALLS, "/a/", took=timedelta(milliseconds=milliseconds))
    flush.now()
    totals = {labels[-1]: value for (_, labels), value in database.rows.metric_totals.items()}
    assert totals == {"0.05": 1.0, "0.1": 1.0, "+Inf": 1.0, SUM: pytest.approx(60.101)}


def totals_of(world: World) -> dict[tuple[str, ...], float]:
    """By the metric's short name and its labels."""
    world.container.flush_counts().now()
    totals = world.database.rows.metric_totals
    return {(name.removeprefix("tiktok_connect_"), *labels): value for (name, labels), value in totals.items()}


def test_rotations_are_counted_by_what_they_came_to(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    [connection, *_] = world.connect("ana")
    world.pass_time(hours=13)
    assert world.sweep().refreshed == 1
    monkeypatch.setattr(world.platform, "refresh", lambda *_: Refused(Reason.REFRESH_TOKEN_REFUSED, 40107))
    world.pass_time(hours=13)
    world.sweep(for_at_most=timedelta(0))
    rotation = world.carry_out_now(connection)
    assert rotation.ended is Ended.REFUSED
    totals = totals_of(world)
    assert totals["rotations", "rotated", "none"] == 1
    assert totals["rotations", "refused", "refresh_token_refused"] == 1
    assert totals["last_sweep_completion_timestamp_seconds",] == world.clock.now().timestamp()
    assert totals["budget_used_calls", "background"] == totals["budget_reserved_calls", "background"] == 1


def test_a_click_uses_the_lane_of_people() -> None:
    world = World()
    [connection, *_] = world.connect("ana")
    before = totals_of(world)["budget_used_calls", "people"]
    world.rotate(connection.id, owner=connection.owner, asked_at=world.clock.now())
    assert totals_of(world)["budget_used_calls", "people"] == before + 1


def test_an_outcome_that_the_database_does_not_take_is_counted_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    [connection, *_] = world.connect("ana")
    claim = world.claim(connection)
    monkeypatch.setattr(world.platform, "refresh", lambda *_: Unavailable("away"))
    world.database.away = True
    with pytest.raises(StoreUnavailable):
        world.carry_out(claim, taken_at=world.clock.monotonic())
    world.database.away = False
    assert totals_of(world)["rotations", "not_stored", "not_stored"] == 1


def test_causes_are_few_words_whatever_the_platform_says() -> None:
    assert cause_of(None) == "none"
    assert cause_of(Misconfigured("a text from outside")) == "misconfigured"
    assert cause_of(Refused(Reason.KEY_LOST, 1)) == "key_lost"
    assert cause_of(Refused(Reason.of_code(49_999), 49_999)) == "other"
    assert ROTATIONS.known
    assert PERMITS_RESERVED.known == PERMITS_USED.known
