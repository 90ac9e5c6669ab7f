from datetime import timedelta

import pytest

from domain.rate_limit import NONE, RateLimit

SECOND = timedelta(seconds=1)
THREE = RateLimit("three", 3, SECOND)
NOW = timedelta(days=20_000)


def taken(limit: RateLimit, at: list[float], full_at: timedelta = NONE) -> list[float]:
    """How long each of these requests has to wait, in seconds; zero for those that are let through."""
    waits = []
    for seconds in at:
        full_at, wait = limit.take(full_at, NOW + seconds * SECOND, 1)
        waits.append(wait / SECOND)
    return waits


def test_so_many_at_once_and_then_one_each_refill() -> None:
    assert taken(THREE, [0, 0, 0, 0, 0]) == [0, 0, 0, 1, 1]
    assert taken(THREE, [0, 0, 0, 0.5, 1, 1, 2, 5, 5, 5, 5]) == [0, 0, 0, 0.5, 0, 1, 0, 0, 0, 0, 1]


def test_who_is_refused_uses_nothing_up() -> None:
    assert taken(THREE, [0, 0, 0, *[0.9] * 100, 1])[-1] == 0


def test_a_block_is_taken_as_a_whole_or_not_at_all() -> None:
    full_at, wait = THREE.take(NONE, NOW, 2)
    assert wait == NONE
    assert THREE.take(full_at, NOW, 2) == (full_at, SECOND)


@pytest.mark.parametrize("full_at", [NONE, NOW - SECOND, NOW])
def test_a_bucket_that_is_full_does_not_matter_when_it_became_so(full_at: timedelta) -> None:
    assert taken(THREE, [0, 0, 0, 0], full_at) == [0, 0, 0, 1]


def test_a_time_from_a_wrong_clock_is_that_of_an_empty_bucket() -> None:
    assert taken(THREE, [0, 1], NOW + timedelta(days=400)) == [1, 0]
