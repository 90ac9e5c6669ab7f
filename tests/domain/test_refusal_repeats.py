from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.refusal_repeats import Refusals
from support.builders import START

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def repeats(ends_at: datetime | None, *, until: timedelta) -> list[timedelta]:
    """When a token that was refused at START is sent again, if it is refused each time."""
    refusals, times = Refusals(START, START).probed(works=True), list[timedelta]()
    while (at := refusals.repeat_at(ends_at)) is not None and at - START <= until:
        times.append(at - START)
        refusals = refusals.again(at)
    return times


def test_a_refused_token_is_sent_again_after_ten_minutes_then_hourly_then_daily_then_never() -> None:
    times = repeats(None, until=timedelta(days=100))
    assert times[:3] == [10 * MINUTE, 70 * MINUTE, 130 * MINUTE]
    apart = [later - earlier for earlier, later in pairwise(times)]
    assert Counter(apart) == {HOUR: 48, DAY: 7}
    assert times[-1] < timedelta(days=9, hours=1)


def test_in_its_access_tokens_last_hour_it_is_sent_every_ten_minutes_and_once_more_when_a_minute_is_left() -> None:
    before = [12 * HOUR - at for at in repeats(START + 12 * HOUR, until=12 * HOUR)]
    assert before[-7:] == [60 * MINUTE, 50 * MINUTE, 40 * MINUTE, 30 * MINUTE, 20 * MINUTE, 10 * MINUTE, MINUTE]


@given(st.timedeltas(timedelta(seconds=1), 2 * DAY))
def test_nothing_is_sent_twice_within_a_minute(life: timedelta) -> None:
    times = [timedelta(0), *repeats(START + life, until=2 * DAY)]
    assert all(later - earlier >= MINUTE for earlier, later in pairwise(times))


def test_a_token_that_was_hastened_is_not_sent_again_within_the_minute_either() -> None:
    hastened = Refusals(START, START).probed(works=False).hastened().again(START + 10 * MINUTE - MINUTE / 2)
    assert hastened.repeat_at(None) == START + 10 * MINUTE + MINUTE / 2


@pytest.mark.parametrize(("works", "after"), [(True, HOUR), (False, 10 * MINUTE), (None, 10 * MINUTE)])
def test_how_long_after_the_first_refusal_another_may_be_believed(works: bool | None, after: timedelta) -> None:
    refusals = Refusals(START, START).probed(works=works)
    assert not refusals.may_be_believed(START + after - MINUTE)
    assert refusals.may_be_believed(START + after)
