from datetime import timedelta

from domain.vended_validity import longest_validity, usual_validity
from support.builders import HOUR, a_pair


def test_asking_for_validity_is_bounded_by_a_third_of_the_life() -> None:
    assert usual_validity(a_pair()) == timedelta(minutes=5)
    assert usual_validity(a_pair(life=timedelta(minutes=3))) == timedelta(minutes=1)
    assert longest_validity(a_pair()) == 8 * HOUR
