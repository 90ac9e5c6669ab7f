from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.back_off import FIRST_BACK_OFF, LONGEST_BACK_OFF, again_at
from domain.errors import UnsafePolicy
from domain.grant_health import Active, Degraded, Health, NeedsReauth, Revoked, Superseded
from domain.ids import GrantId
from domain.outcomes import Reason
from domain.refusals import Refusals
from domain.rotation import (
    Keep,
    Probe,
    Reauthorise,
    Rotate,
    RotationPolicy,
    decide,
    urgent_at,
)
from domain.tokens import Expiring, LongTerm, Sealed, Tokens
from domain.vended_validity import longest_validity, usual_validity
from support.builders import START

HOUR = timedelta(hours=1)
A_SECRET = Sealed(b"sealed")
GRANTS = st.uuids().map(lambda u: GrantId(str(u)))
LIVES = st.timedeltas(timedelta(minutes=2), timedelta(days=3))


def a_pair(life: timedelta = 24 * HOUR) -> Expiring:
    return Expiring(A_SECRET, A_SECRET, START, START + life, START + timedelta(days=365))


def a_long_term_token() -> LongTerm:
    return LongTerm(A_SECRET, START)


@given(GRANTS)
def test_a_day_long_token_is_renewed_after_9_6_to_12_hours(grant: GrantId) -> None:
    due = RotationPolicy().due_at(a_pair(), grant) - START
    assert 9.6 * HOUR < due <= 12 * HOUR


def test_due_times_are_spread_evenly_over_a_fleet() -> None:
    dues = sorted(RotationPolicy().due_at(a_pair(), GrantId(f"grant-{n}")) - START for n in range(1000))
    quarters = [sum(9.6 * HOUR + q * 0.6 * HOUR < due <= 9.6 * HOUR + (q + 1) * 0.6 * HOUR for due in dues) for q in range(4)]
    assert sum(quarters) == 1000
    assert all(200 < quarter < 300 for quarter in quarters)


def test_a_life_under_four_sweeps_is_due_at_once() -> None:
    policy = RotationPolicy(sweep_every=timedelta(seconds=15))
    assert policy.due_at(a_pair(timedelta(seconds=59)), GrantId("g")) == START
    assert policy.due_at(a_pair(timedelta(seconds=60)), GrantId("g")) > START


@given(GRANTS)
def test_a_long_term_token_is_looked_at_within_twelve_hours(grant: GrantId) -> None:
    assert 10 * HOUR < RotationPolicy().due_at(a_long_term_token(), grant) - START <= 12 * HOUR


@pytest.mark.parametrize(
    "numbers",
    [
        {"sweep_every": timedelta(hours=3)},
        {"sweep_every": timedelta(0)},
        {"lease": timedelta(seconds=19)},
        {"rotate_at": 0.1},
        {"rotate_at": 1.0},
        {"rotate_at": 0.9999},
    ],
)
def test_numbers_under_which_a_token_could_lapse_are_refused(numbers: dict[str, object]) -> None:
    with pytest.raises(UnsafePolicy):
        RotationPolicy(**numbers)  # type: ignore[arg-type] # of several types


def test_all_faults_of_a_policy_are_named_at_once() -> None:
    with pytest.raises(UnsafePolicy) as refused:
        RotationPolicy(sweep_every=timedelta(days=1), lease=timedelta(seconds=1))
    assert len(refused.value.faults) == 2


@given(GRANTS, st.integers(1, 60), LIVES, st.floats(0, 2))
def test_a_back_off_is_never_longer_than_its_cap_nor_than_the_wait_for_the_last_hour(
    grant: GrantId, failures: int, life: timedelta, share: float
) -> None:
    pair, now = a_pair(life), START + life * share
    pause = again_at(pair, grant, failures, now) - now
    assert FIRST_BACK_OFF * 0.7 < pause <= LONGEST_BACK_OFF
    if now < urgent_at(pair):
        assert now + pause <= max(urgent_at(pair), now + FIRST_BACK_OFF)
    elif now < pair.access_expires_at:
        assert pause <= timedelta(seconds=30)


def test_back_offs_double() -> None:
    grant = GrantId("g")
    pauses = [again_at(None, grant, n, START) - START for n in range(1, 12)]
    assert all(1.4 < later / earlier < 2.8 for earlier, later in pairwise(pauses[:7]))
    assert pauses[-1] > LONGEST_BACK_OFF * 0.7


def test_asking_for_validity_is_bounded_by_a_third_of_the_life() -> None:
    assert usual_validity(a_pair()) == timedelta(minutes=5)
    assert usual_validity(a_pair(timedelta(minutes=3))) == timedelta(minutes=1)
    assert longest_validity(a_pair()) == 8 * HOUR


def test_the_last_hour_of_a_short_life_is_a_twenty_fourth_of_it() -> None:
    assert a_pair().access_expires_at - urgent_at(a_pair()) == HOUR
    short = a_pair(timedelta(minutes=24))
    assert short.access_expires_at - urgent_at(short) == timedelta(minutes=1)


REFUSED = Reason.REFRESH_TOKEN_REFUSED
LATER = START + 30 * HOUR
ENDED = Degraded(START, REFUSED)
FRESHLY = Refusals(START, START)
PROBED = FRESHLY.probed(works=True)
RIPE = Refusals(START - HOUR, START - HOUR, access_works=False, in_line=True)
DECISIONS: list[tuple[Tokens | None, Health, Refusals | None, bool, object]] = [
    (a_pair(), Active(), None, False, Rotate(a_pair())),
    (a_long_term_token(), Active(), None, False, Probe(A_SECRET)),
    (a_pair(), Degraded(LATER, REFUSED), FRESHLY, False, Probe(A_SECRET)),
    (a_pair(), Degraded(LATER, REFUSED), PROBED, False, Keep()),
    (a_pair(), Degraded(LATER, REFUSED), RIPE, False, Rotate(a_pair())),
    (a_pair(), Degraded(LATER, REFUSED), PROBED.hastened(), False, Rotate(a_pair())),
    (a_pair(), ENDED, PROBED, False, Reauthorise(REFUSED)),
    (a_pair(), ENDED, FRESHLY, False, Reauthorise(REFUSED)),
    (a_pair(), NeedsReauth(REFUSED, START), PROBED, False, Keep()),
    (a_pair(), NeedsReauth(REFUSED, START), RIPE, False, Rotate(a_pair())),
    (a_pair(), NeedsReauth(REFUSED, START), PROBED, True, Rotate(a_pair())),
    (a_pair(), Degraded(LATER, REFUSED), PROBED, True, Rotate(a_pair())),
    (a_long_term_token(), NeedsReauth(REFUSED, START), PROBED, False, Keep()),
    (a_long_term_token(), NeedsReauth(REFUSED, START), RIPE, False, Probe(A_SECRET)),
    (a_long_term_token(), NeedsReauth(REFUSED, START), PROBED, True, Probe(A_SECRET)),
    (None, Revoked(), None, False, Keep()),
    (None, Superseded(), None, True, Keep()),
]


@pytest.mark.parametrize(("tokens", "health", "refusals", "insist", "expected"), DECISIONS)
def test_what_is_done_with_a_grant_whose_time_has_come(
    tokens: Tokens | None, health: Health, refusals: Refusals | None, insist: bool, expected: object
) -> None:
    assert decide(tokens, health, START, refusals=refusals, insist=insist) == expected
