from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.memory.clock import MemoryClock
from application.rotation.store_retries import HOLD_ON, STORE_AGAIN_AFTER, store_with_retries
from domain.errors import Conflict, StoreUnavailable


class Store:
    """Fails as planned, then takes what it is given."""

    def __init__(self, *failures: StoreUnavailable | Conflict) -> None:
        self._failures: Iterator[StoreUnavailable | Conflict] = iter(failures)

    def __call__(self) -> str:
        if failure := next(self._failures, None):
            raise failure
        return "stored"


@pytest.mark.parametrize("failure", [StoreUnavailable("away"), Conflict("another was first")])
def test_an_outcome_is_stored_again_after_each_pause(failure: StoreUnavailable | Conflict) -> None:
    clock = MemoryClock()
    assert store_with_retries(Store(failure, failure), clock) == "stored"
    assert clock.monotonic() == sum(STORE_AGAIN_AFTER[:2], timedelta())


def test_after_the_last_pause_the_failure_is_the_callers() -> None:
    clock, failures = MemoryClock(), [StoreUnavailable("away")] * (len(STORE_AGAIN_AFTER) + 1)
    with pytest.raises(StoreUnavailable):
        store_with_retries(Store(*failures), clock)
    assert clock.monotonic() == sum(STORE_AGAIN_AFTER, timedelta())


def test_what_nothing_else_has_taken_is_held_and_tried_on() -> None:
    clock, failures = MemoryClock(), [StoreUnavailable("away")] * (len(STORE_AGAIN_AFTER) + 2)
    assert store_with_retries(Store(*failures), clock, on_failure=lambda _: False) == "stored"
    assert clock.monotonic() == sum(STORE_AGAIN_AFTER, 2 * HOLD_ON)
