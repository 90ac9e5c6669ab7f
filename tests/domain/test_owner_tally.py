from __future__ import annotations

import pytest

from domain.owner_tally import OwnerTally


@pytest.mark.parametrize(
    ("tally", "few", "speaks", "alarming"),
    [
        (OwnerTally(), True, False, False),
        (OwnerTally(rotated=3, newly_refused=1, only_refused=1), True, True, False),
        (OwnerTally(rotated=4, newly_refused=4, only_refused=4), False, False, False),
        (OwnerTally(rotated=11, newly_refused=1, only_refused=9), False, True, False),
        (OwnerTally(rotated=10, newly_refused=9, only_refused=10), False, True, True),
        (OwnerTally(rotated=0, newly_refused=0, only_refused=19), False, False, False),
    ],
)
def test_what_the_answers_of_others_say(tally: OwnerTally, few: bool, speaks: bool, alarming: bool) -> None:
    assert (tally.is_few, tally.speaks_for_refusals, tally.is_alarming) == (few, speaks, alarming)
