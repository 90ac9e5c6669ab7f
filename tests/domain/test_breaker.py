from datetime import timedelta

import pytest

from domain.breaker import Breaker
from domain.outcomes import (
    Failure,
    InDoubt,
    Misconfigured,
    NotPermitted,
    OurFault,
    PathMissing,
    Reason,
    Refused,
    Throttled,
    Unavailable,
)

AWAY, DOUBT, WRONG = Unavailable("away"), InDoubt("lost"), Misconfigured("secret")
ANSWERS = [None, Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103), OurFault(40002), NotPermitted(40001), PathMissing("HTTP 404")]


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def after(*failures: Failure | None, breaker: Breaker | None = None, now: float = 0) -> Breaker:
    breaker = breaker or Breaker()
    for failure in failures:
        breaker = breaker.after(failure, at(now))
    return breaker


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_stop_nothing(answer: Failure | None) -> None:
    breaker = after(answer)
    assert (breaker.stops(at(0)), breaker.wait(at(0)), breaker.most(at(0), 7)) == (None, at(0), 7)


def test_throttling_pauses_for_as_long_as_it_says() -> None:
    breaker = after(Throttled(at(40)), now=100)
    assert breaker.stops(at(139)) == Throttled(at(40))
    assert (breaker.wait(at(110)), breaker.most(at(139), 7)) == (at(30), 0)
    assert (breaker.stops(at(140)), breaker.most(at(140), 7)) == (None, 7)


def test_throttling_that_does_not_say_doubles_up_to_five_minutes() -> None:
    breaker, now, pauses = Breaker(), at(0), []
    for _ in range(11):
        breaker = breaker.after(Throttled(), now)
        pauses.append(breaker.wait(now))
        now += breaker.wait(now)
    assert pauses == [at(s) for s in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300)]


def test_a_burst_of_throttled_answers_is_one_throttling() -> None:
    breaker = after(*[Throttled()] * 30)
    assert breaker.wait(at(0)) == at(1)
    assert after(Throttled(at(9)), breaker=breaker).wait(at(0)) == at(9)
    assert after(Throttled(at(9)), Throttled(at(4))).wait(at(0)) == at(9)


def test_an_answer_after_the_pause_starts_the_doubling_anew() -> None:
    breaker = after(Throttled())
    breaker = after(Throttled(), breaker=breaker, now=1)
    assert breaker.wait(at(1)) == at(2)
    breaker = after(None, Throttled(), breaker=breaker, now=4)
    assert breaker.wait(at(4)) == at(1)


def test_a_late_answer_does_not_lift_a_pause() -> None:
    breaker = after(Throttled(at(60)), None)
    assert breaker.wait(at(0)) == at(60)


@pytest.mark.parametrize("lost", [AWAY, DOUBT])
def test_five_calls_in_a_row_without_an_answer_open_the_breaker(lost: Failure) -> None:
    assert after(*[lost] * 4).stops(at(0)) is None
    assert after(*[lost] * 5).stops(at(0)) == lost


@pytest.mark.parametrize("answer", [*ANSWERS, Throttled()])
def test_any_answer_between_them_keeps_it_closed(answer: Failure | None) -> None:
    breaker = after(*[AWAY] * 4, answer, *[AWAY] * 4, now=0)
    assert not isinstance(breaker.because, Unavailable)


def test_an_open_breaker_lets_one_call_through_each_half_minute() -> None:
    breaker = after(*[AWAY] * 5)
    assert breaker.most(at(29), 50) == 0
    assert breaker.stops(at(30)) == AWAY  # what was reserved before is not the trial
    assert breaker.most(at(30), 50) == 1
    trying = breaker.tried(at(30))
    assert trying.stops(at(31)) is None
    assert (trying.most(at(31), 50), trying.wait(at(31))) == (0, at(29))
    failed = after(AWAY, breaker=trying, now=35)
    assert (failed.stops(at(36)), failed.most(at(64), 50), failed.most(at(65), 50)) == (AWAY, 0, 1)


def test_a_trial_of_which_nobody_heard_again_is_followed_by_another() -> None:
    trying = after(*[AWAY] * 5).tried(at(30))
    assert (trying.most(at(59), 5), trying.most(at(60), 5)) == (0, 1)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_closes_the_breaker(answer: Failure | None) -> None:
    for broken in (after(*[AWAY] * 5), after(WRONG)):
        assert after(answer, breaker=broken.tried(at(30)), now=31) == Breaker()


def test_misconfiguration_stops_at_once_and_is_tried_again_more_and_more_rarely() -> None:
    breaker, now, pauses = Breaker(), at(0), []
    for _ in range(6):
        breaker = after(*[WRONG] * 9, breaker=breaker, now=now.total_seconds())
        assert breaker.stops(now) == WRONG
        pauses.append(breaker.wait(now))
        now += breaker.wait(now)
        assert breaker.most(now, 9) == 1
        breaker = breaker.tried(now)
    assert pauses == [at(s) for s in (30, 60, 120, 240, 300, 300)]


def test_a_trial_that_is_throttled_makes_it_a_pause() -> None:
    breaker = after(Throttled(at(7)), breaker=after(WRONG).tried(at(30)), now=31)
    assert (breaker.stops(at(32)), breaker.most(at(38), 5)) == (Throttled(at(7)), 5)
