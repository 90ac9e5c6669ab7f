from datetime import timedelta

from domain.erasure import Erasure
from support.builders import ANNA, BERT, DAY, START, a_grant, an_offer
from support.databases import Kept

FIRST = Erasure("digest-1", "receipt-1", START)


def note(kept: Kept, *erasures: Erasure) -> None:
    with kept.store.write() as work:
        for erasure in erasures:
            work.erasures.note(erasure)
        work.commit()


def noted(kept: Kept, digest: str = "digest-1") -> Erasure | None:
    with kept.store.read() as work:
        return work.erasures.of(digest)


def test_an_erasure_comes_back_as_it_was_noted(kept: Kept) -> None:
    note(kept, FIRST, Erasure("digest-2", "receipt-2", START + DAY))
    assert noted(kept) == FIRST
    assert noted(kept, "digest-2") == Erasure("digest-2", "receipt-2", START + DAY)
    assert noted(kept, "unknown") is None


def test_the_newest_of_a_user_counts(kept: Kept) -> None:
    note(kept, FIRST)
    note(kept, FIRST.repeated(START + DAY))
    assert noted(kept) == FIRST.repeated(START + DAY)


def test_what_is_not_committed_is_not_noted(kept: Kept) -> None:
    with kept.store.write() as work:
        work.erasures.note(FIRST)
    assert noted(kept) is None


def test_old_ones_are_dropped(kept: Kept) -> None:
    note(kept, FIRST, Erasure("digest-2", "receipt-2", START + DAY))
    with kept.store.write() as work:
        assert work.erasures.forget(START + timedelta(hours=1)) == 1
        work.commit()
    assert (noted(kept), noted(kept, "digest-2") is not None) == (None, True)


def test_of_an_erased_users_choices_no_account_is_left(kept: Kept) -> None:
    mine, other = a_grant(), a_grant("grant-2", owner=BERT)
    kept.add(mine, other)
    of_mine, of_other = an_offer(mine.id), an_offer(other.id, "offer-2", owner=BERT)
    with kept.store.write() as work:
        work.offers.add(of_mine)
        work.offers.add(of_other)
        work.commit()
    with kept.store.write() as work:
        work.offers.empty_of(ANNA)
        work.commit()
    with kept.store.read() as work:
        emptied, untouched = work.offers.get(of_mine.id), work.offers.get(of_other.id)
    assert emptied is not None
    assert (emptied.advertisers, emptied.closed, emptied.chosen) == ((), True, None)
    assert untouched == of_other


def test_a_user_who_is_known_by_several_digests_has_the_newest_erasure_of_them(kept: Kept) -> None:
    newer = Erasure("digest-2", "receipt-2", START + DAY)
    note(kept, FIRST, newer)
    with kept.store.read() as work:
        assert work.erasures.of("digest-1", "digest-2") == newer
        assert work.erasures.of("digest-1", "unknown") == FIRST
        assert work.erasures.of("unknown") is None
