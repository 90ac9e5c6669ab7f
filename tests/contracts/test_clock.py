"""The promises of the port `Clock`, over the machine's and that of tests."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from adapters.clock import SystemClock
from adapters.memory.clock import MemoryClock
from application.ports.clock import Clock

MOMENT = timedelta(milliseconds=20)


@pytest.fixture(params=[SystemClock, MemoryClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


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
