"""A fleet through a long outage, a month, incidents of refusals and hostile neighbours, in simulated time.

The promise is one of proportions: 100 000 grants at 10 calls a second. The short forms keep the proportion with 10 000 grants at
1 call a second, and the month is cut to a day; `--long` runs the whole fleet, and for as long as each test says.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle
from typing import Literal

import pytest

from chaos import scenarios
from chaos.fleet import Fleet
from domain.grant_health import NeedsReauth
from domain.outcomes import Failure, InDoubt, Unavailable

HOURS, MINUTES, SECOND, NOTHING = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1), timedelta(0)
ONE_IN = 200
"""So many people leave at the platform."""


def a_fleet(*, long: bool) -> Fleet:
    """Grown over twelve hours, as in life."""
    fleet = Fleet(100_000, 10) if long else Fleet(10_000, 1)
    fleet.grow(12 * HOURS)
    return fleet


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("failure", [Unavailable("no connection"), InDoubt("time-out")], ids=["no connection", "time-outs"])
def test_after_twelve_hours_of_outage_no_token_lapses_that_had_a_minute_left(failure: Failure, *, long: bool) -> None:
    """Short: 10 000 grants at 1 call a second. Long: 100 000 at 10."""
    fleet = a_fleet(long=long)
    fleet.platform.away = failure
    fleet.run_for(6 * HOURS)
    fleet.leave(ONE_IN)
    fleet.run_for(6 * HOURS)
    fleet.platform.away, back_at = None, fleet.clock.now()
    fleet.run_for(12 * HOURS)
    fleet.assert_within_budget()
    fleet.assert_nobody_else_is_harmed()
    assert [end - back_at for end, _ in fleet.platform.lapsed if end > back_at + MINUTES] == []
    for grant in fleet.leavers:
        consent = fleet.consents[grant]
        assert (fleet.platform.refreshed[consent] <= 24, fleet.platform.looked_at[consent]) == (True, 1)


@pytest.mark.timeout(3 * 3600)
def test_on_ordinary_days_no_token_is_expired_for_one_second(*, long: bool) -> None:
    """Short: 10 000 grants at 1 call a second for a day. Long: 100 000 at 10 for thirty, which takes an hour or more."""
    fleet, days = a_fleet(long=long), 30 if long else 1
    fleet.run_for(timedelta(days=days))
    fleet.assert_within_budget()
    fleet.assert_nobody_else_is_harmed()
    assert fleet.platform.lapsed == []
    assert min(g.generation for g in fleet.others) > 2 * days


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("refused", ["refreshes", "everything"])
@pytest.mark.parametrize("span", [20 * MINUTES, 2 * HOURS, 12 * HOURS], ids=["20 min", "2 h", "12 h"])
def test_an_incident_of_refusals_loses_nothing_and_asks_nobody(
    span: timedelta, refused: Literal["refreshes", "everything"], *, long: bool
) -> None:
    """Of 3, 30 and 300 owners at 10 calls a second. Long: of 3 000 too.

    Under five owners there is nobody to compare with: where the probe is refused too, people are asked who need not act.
    """
    for owners in (3, 30, 300, 3_000) if long else (3, 30, 300):
        fleet = Fleet(owners, 10)
        fleet.grow(12 * HOURS)
        fleet.platform.refuses = refused
        fleet.run_for(span)
        fleet.assert_repeats_are_bounded()
        fleet.platform.refuses, back_at = "nothing", fleet.clock.now()
        fleet.run_for(HOURS + MINUTES)
        fleet.assert_within_budget()
        fleet.assert_all_are_active()
        assert [end - back_at for end, _ in fleet.platform.lapsed if end > back_at + MINUTES] == []
        assert fleet.blamed == [] or (owners, refused) == (3, "everything")


@pytest.mark.timeout(3600)
def test_after_thirty_hours_of_refusals_everything_comes_back(*, long: bool) -> None:
    """Short: 100 owners. Long: 1 000. Access tokens have ended, so people were asked; nothing is lost for that."""
    fleet = Fleet(1_000 if long else 100, 10)
    fleet.grow(12 * HOURS)
    fleet.platform.refuses = "everything"
    fleet.run_for(30 * HOURS)
    assert any(isinstance(g.health, NeedsReauth) for g in fleet.others)
    fleet.platform.refuses = "nothing"
    fleet.run_for(HOURS + MINUTES)
    fleet.assert_all_are_active()


def test_those_who_left_in_an_incident_are_told_so_afterwards() -> None:
    fleet = Fleet(200, 10)
    fleet.grow(12 * HOURS)
    fleet.platform.refuses = "everything"
    fleet.run_for(HOURS)
    fleet.platform.refuses = "nothing"
    fleet.leave(20)
    fleet.run_for(24 * HOURS)
    fleet.assert_all_are_active()
    assert fleet.blamed == []
    assert all(isinstance(fleet.database.rows.grants[g].health, NeedsReauth) for g in fleet.leavers)


@pytest.mark.parametrize(("hostile", "grants", "budget"), [(1, 60, 10), (40, 4, 10), (40, 60, 100)])
def test_hostile_neighbours_cost_nobody_a_second(hostile: int, grants: int, budget: int) -> None:
    """40 honest owners have tokens of 60 s. Each hostile one has dead grants, and clicks twice a second for five minutes.

    The budget could carry all of these grants if they were alive: what is dead costs no more than that.
    """
    fleet = Fleet(40, budget, access_token_seconds=60)
    fleet.grow(MINUTES)
    dead = [connection for number in range(hostile) for connection in fleet.add_dead(f"hostile-{number}", grants)]
    clicks, expired, until = cycle(dead), 0, fleet.clock.now() + 5 * MINUTES
    fleet.sweep_beside()
    while fleet.clock.now() < until:
        second = fleet.clock.now() + SECOND
        for _ in range(2 * hostile):
            fleet.click(next(clicks))
            expired += fleet.expired()
        fleet.wait(max(second - fleet.clock.now(), NOTHING))
    fleet.assert_within_budget()
    assert (expired, fleet.platform.lapsed, fleet.blamed) == (0, [], [])
    fleet.assert_all_are_active()


@pytest.mark.timeout(3600)
def test_beside_any_number_of_dead_grants_a_living_one_is_renewed_with_half_its_life_left(*, long: bool) -> None:
    """100 honest owners have tokens of a day; ten hostile ones click for an hour. Short: at 30 dead grants each. Long: 200."""
    fleet = Fleet(100, 10)
    fleet.grow(12 * HOURS)
    dead = [connection for number in range(10) for connection in fleet.add_dead(f"hostile-{number}", 200 if long else 30)]
    clicks, until = cycle(dead), fleet.clock.now() + HOURS
    fleet.sweep_beside()
    while fleet.clock.now() < until:
        for _ in range(20):
            fleet.click(next(clicks))
        fleet.wait(SECOND)
    fleet.clock.on_sleep = lambda: None
    fleet.run_for(24 * HOURS)
    fleet.assert_within_budget()
    fleet.assert_repeats_are_bounded()
    assert min(fleet.platform.left_at_rotation) >= 11.9 * HOURS
    fleet.assert_nobody_else_is_harmed()


@pytest.mark.parametrize("failure", [Unavailable("no connection"), InDoubt("time-out")], ids=["no connection", "time-outs"])
@pytest.mark.parametrize("phase", range(0, 60, 12))
def test_a_minute_is_enough_however_the_return_falls_between_two_trials(failure: Failure, phase: int) -> None:
    scenarios.a_minute_is_left_when_the_platform_returns(failure, phase * SECOND)
