"""The promises of the ports of time and calls, over those of the machine and those of tests."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import pytest

from adapters.memory.system import MemoryClock, SerialExecutor
from adapters.system import SystemClock
from application.ports.system import Clock, Executor

MOMENT = timedelta(milliseconds=20)


@pytest.fixture(params=[SystemClock, MemoryClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


@pytest.fixture(params=["serial", "threads"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "serial":
        yield SerialExecutor()
        return
    with ThreadPoolExecutor(4) as threads:
        yield threads


def test_the_time_is_in_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


def test_a_sleep_lasts_at_least_as_long_as_it_should_by_both_clocks(clock: Clock) -> None:
    began, measured = clock.now(), clock.monotonic()
    clock.sleep(MOMENT)
    assert clock.monotonic() - measured >= MOMENT
    assert clock.now() > began


def test_a_negative_sleep_takes_no_time_back(clock: Clock) -> None:
    began = clock.monotonic()
    clock.sleep(-timedelta(hours=1))
    assert timedelta(0) <= clock.monotonic() - began < timedelta(hours=1)


def test_results_come_in_the_order_of_the_things(executor: Executor) -> None:
    assert list(executor.map(lambda number: number * number, range(20))) == [number * number for number in range(20)]


def test_an_error_of_one_call_reaches_the_caller(executor: Executor) -> None:
    with pytest.raises(ZeroDivisionError):
        list(executor.map(lambda number: 1 // number, [1, 0]))
