from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.spend_calendar import REPORTS_LAG, AccountCalendar, Window

HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)
ZONES = (
    "Pacific/Kiritimati",
    "Pacific/Apia",
    "America/New_York",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Kathmandu",
    "Etc/GMT+8",
    "Etc/GMT-14",
    "Etc/GMT+12",
    "Australia/Lord_Howe",
    "no such zone",
    "",
)
zones = st.sampled_from(ZONES)
days = st.dates(date(2011, 1, 1), date(2030, 12, 31))
moments = st.datetimes(datetime(2011, 1, 1), datetime(2030, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001 (its zone is given to it)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]  # year to minute


@given(name=zones, now=moments)
def test_today_has_begun_and_is_not_over(name: str, now: datetime) -> None:
    calendar = AccountCalendar.of(name)
    today = calendar.today(now)
    assert calendar.starts_at(today) <= now < calendar.ends_at(today)


@given(name=st.sampled_from(ZONES[:-2]), day=days)
def test_days_follow_one_another_without_a_gap(name: str, day: date) -> None:
    calendar = AccountCalendar.of(name)
    assert calendar.ends_at(day) == calendar.starts_at(day + ONE_DAY) >= calendar.starts_at(day)


@given(name=zones, day=days)
def test_no_day_settles_before_its_figures_are_in_and_corrected(name: str, day: date) -> None:
    calendar = AccountCalendar.of(name)
    settles_at = calendar.settles_at(day)
    assert settles_at >= calendar.ends_at(day) + REPORTS_LAG
    assert settles_at > datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + ONE_DAY
    assert settles_at - calendar.ends_at(day) <= 2 * ONE_DAY + 3 * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "starts", "ends", "settles"),
    [
        ("Etc/UTC", date(2030, 3, 1), utc(2030, 3, 1), utc(2030, 3, 2), utc(2030, 3, 2, 12, 30)),
        ("Pacific/Kiritimati", date(2030, 3, 1), utc(2030, 2, 28, 10), utc(2030, 3, 1, 10), utc(2030, 3, 2, 12, 30)),
        ("America/New_York", date(2026, 3, 8), utc(2026, 3, 8, 5), utc(2026, 3, 9, 4), utc(2026, 3, 9, 12, 30)),  # 23 hours
        ("America/New_York", date(2026, 11, 1), utc(2026, 11, 1, 4), utc(2026, 11, 2, 5), utc(2026, 11, 2, 12, 30)),  # 25 hours
        ("Pacific/Apia", date(2011, 12, 30), utc(2011, 12, 30, 10), utc(2011, 12, 30, 10), utc(2011, 12, 31, 12, 30)),  # left out
        ("Pacific/Apia", date(2011, 12, 31), utc(2011, 12, 30, 10), utc(2011, 12, 31, 10), utc(2012, 1, 1, 12, 30)),
        ("Etc/GMT+8", date(2030, 3, 1), utc(2030, 3, 1, 8), utc(2030, 3, 2, 8), utc(2030, 3, 2, 12, 30)),
        ("Pacific/Pago_Pago", date(2030, 3, 1), utc(2030, 3, 1, 11), utc(2030, 3, 2, 11), utc(2030, 3, 3, 12, 30)),
        ("Mars/Olympus", date(2030, 3, 1), utc(2030, 2, 28, 10), utc(2030, 3, 2, 12), utc(2030, 3, 3, 12, 30)),
    ],
)  # fmt: skip
def test_a_day_is_the_accounts_own(zone: str, day: date, starts: datetime, ends: datetime, settles: datetime) -> None:
    calendar = AccountCalendar.of(zone)
    assert (calendar.starts_at(day), calendar.ends_at(day), calendar.settles_at(day)) == (starts, ends, settles)


@pytest.mark.parametrize(
    "name", ["", "localtime", "Factory", "../../etc/passwd", "Europe", "UTC+08:00", "a\0b", "Ä/Ö", "x" * 5_000]
)
def test_a_name_that_is_no_zone_is_none(name: str) -> None:
    assert AccountCalendar.of(name).zone is None


def test_an_account_without_a_zone_is_asked_for_every_day_that_it_may_have() -> None:
    unknown, now = AccountCalendar.of(""), utc(2030, 3, 1, 11)
    assert unknown.today(now) == AccountCalendar.of("Pacific/Kiritimati").today(now) == date(2030, 3, 2)


@given(first=days, length=st.integers(1, 400), longest=st.integers(1, 30))
def test_a_window_is_split_into_the_same_days_newest_first(first: date, length: int, longest: int) -> None:
    window = Window(first, first + (length - 1) * ONE_DAY)
    parts = list(window.split(longest))
    assert all(part.length <= longest for part in parts)
    assert [day for part in reversed(parts) for day in part.days] == list(window.days)
    assert all(newer.first == older.last + ONE_DAY for newer, older in pairwise(parts))
