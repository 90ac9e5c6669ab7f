from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.back_off import FIRST_BACK_OFF, LONGEST_BACK_OFF, again_at, doubled
from domain.due_times import urgent_at
from domain.ids import GrantId
from support.builders import MINUTE, SECOND, START, a_pair

GRANTS = st.uuids().map(lambda u: GrantId(str(u)))
LIVES = st.timedeltas(timedelta(minutes=2), timedelta(days=3))


@pytest.mark.parametrize(("failures", "pause"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (10_000, 60)])
def test_each_failure_in_a_row_doubles_the_pause_up_to_the_longest(failures: int, pause: int) -> None:
    assert doubled(SECOND, failures, longest=MINUTE) == pause * SECOND


@given(GRANTS, st.integers(1, 60), LIVES, st.floats(0, 2))
def test_a_back_off_is_never_longer_than_its_cap_nor_than_the_wait_for_the_last_hour(
    grant: GrantId, failures: int, life: timedelta, share: float
) -> None:
    pair, now = a_pair(life=life), START + life * share
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
