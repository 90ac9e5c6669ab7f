from concurrent.futures import ThreadPoolExecutor

from support.builders import DAY, MINUTE, START
from support.databases import Kept


def test_the_latest_sign_of_life_of_any_process_counts(kept: Kept) -> None:
    assert kept.heartbeats.latest("worker") is None
    kept.heartbeats.beat("worker", "host-1", 17)
    kept.clock.advance(MINUTE)
    kept.heartbeats.beat("worker", "host-2", 17)
    kept.heartbeats.beat("worker", "host-2", 18)
    kept.clock.advance(MINUTE)
    kept.heartbeats.beat("beat", "host-1", 17)
    assert kept.heartbeats.latest("worker") == START + MINUTE
    assert kept.heartbeats.latest("beat") == START + 2 * MINUTE


def test_a_process_beats_again_and_again(kept: Kept) -> None:
    for _ in range(3):
        kept.heartbeats.beat("worker", "host-1", 17)
        kept.clock.advance(MINUTE)
    assert kept.heartbeats.latest("worker") == START + 2 * MINUTE


def test_signs_of_life_are_forgotten_after_a_day(kept: Kept) -> None:
    kept.heartbeats.beat("worker", "host-1", 17)
    kept.clock.advance(DAY)
    assert kept.heartbeats.latest("worker") is None
    kept.heartbeats.beat("worker", "host-1", 18)
    assert kept.heartbeats.latest("worker") == START + DAY


def test_how_long_ago_a_sign_was_given_is_told_by_the_stores_clock(kept: Kept) -> None:
    assert kept.heartbeats.age("worker") is None
    kept.heartbeats.beat("worker", "host-1", 17)
    kept.clock.advance(MINUTE)
    assert kept.heartbeats.age("worker") == MINUTE
    kept.clock.advance(DAY)
    assert kept.heartbeats.age("worker") is None


def test_a_work_is_reserved_by_one_until_it_is_released_or_the_time_is_up(kept: Kept) -> None:
    assert kept.heartbeats.reserve("audit", for_at_most=10 * MINUTE)
    assert not kept.heartbeats.reserve("audit", for_at_most=10 * MINUTE)
    assert kept.heartbeats.reserve("something else", for_at_most=10 * MINUTE)
    kept.heartbeats.release("audit")
    assert kept.heartbeats.reserve("audit", for_at_most=10 * MINUTE)
    kept.clock.advance(10 * MINUTE)
    assert kept.heartbeats.reserve("audit", for_at_most=10 * MINUTE)
    assert not kept.heartbeats.reserve("audit", for_at_most=10 * MINUTE)


def test_to_reserve_a_work_is_no_sign_of_life(kept: Kept) -> None:
    kept.heartbeats.reserve("audit", for_at_most=MINUTE)
    assert kept.heartbeats.latest("audit") is None


def test_of_many_at_once_one_reserves_a_work(kept: Kept) -> None:
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda _: kept.heartbeats.reserve("audit", for_at_most=MINUTE), range(16)))
    assert told.count(True) == 1


def test_processes_that_gave_a_sign_within_a_time_are_named_once(kept: Kept) -> None:
    kept.heartbeats.beat("worker", "host-1:1:aa", 1)
    kept.clock.advance(2 * MINUTE)
    for pid in (1, 2):
        kept.heartbeats.beat("worker", "host-2:1:bb", pid)
    kept.heartbeats.beat("beat", "host-3:1:cc", 1)
    kept.heartbeats.reserve("worker", for_at_most=MINUTE)
    assert kept.heartbeats.hosts("worker", MINUTE) == ("host-2:1:bb",)
    assert kept.heartbeats.hosts("worker", 3 * MINUTE) == ("host-1:1:aa", "host-2:1:bb")
