"""A fleet through a long outage, a month, and a mass refusal, in simulated time.

The promise is one of proportions: 100 000 grants at 10 calls a second. The short forms keep the proportion with 10 000 grants at
1 call a second, and the month is cut to a day; `--long` runs the whole fleet, and for as long as each test says.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from chaos import scenarios
from chaos.fleet import Fleet
from domain.health import NeedsReauth
from domain.outcomes import Failure, InDoubt, Reason, Refused, Unavailable

HOURS, MINUTES, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
ONE_IN = 200
"""So many people leave at the platform: fewer than a mass refusal."""


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
        assert (fleet.platform.refreshed[consent], fleet.platform.looked_at[consent]) == (1, 1)


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
def test_a_platform_that_refuses_everybody_for_twenty_minutes_costs_nobody_a_connection(*, long: bool) -> None:
    """Short: 10 000 grants at 1 call a second. Long: 100 000 at 10. Those who left meanwhile are told so afterwards."""
    fleet = a_fleet(long=long)
    before = len(fleet.platform.calls)
    fleet.platform.away = Refused(Reason.REFRESH_TOKEN_REFUSED, 40105)
    fleet.run_for(20 * MINUTES)
    during = len(fleet.platform.calls) - before
    fleet.platform.away = None
    fleet.leave(ONE_IN)
    fleet.run_for(24 * HOURS)
    fleet.assert_within_budget()
    fleet.assert_all_are_active()
    assert fleet.platform.lapsed == []
    assert during < 2 * fleet.calls_per_second * 60 + 20
    assert all(isinstance(fleet.database.rows.grants[g].health, NeedsReauth) for g in fleet.leavers)


@pytest.mark.parametrize("failure", [Unavailable("no connection"), InDoubt("time-out")], ids=["no connection", "time-outs"])
@pytest.mark.parametrize("phase", range(0, 60, 12))
def test_a_minute_is_enough_however_the_return_falls_between_two_trials(failure: Failure, phase: int) -> None:
    scenarios.a_minute_is_left_when_the_platform_returns(failure, phase * SECOND)
