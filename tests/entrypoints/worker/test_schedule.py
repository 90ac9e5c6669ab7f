from __future__ import annotations

from datetime import timedelta

from entrypoints.worker.schedule import schedule_of


def test_a_sweep_is_sent_at_every_interval_and_outlasts_clocks_that_disagree() -> None:
    sweep = schedule_of(timedelta(seconds=7))["sweep"]
    assert sweep == {"task": "sweep", "schedule": timedelta(seconds=7), "options": {"expires": 120.0}}


def test_the_audit_is_sent_twice_a_day() -> None:
    audit = schedule_of(timedelta(seconds=7))["audit"]
    assert (audit["task"], audit["schedule"]) == ("audit", timedelta(hours=12))
