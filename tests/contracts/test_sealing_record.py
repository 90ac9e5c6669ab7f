from concurrent.futures import ThreadPoolExecutor

from domain.sealing_state import SealingState
from domain.tokens import Sealed
from support.databases import Kept


def test_there_is_no_record_before_the_first(kept: Kept) -> None:
    assert kept.sealing_record.read() is None


def test_what_was_put_there_is_read_and_changed(kept: Kept) -> None:
    first, second = SealingState(Sealed(b"\x01\x02k1\x00\xff")), SealingState(Sealed(b"\x01\x02k2\xfe"))
    assert kept.sealing_record.change(lambda state: state or first) == first
    assert kept.sealing_record.change(lambda state: state or second) == first
    assert kept.sealing_record.change(lambda _: second) == second
    assert kept.sealing_record.read() == second


def test_of_many_that_begin_at_once_one_is_first(kept: Kept) -> None:
    states = [SealingState(Sealed(bytes([number]))) for number in range(8)]
    with ThreadPoolExecutor(8) as executor:
        seen = set(executor.map(lambda mine: kept.sealing_record.change(lambda state: state or mine), states))
    assert len(seen) == 1
