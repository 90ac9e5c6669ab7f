from datetime import UTC, date, datetime, timedelta

import pytest

from domain.import_state import ImportState, last_ended_day
from domain.spend_calendar import AccountCalendar
from domain.spend_plan import ImportProgress, SpendPolicy

NOW = datetime(2030, 3, 10, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
BERLIN = AccountCalendar.of("Europe/Berlin")
TODAY = date(2030, 3, 10)
READ = ImportProgress(read_back_to=date(2029, 1, 1), recent_read_at=NOW - HOUR, lookback_read_at=NOW - HOUR)


def state(progress: ImportProgress, calendar: AccountCalendar = BERLIN, now: datetime = NOW) -> ImportState:
    return ImportState.of(progress, SpendPolicy(), calendar, now)


def test_what_was_read_an_hour_ago_is_read_until_yesterday() -> None:
    assert state(READ) == ImportState(TODAY, date(2030, 3, 9), NOW - HOUR, backfill=None)


def test_a_new_account_has_read_nothing_of_its_past() -> None:
    assert state(ImportProgress()) == ImportState(TODAY, None, None, backfill=(0, 90))


def test_the_past_is_counted_while_it_is_read() -> None:
    progress = ImportProgress(read_back_to=date(2030, 2, 5), recent_read_at=NOW, lookback_read_at=NOW)
    assert (state(progress).backfill, state(progress).read_until) == ((34, 90), date(2030, 3, 9))


def test_a_day_that_was_read_before_its_end_is_not_read_until_it() -> None:
    evening = datetime(2030, 3, 9, 22, 59, tzinfo=UTC)  # a minute to midnight in Berlin
    read = ImportProgress(recent_read_at=evening)
    assert state(read).read_until == date(2030, 3, 8)
    assert state(ImportProgress(recent_read_at=evening + timedelta(minutes=1))).read_until == date(2030, 3, 9)


def test_what_was_not_read_for_days_says_so() -> None:
    assert state(READ, now=NOW + timedelta(days=5)).read_until == date(2030, 3, 9)


def test_a_failure_is_told_with_the_next_try_until_a_success() -> None:
    failed = READ.failed("no", NOW)
    assert (state(failed).failure, state(failed).retry_at) == ("no", NOW + timedelta(minutes=1))
    assert state(failed).read_until == date(2030, 3, 9)
    assert (state(READ).failure, state(READ).retry_at) == (None, None)


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("Pacific/Kiritimati", datetime(2030, 1, 1, 10, tzinfo=UTC), date(2030, 1, 1)),
        ("Pacific/Kiritimati", datetime(2030, 1, 1, 9, 59, tzinfo=UTC), date(2029, 12, 31)),
        ("America/New_York", datetime(2030, 3, 11, 4, tzinfo=UTC), date(2030, 3, 10)),  # the day with 23 hours
        ("America/New_York", datetime(2030, 3, 11, 3, 59, tzinfo=UTC), date(2030, 3, 9)),
        ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC), date(2011, 12, 30)),  # it never had that day
        ("", datetime(2030, 1, 2, 12, tzinfo=UTC), date(2030, 1, 1)),  # over everywhere
        ("", datetime(2030, 1, 2, 11, 59, tzinfo=UTC), date(2029, 12, 31)),
    ],
)
def test_a_day_is_over_where_the_account_is(zone: str, at: datetime, day: date) -> None:
    assert last_ended_day(AccountCalendar.of(zone), at) == day
