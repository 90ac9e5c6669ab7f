from datetime import timedelta

import pytest

from domain.back_off import doubled

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize(("failures", "pause"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (10_000, 60)])
def test_each_failure_in_a_row_doubles_the_pause_up_to_the_longest(failures: int, pause: int) -> None:
    assert doubled(SECOND, failures, longest=MINUTE) == pause * SECOND
