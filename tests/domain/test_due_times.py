from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.due_times import due_at, due_early_within, urgent_at
from domain.ids import GrantId
from domain.rotation_policy import RotationPolicy
from support.builders import HOUR, START, a_long_term_token, a_pair

GRANTS = st.uuids().map(lambda u: GrantId(str(u)))


@given(GRANTS)
def test_a_day_long_token_is_renewed_after_9_6_to_12_hours(grant: GrantId) -> None:
    due = due_at(RotationPolicy(), a_pair(), grant) - START
    assert 9.6 * HOUR < due <= 12 * HOUR


def test_due_times_are_spread_evenly_over_a_fleet() -> None:
    dues = sorted(due_at(RotationPolicy(), a_pair(), GrantId(f"grant-{n}")) - START for n in range(1000))
    quarters = [sum(9.6 * HOUR + q * 0.6 * HOUR < due <= 9.6 * HOUR + (q + 1) * 0.6 * HOUR for due in dues) for q in range(4)]
    assert sum(quarters) == 1000
    assert all(200 < quarter < 300 for quarter in quarters)


def test_a_life_under_four_sweeps_is_due_at_once() -> None:
    policy = RotationPolicy(sweep_every=timedelta(seconds=15))
    assert due_at(policy, a_pair(life=timedelta(seconds=59)), GrantId("g")) == START
    assert due_at(policy, a_pair(life=timedelta(seconds=60)), GrantId("g")) > START


@given(GRANTS)
def test_a_long_term_token_is_looked_at_within_twelve_hours(grant: GrantId) -> None:
    assert 10 * HOUR < due_at(RotationPolicy(), a_long_term_token(), grant) - START <= 12 * HOUR


def test_the_last_hour_of_a_short_life_is_a_twenty_fourth_of_it() -> None:
    assert a_pair().access_expires_at - urgent_at(a_pair()) == HOUR
    short = a_pair(life=timedelta(minutes=24))
    assert short.access_expires_at - urgent_at(short) == timedelta(minutes=1)


def test_two_calls_of_a_coarse_schedule_may_fail_before_a_token_comes_into_its_last_hour() -> None:
    assert due_early_within(timedelta(minutes=10)) == timedelta(minutes=20)
