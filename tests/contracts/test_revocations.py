from dataclasses import replace
from datetime import timedelta

from domain.ids import AppId, RevocationId
from domain.queued_revocation import Revocation
from support.builders import ANNA, APP, BERT, HOUR, MINUTE, SECOND, START, a_revocation
from support.databases import Kept


def add(kept: Kept, *revocations: Revocation) -> None:
    with kept.store.write() as work:
        for revocation in revocations:
            work.revocations.add(revocation)
        work.commit()


def take(kept: Kept, *, limit: int = 10, after: timedelta = 0 * SECOND) -> list[Revocation]:
    with kept.store.write() as work:
        taken = work.revocations.take_due(APP, limit=limit, lease=MINUTE, now=START + after)
        work.commit()
        return taken


def test_a_revocation_comes_back_as_it_was_queued(kept: Kept) -> None:
    queued = replace(a_revocation(), queued_at=START - MINUTE)
    add(kept, queued)
    [taken] = take(kept)
    assert replace(taken, due_at=queued.due_at) == queued


def test_due_ones_come_oldest_first_and_only_once_within_their_lease(kept: Kept) -> None:
    add(kept, *(a_revocation(f"{h} h ago", due_at=START - h * HOUR) for h in (1, 3, 2, 0, -1)))
    assert [r.id for r in take(kept, limit=2)] == ["3 h ago", "2 h ago"]
    assert [r.id for r in take(kept)] == ["1 h ago", "0 h ago"]
    assert take(kept) == []
    assert take(kept, after=MINUTE - SECOND) == []
    assert len(take(kept, after=MINUTE)) == 4


def test_those_of_owners_who_were_served_come_last(kept: Kept) -> None:
    add(kept, *(replace(a_revocation(f"of one {n}", due_at=START - (9 - n) * HOUR), owner=ANNA) for n in range(3)))
    add(kept, replace(a_revocation("of another"), owner=BERT))
    with kept.store.write() as work:
        taken = work.revocations.take_due(APP, limit=3, lease=MINUTE, now=START, served={ANNA})
        work.commit()
    assert [r.id for r in taken] == ["of another", "of one 0", "of one 1"]


def test_a_failure_is_stored_with_the_next_due_time(kept: Kept) -> None:
    add(kept, a_revocation())
    [taken] = take(kept)
    with kept.store.write() as work:
        work.revocations.save(replace(taken, failures=3, due_at=START + HOUR))
        work.commit()
    assert take(kept, after=HOUR - SECOND) == []
    [again] = take(kept, after=HOUR)
    assert again.failures == 3


def test_a_revocation_that_is_done_is_gone(kept: Kept) -> None:
    add(kept, a_revocation(), a_revocation("revocation-2"))
    with kept.store.write() as work:
        work.revocations.done(RevocationId("revocation-1"))
        work.revocations.done(RevocationId("unknown"))
        work.commit()
    assert [r.id for r in take(kept)] == ["revocation-2"]


def asked(kept: Kept, *, after: timedelta = 0 * SECOND) -> tuple[bool, bool]:
    with kept.store.read() as work:
        return work.revocations.any_due(APP, START + after), work.revocations.under_way(START + after)


def test_a_revocation_is_due_then_under_way_then_due_again_when_its_lease_ends(kept: Kept) -> None:
    assert asked(kept) == (False, False)
    add(kept, a_revocation())
    assert asked(kept) == (True, False)
    take(kept)
    assert asked(kept) == (False, True)
    assert asked(kept, after=MINUTE) == (True, False)


def test_a_revocation_that_is_saved_or_done_is_no_longer_under_way(kept: Kept) -> None:
    add(kept, a_revocation(), a_revocation("revocation-2"))
    first, second = take(kept)
    with kept.store.write() as work:
        work.revocations.save(replace(first, due_at=START + HOUR))
        work.revocations.done(second.id)
        work.commit()
    assert asked(kept) == (False, False)


def test_a_revocation_of_another_app_waits_for_that_app_until_it_is_given_up(kept: Kept) -> None:
    other = AppId("another")
    add(kept, replace(a_revocation("theirs"), app=other, give_up_at=START + HOUR), a_revocation("ours"))
    assert [r.id for r in take(kept)] == ["ours"]
    with kept.store.write() as work:
        work.revocations.done(RevocationId("ours"))
        work.commit()
    assert asked(kept) == (False, False)
    with kept.store.write() as work:
        assert [r.id for r in work.revocations.take_due(other, limit=9, lease=MINUTE, now=START)] == ["theirs"]
    assert [r.id for r in take(kept, after=HOUR)] == ["theirs"], "nobody may send it then"


def test_a_queue_that_is_cleared_is_empty(kept: Kept) -> None:
    add(kept, a_revocation(), a_revocation("revocation-2", due_at=START + HOUR))
    with kept.store.write() as work:
        work.revocations.clear()
        work.commit()
    assert take(kept, after=2 * HOUR) == []
