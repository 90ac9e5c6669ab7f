import time
from datetime import UTC, datetime, timedelta

import pytest

from adapters.clock import SystemClock
from application.ports.clock import Clock


def test_the_machines_clock_answers_to_the_port() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC


def test_sleeping_passes_at_least_that_time_by_the_monotonic_clock() -> None:
    clock = SystemClock()
    before, dated = clock.monotonic(), clock.now()
    clock.sleep(timedelta(milliseconds=20))
    assert clock.monotonic() - before >= timedelta(milliseconds=20)
    assert dated < clock.now() < datetime(9999, 1, 1, tzinfo=UTC)


def test_a_negative_span_is_no_sleep() -> None:
    SystemClock().sleep(timedelta(days=-1))


class Machine:
    """A machine's two clocks, in seconds."""

    def __init__(self) -> None:
        self.awake, self.wall = 100.0, 1_800_000_000.0

    def __call__(self) -> tuple[float, float]:
        return self.awake, self.wall

    def passes(self, seconds: float, *, by_the_wall: float | None = None) -> None:
        self.awake += seconds
        self.wall += seconds if by_the_wall is None else by_the_wall


def gone(machine: Machine, clock: SystemClock, seconds: float, *, by_the_wall: float | None = None) -> float:
    before = clock.monotonic()
    machine.passes(seconds, by_the_wall=by_the_wall)
    return (clock.monotonic() - before).total_seconds()


def test_the_monotonic_clock_goes_on_while_the_machine_sleeps() -> None:
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return
    assert abs(SystemClock().monotonic().total_seconds() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 60


def test_a_machine_that_was_moved_sees_it_by_its_wall_clock() -> None:
    machine = Machine()
    clock = SystemClock(machine)
    assert gone(machine, clock, 5) == 5
    assert gone(machine, clock, 0.1, by_the_wall=600) == pytest.approx(600)
    assert gone(machine, clock, 5) == pytest.approx(5), "once"


def test_a_wall_clock_that_is_set_back_or_right_little_by_little_moves_nothing() -> None:
    machine = Machine()
    clock = SystemClock(machine)
    assert gone(machine, clock, 5, by_the_wall=-3600) == 5
    assert gone(machine, clock, 5, by_the_wall=5.9) == 5
    assert gone(machine, clock, 5, by_the_wall=4) == 5


def test_a_machine_whose_wall_clock_was_wrong_at_the_start_still_sees_that_it_was_moved() -> None:
    machine = Machine()
    clock = SystemClock(machine)
    assert gone(machine, clock, 5, by_the_wall=-86_400) == pytest.approx(5)
    assert gone(machine, clock, 0.1, by_the_wall=600) == pytest.approx(600)


def test_the_monotonic_clock_never_goes_back() -> None:
    machine = Machine()
    clock = SystemClock(machine)
    times = []
    for by_the_wall in (600, -600, 0, 3600, -7200, 1):
        machine.passes(0.5, by_the_wall=by_the_wall)
        times.append(clock.monotonic())
    assert times == sorted(times)
