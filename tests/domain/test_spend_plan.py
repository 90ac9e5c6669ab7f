from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.spend_calendar import AccountCalendar, Window
from domain.spend_plan import FIRST_RETRY, LONGEST_RETRY, ImportProgress, PlannedReading, Purpose, SpendPolicy

POLICY = SpendPolicy()
NOW = datetime(2030, 3, 10, 9, tzinfo=UTC)
BERLIN = AccountCalendar.of("Europe/Berlin")
HOUR, ONE_DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
TODAY = date(2030, 3, 10)
CAUGHT_UP = ImportProgress(
    read_back_to=date(2029, 12, 1), recent_read_at=NOW, lookback_read_at=NOW, maturing_read_at=NOW, open_days_read_at=NOW
)


class Step(NamedTuple):
    at: datetime
    plan: PlannedReading
    progress: ImportProgress


def run(progress: ImportProgress, now: datetime, until: datetime, calendar: AccountCalendar = BERLIN) -> list[Step]:
    """Read at once whatever is due, each reading taking a second."""
    steps: list[Step] = []
    while True:
        plan = progress.next_reading(POLICY, calendar, now)
        began_at = max(now, plan.due_at)
        now = began_at + SECOND
        if now > until:
            return steps
        progress = progress.done(plan, began_at)
        steps.append(Step(began_at, plan, progress))


def test_a_new_account_has_its_last_week_read_at_once_and_then_its_past_newest_first() -> None:
    plans = [step.plan for step in run(ImportProgress(), NOW, NOW + HOUR / 2)]
    assert [plan.purpose for plan in plans] == [Purpose.FIRST_DAYS] + 3 * [Purpose.BACKFILL]
    assert [plan.window.last for plan in plans] == [TODAY, date(2030, 3, 3), date(2030, 2, 1), date(2030, 1, 2)]
    assert plans[-1].window.first == TODAY - 89 * ONE_DAY
    assert max(plan.window.length for plan in plans) == 30


def test_today_and_yesterday_are_read_as_often_as_the_policy_says() -> None:
    often = SpendPolicy(recent_every=15 * SECOND)
    plan = CAUGHT_UP.next_reading(often, BERLIN, NOW + SECOND)
    assert (plan.purpose, plan.due_at) == (Purpose.RECENT, NOW + 15 * SECOND)
    assert CAUGHT_UP.next_reading(POLICY, BERLIN, NOW + SECOND).due_at == NOW + HOUR


def test_progress_is_told_in_days_until_the_past_is_read() -> None:
    progress = ImportProgress()
    assert progress.days_read(POLICY, BERLIN, NOW) == (0, 90)
    progress = progress.done(progress.next_reading(POLICY, BERLIN, NOW), NOW)
    assert progress.days_read(POLICY, BERLIN, NOW) == (7, 90)
    assert CAUGHT_UP.days_read(POLICY, BERLIN, NOW) is None


def test_a_day_of_import_is_hourly_with_looks_back_every_six_hours_after_the_correction_and_once_for_conversions() -> None:
    steps = run(CAUGHT_UP, NOW, NOW + ONE_DAY - SECOND)
    lookbacks = [step.at for step in steps if step.plan.purpose is Purpose.LOOKBACK]
    assert 4 <= len(lookbacks) <= 5
    assert any(timedelta(hours=12, minutes=30) <= at - NOW.replace(hour=0) < timedelta(hours=13) for at in lookbacks)
    assert 23 <= len(steps) <= 28
    maturing = [step.plan for step in run(CAUGHT_UP, NOW, NOW + 3 * ONE_DAY) if step.plan.purpose is Purpose.MATURING]
    assert [plan.window.length for plan in maturing] == [29] * len(maturing)
    assert 2 <= len(maturing) <= 3


@settings(max_examples=50)
@given(
    here=st.integers(0, 60), away=st.integers(1, 24 * 60), zone=st.sampled_from(["Pacific/Kiritimati", "America/New_York", ""])
)
def test_every_day_is_read_after_it_settles_however_long_nobody_was_there(here: int, away: int, zone: str) -> None:
    calendar, gone = AccountCalendar.of(zone), NOW + here * HOUR
    before = run(ImportProgress(), NOW, gone, calendar)
    back = gone + away * HOUR
    after = run(before[-1].progress if before else ImportProgress(), back, back + 4 * ONE_DAY, calendar)
    last_read_at = {day: step.at for step in before + after for day in step.plan.window.days}
    days = Window((TODAY if before else calendar.today(back)) - 80 * ONE_DAY, calendar.today(back)).days
    assert [day for day in days if last_read_at[day] < calendar.settles_at(day)] == []


def test_a_failure_puts_off_the_next_reading_longer_each_time() -> None:
    progress, pauses = ImportProgress(), []
    for _ in range(12):
        progress = progress.failed("TikTok is in maintenance", NOW)
        pauses.append(progress.next_reading(POLICY, BERLIN, NOW).due_at - NOW)
    assert pauses[:3] == [FIRST_RETRY, 2 * FIRST_RETRY, 4 * FIRST_RETRY]
    assert max(pauses) == LONGEST_RETRY
    assert progress.done(progress.next_reading(POLICY, BERLIN, NOW), NOW).last_failure is None
    assert progress.failed("throttled", NOW, pause=HOUR).retry_at == NOW + HOUR


def test_older_days_that_are_open_are_tried_once_a_day() -> None:
    open_days = [date(2030, 1, 7), date(2030, 1, 9), TODAY]
    later = NOW + ONE_DAY
    progress = replace(CAUGHT_UP, recent_read_at=later, lookback_read_at=later, maturing_read_at=later)
    plan = progress.next_reading(POLICY, BERLIN, later, open_days=open_days)
    assert (plan.purpose, plan.window) == (Purpose.OPEN_DAYS, Window(date(2030, 1, 7), date(2030, 1, 9)))
    done = progress.done(plan, later)
    assert done.read_back_to == progress.read_back_to
    assert done.next_reading(POLICY, BERLIN, later, open_days=open_days).purpose is not Purpose.OPEN_DAYS


@pytest.mark.parametrize("longest", [1, 7, 30])
def test_the_past_is_asked_for_in_windows_that_the_platform_took(longest: int) -> None:
    progress = replace(CAUGHT_UP, read_back_to=TODAY, longest_window=longest)
    assert progress.next_reading(POLICY, BERLIN, NOW).window.length == longest


def test_the_weeks_before_are_read_daily_from_the_first_day_on_however_often_the_newest_are() -> None:
    steps = run(ImportProgress(), NOW, NOW + 3 * ONE_DAY)
    read = [step.at - NOW for step in steps if step.plan.purpose is Purpose.MATURING]
    assert [round(span / ONE_DAY) for span in read] == [1, 2, 3][: len(read)]
    assert len(read) >= 2
