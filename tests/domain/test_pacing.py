import random
from bisect import bisect_left
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.pacing import Pace

SECOND = timedelta(seconds=1)
NONE = timedelta(0)
MOMENT = SECOND / 1_000
TWO_SECONDS = 2 * SECOND

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
    assert most_in_a_second(given_away) <= qps


def most_in_a_second(times: list[timedelta]) -> int:
    times = sorted(times)
    return max((bisect_left(times, time + SECOND) - place for place, time in enumerate(times)), default=0)


@pytest.mark.parametrize("qps", [1, 9, 10, 11, 20, 50])
@given(seed=st.integers(), mix=st.sampled_from([(1, 1, 1), (0, 1, 3), (0, 3, 1), (1, 5, 10)]))
@settings(max_examples=10)
def test_nor_does_one_when_sweeps_people_and_an_import_ask_all_the_time(qps: int, seed: int, mix: tuple[int, int, int]) -> None:
    pace, now, chance = Pace.of(qps), NONE, random.Random(seed)
    given_away: list[timedelta] = []
    for _ in range(400):
        now += chance.random() * 100 * MOMENT
        match chance.choices(("sweep", "person", "import"), mix):
            case ["sweep"]:
                pace, slots = pace.reserve(now, 3, within=SECOND, people=False)
            case ["person"]:
                pace, slots = pace.reserve(now, 1, within=TWO_SECONDS, people=True)
            case _:
                pace, slots = pace.reserve(now, 1, within=pace.apart, people=False, last=True)
        given_away += slots.times
    assert most_in_a_second(given_away) <= qps


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


def waits_beside_an_import(asked_at: list[timedelta], *, imports: bool = True) -> tuple[list[timedelta], int]:
    """How long each of these people waits while an import takes all that it can, and how many calls that had."""
    pace, waits, imported = Pace.of(10), list[timedelta](), 0
    moments = sorted([*((at, True) for at in asked_at), *((n * 20 * MOMENT, False) for n in range(3_000 * imports))])
    for now, people in moments:
        within = TWO_SECONDS if people else pace.apart
        pace, slots = pace.reserve(now, 1, within=within, people=people, last=not people)
        if people:
            waits.append(slots.times[0] - now)
        else:
            imported += len(slots.times)
    return waits, imported


def test_of_people_who_come_twice_a_second_beside_an_import_hardly_any_wait_and_it_repays_what_they_had() -> None:
    waits, imported = waits_beside_an_import([SECOND + n * 503 * MOMENT for n in range(100)])
    assert sum(wait > NONE for wait in waits) <= 5
    assert max(waits) <= 3 * Pace.of(10).apart
    repaid = len(waits)
    assert imported == pytest.approx(0.9 * 600 / 1.05 - repaid, abs=10)


def test_people_who_come_at_random_beside_an_import_wait_as_seldom_as_without_it() -> None:
    chance = random.Random(7)
    asked_at = [55 * SECOND * chance.random() for _ in range(20)]
    for imports in (True, False):
        waits, _ = waits_beside_an_import(asked_at, imports=imports)
        assert sum(wait > NONE for wait in waits) <= 1


def test_an_import_that_waits_repays_nothing_and_a_sweep_never_does() -> None:
    pace, _ = Pace.of(10).reserve(NONE, 30, within=5 * SECOND, people=False)
    pace, _ = pace.reserve(50 * MOMENT, 1, within=TWO_SECONDS, people=True)
    waiting, slots = pace.reserve(60 * MOMENT, 1, within=pace.apart, people=False, last=True)
    assert (waiting, slots.times) == (pace, ())
    _, swept = pace.reserve(60 * MOMENT, 1, within=5 * SECOND, people=False)
    assert swept.times[0] == pace.next_at


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
