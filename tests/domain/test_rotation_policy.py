from datetime import timedelta

import pytest

from domain.errors import UnsafePolicy
from domain.rotation_policy import RotationPolicy


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
