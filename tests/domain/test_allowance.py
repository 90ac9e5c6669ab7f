from dataclasses import replace
from datetime import timedelta

import pytest

from domain.allowance import Allowance, Caller, Taken
from domain.outcomes import Throttled
from domain.pacing import NONE, Share, Tally

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
NOON = 20_000 * DAY + DAY / 2
ONE, TWO = Caller("one", "secret", 10), Caller("two", "secret", 10)


def test_a_share_is_halved_by_each_throttling_and_grows_back_evenly() -> None:
    share = Share().halved(NOON, resting_until=NOON + MINUTE)
    assert [share.at(NOON + n * MINUTE) for n in (0, 1, 3, 6, 60)] == pytest.approx([0.5, 0.5, 0.7, 1, 1])
    again = share.halved(NOON + 3 * MINUTE, resting_until=NOON + 3 * MINUTE)
    assert again.at(NOON + 3 * MINUTE) == pytest.approx(0.35)
    for _ in range(9):
        again = again.halved(NOON + 3 * MINUTE, resting_until=NOON + 3 * MINUTE)
    assert again.at(NOON + 3 * MINUTE) == 0.1


def test_a_burst_of_throttled_answers_halves_the_share_once() -> None:
    allowance = Allowance()
    for _ in range(30):
        allowance = allowance.learn(Throttled(), NOON, ONE)
    assert allowance.rate(NOON, 10) == 5


def test_a_tally_forgets_and_does_not_count_what_is_to_come() -> None:
    tally = Tally(SECOND).add([NOON, NOON + SECOND / 2, NOON + 5 * SECOND], NOON, keep=MINUTE)
    assert tally.within(NOON, MINUTE) == 2
    assert tally.within(NOON + 5 * SECOND, MINUTE) == 3
    assert tally.within(NOON + MINUTE, MINUTE) == 1
    assert tally.add([], NOON + 62 * SECOND, keep=MINUTE).counts == {(NOON + 5 * SECOND) // SECOND: 1}


@pytest.mark.parametrize(("told", "wait"), [(None, DAY / 2), (SECOND, DAY / 2)])
def test_the_day_ends_at_midnight_of_the_platform_s_time(told: timedelta | None, wait: timedelta) -> None:
    allowance = replace(Allowance(), day=Tally(DAY, {NOON // DAY: 9 * 86_400}))
    assert allowance.learn(Throttled(told), NOON, ONE).wait(NOON, ONE) == wait


def test_yesterday_s_calls_do_not_count_today() -> None:
    allowance = replace(Allowance(), day=Tally(DAY, {NOON // DAY - 1: 9 * 86_400}))
    assert allowance.learn(Throttled(), NOON, ONE).wait(NOON, ONE) == SECOND


@pytest.mark.parametrize(("processes", "share"), [(0, 1), (1, 10), (2, 5), (3, 3), (4, 2), (10, 1), (50, 1)])
def test_what_one_may_send_that_cannot_ask(processes: int, share: float) -> None:
    allowance = replace(Allowance(), callers={f"p{n}": NOON for n in range(processes)})
    assert allowance.share_of_one(NOON, 10) == share
    assert allowance.share_of_one(NOON + timedelta(hours=2), 10) == 1, "nobody is known any more"


def test_the_callers_of_an_hour_are_remembered() -> None:
    allowance, now = Allowance(), NOON
    for caller in (ONE, TWO):
        allowance, _ = allowance.take(now, 1, caller, within=SECOND, people=False)
        now += timedelta(minutes=40)
    assert set(allowance.callers) == {"one", "two"}
    allowance, _ = allowance.take(now, 1, TWO, within=SECOND, people=False)
    assert set(allowance.callers) == {"two"}


def test_a_clock_that_jumped_back_strands_no_slots() -> None:
    allowance, _ = Allowance().take(NOON + DAY, 50, ONE, within=9 * SECOND, people=False)
    _, taken = allowance.take(NOON, 5, ONE, within=3 * MINUTE, people=True)
    assert len(taken.slots.times) == 5
    assert NONE <= taken.slots.times[0] - NOON <= 2 * MINUTE


def persons(allowance: Allowance, now: timedelta, person: str) -> tuple[Allowance, Taken]:
    return allowance.take(now, 1, Caller("process", "secret", 10), within=timedelta(seconds=2), people=True, person=person)


def test_a_person_with_a_call_ahead_has_no_second_one_and_others_do() -> None:
    allowance, now = Allowance(), timedelta(days=1)
    allowance, _ = persons(allowance, now, "anna")
    allowance, first = persons(allowance, now, "bert")
    [at] = first.slots.times
    allowance, second = persons(allowance, now, "bert")
    assert (second.slots.times, second.slots.again_at, second.own_call_first) == ((), at, True)
    allowance, other = persons(allowance, now, "chloe")
    assert len(other.slots.times) == 1
    allowance, again = persons(allowance, at, "bert")
    assert len(again.slots.times) == 1
    assert set(allowance.turns) == {"bert", "chloe"}, "who has no call ahead any more is forgotten"


def test_a_turn_that_a_wrong_clock_put_far_off_is_none() -> None:
    allowance = replace(Allowance(), turns={"anna": timedelta(days=400)})
    allowance, taken = persons(allowance, timedelta(days=1), "anna")
    assert len(taken.slots.times) == 1
