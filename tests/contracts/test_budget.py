import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from adapters.process_budget import ProcessBudget
from application.ports.ambient import Clock
from application.ports.budget import Budget, Lane
from domain.ids import AppId
from domain.outcomes import Misconfigured, Throttled, Unavailable
from world import SimulatedClock

APP, OTHER = AppId("app"), AppId("another app")
LONG, SHORT = timedelta(seconds=60), timedelta(seconds=1)
AWAY, WRONG = Unavailable("away"), Misconfigured("secret")
Open = Callable[[int, Clock], Budget]


@pytest.fixture(params=[ProcessBudget])
def budget_of(request: pytest.FixtureRequest) -> Open:
    """Makes a budget of so many calls a second."""
    made: Open = request.param
    return made


def test_no_more_is_given_than_the_limit_allows(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    times = [
        permits.wait_for(i)
        for lane in (Lane.BACKGROUND, Lane.PEOPLE, Lane.BACKGROUND)
        for permits in [budget.take(APP, 40, lane, within=LONG)]
        for i in range(permits.count)
    ]
    assert len(times) == 120
    for start in times:
        assert sum(start <= time < start + SHORT for time in times) <= 10


def test_all_permits_can_be_used_in_time(budget_of: Open) -> None:
    permits = budget_of(10, SimulatedClock()).take(APP, 100, Lane.BACKGROUND, within=SHORT)
    assert 0 < permits.count < 11
    assert permits.wait_for(permits.count - 1) <= SHORT


def test_a_person_is_served_while_the_background_is_busy(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    assert budget.take(APP, 1000, Lane.BACKGROUND, within=LONG).count > 400
    assert budget.take(APP, 1, Lane.BACKGROUND, within=LONG).count == 0
    person = budget.take(APP, 1, Lane.PEOPLE, within=timedelta(seconds=2))
    assert (person.count, person.because) == (1, None)


def test_when_nothing_is_left_it_says_when_to_ask_again(budget_of: Open) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    budget.take(APP, 1000, Lane.BACKGROUND, within=LONG)
    none = budget.take(APP, 1, Lane.BACKGROUND, within=SHORT)
    assert (none.count, none.because) == (0, None)
    assert none.wait > timedelta(seconds=50)
    clock.sleep(none.wait)
    assert budget.take(APP, 1, Lane.BACKGROUND, within=SHORT).count == 1


def test_apps_do_not_share_a_budget_or_a_breaker(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    budget.learn(APP, WRONG)
    assert budget.stopped(APP) == WRONG
    assert budget.stopped(OTHER) is None
    assert budget.take(OTHER, 1, Lane.PEOPLE, within=SHORT).count == 1


def test_throttling_stops_the_app_and_then_lets_it_go_on(budget_of: Open) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    assert budget.learn(APP, Throttled(timedelta(seconds=12))) == timedelta(seconds=12)
    stopped = budget.take(APP, 5, Lane.PEOPLE, within=LONG)
    assert (stopped.count, stopped.wait, stopped.because) == (0, timedelta(seconds=12), Throttled(timedelta(seconds=12)))
    clock.sleep(stopped.wait)
    assert budget.stopped(APP) is None
    assert budget.take(APP, 5, Lane.PEOPLE, within=LONG).count == 5


@pytest.mark.parametrize(("failure", "times"), [(AWAY, 5), (WRONG, 1)])
def test_recovery_from_an_outage_or_a_wrong_secret_needs_one_trial(
    budget_of: Open, failure: Unavailable | Misconfigured, times: int
) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    pause = [budget.learn(APP, failure) for _ in range(times)][-1]
    assert (pause, budget.stopped(APP)) == (timedelta(seconds=30), failure)
    clock.sleep(pause)
    trial = budget.take(APP, 50, Lane.BACKGROUND, within=LONG)
    assert (trial.count, budget.stopped(APP)) == (1, None)
    second = budget.take(APP, 50, Lane.PEOPLE, within=LONG)
    assert (second.count, second.because) == (0, failure)
    assert budget.learn(APP, None) == timedelta(0)
    assert budget.take(APP, 50, Lane.BACKGROUND, within=LONG).count == 50


def test_single_failures_do_not_stop_anything(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    for _ in range(10):
        assert budget.learn(APP, AWAY) == timedelta(0)
        budget.learn(APP, None)
    assert budget.stopped(APP) is None


def test_nothing_wanted_is_nothing_taken(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    assert budget.take(APP, 0, Lane.BACKGROUND, within=LONG).count == 0


def test_threads_never_get_the_same_slot(budget_of: Open) -> None:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        budget = budget_of(50, SimulatedClock())
        with ThreadPoolExecutor(8) as crew:
            waits = list(crew.map(lambda _: budget.take(APP, 1, Lane.PEOPLE, within=LONG).wait, range(2000)))
    finally:
        sys.setswitchinterval(usual)
    assert len(set(waits)) == 2000
