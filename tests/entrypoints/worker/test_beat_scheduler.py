"""What beat sends and when; the broker is away or there as the test has it, and time is a number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import Celery

from entrypoints.worker.beat_schedule import schedule_of
from entrypoints.worker.beat_scheduler import SteadyScheduler


class Scheduler(SteadyScheduler):
    """Writes down what it sends."""

    producer = None

    def __init__(self, every: timedelta) -> None:
        self.now, self.told, self.confirmed, self.broker_is_away = 1000.0, list[str](), 0, False
        self.monotonic = lambda: self.now
        self.sent = self.confirm
        super().__init__(Celery(set_as_current=False, beat_schedule=schedule_of(every)), lazy=True)
        self.setup_schedule()

    def confirm(self) -> None:
        self.confirmed += 1

    def apply_async(self, line: Any, **_: object) -> None:  # noqa: ANN401 (Celery has no types)
        if self.broker_is_away:
            raise OSError
        self.told.append(line.task)

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += min(max(self.tick(), 0.01), end - self.now)


def test_a_sweep_is_sent_at_every_interval_confirmed_and_outlasts_clocks_that_disagree() -> None:
    sweep = schedule_of(timedelta(seconds=7))["sweep"]
    options = {"expires": 120.0, "confirm_timeout": 10.0}
    assert sweep == {"task": "sweep", "schedule": timedelta(seconds=7), "options": options}


def test_the_audit_is_sent_twice_a_day() -> None:
    audit = schedule_of(timedelta(seconds=7))["audit"]
    assert (audit["task"], audit["schedule"]) == ("audit", timedelta(hours=12))


def test_everything_is_sent_at_the_start_and_then_at_its_interval() -> None:
    scheduler = Scheduler(timedelta(seconds=10))
    scheduler.run(1)
    assert sorted(scheduler.told) == ["audit", "sweep"]
    scheduler.run(30)
    assert scheduler.told.count("sweep") == 4
    scheduler.run(12 * 3600)
    assert scheduler.told.count("audit") == 2


def test_a_message_that_nobody_confirmed_is_no_sign_of_life_and_the_next_one_is_tried() -> None:
    scheduler = Scheduler(timedelta(seconds=10))
    scheduler.broker_is_away = True
    scheduler.run(25)
    assert (scheduler.told, scheduler.confirmed) == ([], 0)
    scheduler.broker_is_away = False
    scheduler.run(10)
    assert (scheduler.told, scheduler.confirmed) == (["sweep"], 1)


def test_after_a_message_that_took_long_none_is_sent_twice() -> None:
    scheduler = Scheduler(timedelta(seconds=10))
    scheduler.run(1)
    scheduler.now += 100  # the broker did not answer for so long
    scheduler.run(9)
    assert scheduler.told.count("sweep") == 2
