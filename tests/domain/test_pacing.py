from bisect import bisect_left
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pacing import Pace

SECOND = timedelta(seconds=1)
NONE = timedelta(0)

requests = st.lists(
    st.tuples(
        st.integers(0, 3_000).map(lambda ms: timedelta(milliseconds=ms)),
        st.integers(0, 60),
        st.integers(0, 8_000).map(lambda ms: timedelta(milliseconds=ms)),
        st.booleans(),
    ),
    max_size=25,
)


@given(qps=st.integers(1, 60), requests=requests)
def test_no_second_ever_sees_more_calls_than_the_limit(qps: int, requests: list[tuple[timedelta, int, timedelta, bool]]) -> None:
    pace, now = Pace.of(qps), NONE
    given_away: list[timedelta] = []
    for later, wanted, within, people in requests:
        now += later
        pace, slots = pace.reserve(now, wanted, within=within, people=people)
        assert len(slots.times) <= wanted
        assert all(now <= time <= now + within for time in slots.times)
        assert list(slots.times) == sorted(slots.times)
        given_away += slots.times
    given_away.sort()
    for place, time in enumerate(given_away):
        assert bisect_left(given_away, time + SECOND) - place <= qps


@pytest.mark.parametrize("qps", [1, 3, 10, 15, 50])
def test_the_background_alone_gets_nine_tenths_and_people_the_last(qps: int) -> None:
    minute = timedelta(minutes=10)
    pace, background = Pace.of(qps).reserve(NONE, 10**6, within=minute, people=False)
    pace, people = pace.reserve(NONE, 10**6, within=minute, people=True)
    everything = qps * 600 / 1.05
    assert len(background.times) == pytest.approx(0.9 * everything, abs=2)
    assert len(people.times) == pytest.approx(0.1 * everything, abs=2)
    assert not set(background.times) & set(people.times)


def test_people_get_everything_that_the_background_leaves() -> None:
    _, slots = Pace.of(10).reserve(NONE, 10**6, within=timedelta(seconds=60), people=True)
    assert len(slots.times) == pytest.approx(600 / 1.05, abs=2)


def test_a_person_does_not_wait_behind_a_batch() -> None:
    pace, batch = Pace.of(10).reserve(NONE, 70, within=timedelta(seconds=7.5), people=False)
    assert len(batch.times) > 60
    _, slots = pace.reserve(timedelta(seconds=3), 1, within=SECOND * 2, people=True)
    assert len(slots.times) == 1
    assert slots.times[0] <= timedelta(seconds=3) + SECOND * 1.05


def test_a_person_among_calls_that_come_one_by_one_does_not_wait_at_all_once_a_second() -> None:
    pace, now, waits = Pace.of(10), NONE, []
    for step in range(400):
        now = step * timedelta(milliseconds=50)
        pace, _ = pace.reserve(now, 1, within=pace.apart, people=False)
        if step % 26 == 13:
            pace, slots = pace.reserve(now + timedelta(milliseconds=7), 1, within=2 * SECOND, people=True)
            waits.append(slots.times[0] - now - timedelta(milliseconds=7))
    assert set(waits) == {NONE}


def test_an_idle_app_sends_at_once_but_saves_nothing_up() -> None:
    pace, _ = Pace.of(10).reserve(NONE, 5, within=SECOND, people=False)
    _, slots = pace.reserve(timedelta(hours=1), 100, within=SECOND, people=True)
    assert slots.times[0] == timedelta(hours=1)
    assert len(slots.times) == 10


def test_what_does_not_fit_changes_nothing_and_says_when_to_ask_again() -> None:
    pace, _ = Pace.of(1).reserve(NONE, 5, within=timedelta(seconds=5), people=False)
    again, slots = pace.reserve(NONE, 1, within=SECOND, people=False)
    assert (again, slots.times) == (pace, ())
    _, slots = pace.reserve(slots.again_at, 1, within=SECOND, people=False)
    assert len(slots.times) == 1


def test_a_slot_kept_for_people_is_gone_once_its_time_is_past() -> None:
    pace, _ = Pace.of(10).reserve(NONE, 20, within=timedelta(seconds=5), people=False)
    assert len(pace.kept) == 2
    late, slots = pace.reserve(timedelta(seconds=60), 1, within=SECOND, people=True)
    assert (late.kept, slots.times) == ((), (timedelta(seconds=60),))
