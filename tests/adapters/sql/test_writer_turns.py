import threading
from datetime import timedelta

import pytest

from adapters.sql.writer_turns import Turns
from domain.errors import StoreUnavailable


def test_a_settle_goes_before_all_who_waited_longer() -> None:
    turns, order = Turns(timedelta(seconds=10)), list[str]()

    def write(name: str, *, first: bool) -> None:
        with turns.turn(first=first):
            order.append(name)

    with turns.turn(first=False):
        names = [*(f"claim {n}" for n in range(5)), *(f"settle {n}" for n in range(3))]
        threads = [threading.Thread(target=write, args=(name,), kwargs={"first": "settle" in name}) for name in names]
        for number, thread in enumerate(threads, start=1):
            thread.start()
            while turns.waiting < number:
                pass
    for thread in threads:
        thread.join()
    assert {name.split()[0] for name in order[:3]} == {"settle"}
    assert len(order) == 8


@pytest.mark.parametrize("first", (True, False))
def test_a_turn_that_does_not_come_is_not_waited_for_without_end(*, first: bool) -> None:
    turns = Turns(timedelta(milliseconds=20))
    with turns.turn(first=False), pytest.raises(StoreUnavailable), turns.turn(first=first):
        pytest.fail("nobody may have a turn here")
    with turns.turn(first=False):
        pass


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns(timedelta(milliseconds=20))
    with pytest.raises(ZeroDivisionError), turns.turn(first=True):
        raise ZeroDivisionError
    with turns.turn(first=False):
        pass
