from hypothesis import given
from hypothesis import strategies as st

from domain.ids import OwnerId
from domain.owner_turns import in_turns, round_robin

OWNERS = st.sampled_from([OwnerId(f"owner-{n}") for n in range(14)])


@given(st.lists(OWNERS, max_size=60), st.lists(OWNERS, max_size=12), st.integers(0, 60))
def test_of_ten_in_a_row_one_is_of_an_owner_while_others_wait(waiting: list[OwnerId], served: list[OwnerId], count: int) -> None:
    chosen = list(in_turns([(owner, number) for number, owner in enumerate(waiting)], served, count))
    assert len(chosen) == len(set(chosen)) == min(count, len(waiting))
    left, row = list(enumerate(waiting)), list(served)
    for number in chosen:
        recent = row[-9:]
        unserved = [place for place, owner in left if owner not in recent]
        assert number == min(unserved) if unserved else waiting[number] in recent
        left.remove((number, waiting[number]))
        row.append(waiting[number])


def test_one_owner_alone_gets_every_turn() -> None:
    assert list(in_turns([(OwnerId("one"), n) for n in range(30)], [OwnerId("one")] * 9, 20)) == list(range(20))


@given(st.lists(st.tuples(OWNERS, st.integers(0, 9)), max_size=60))
def test_in_a_round_robin_nobody_has_another_turn_before_everybody_who_waits_had_one(waiting: list[tuple[OwnerId, int]]) -> None:
    """What waits is named by its owner and a number; nothing is lost or served twice."""
    served = list(round_robin((owner, (owner, number)) for owner, number in waiting))
    assert sorted(served) == sorted(set(waiting))
    turns = [[owner for owner, _ in served[:place]].count(owner) for place, (owner, _) in enumerate(served)]
    assert turns == sorted(turns)
