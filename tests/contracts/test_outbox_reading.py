from __future__ import annotations

from datetime import timedelta

from domain.events import Event, TokensRotated
from domain.ids import GrantId
from support.builders import ANNA, DAY, START
from support.databases import Kept

WEEK = 7 * DAY
MIRROR, WEBHOOKS = "mirror", "webhooks"


def rotated(generation: int, *, at: timedelta = timedelta(0)) -> TokensRotated:
    return TokensRotated(GrantId("grant-1"), ANNA, generation, at=START + at)


def tell(kept: Kept, *events: Event) -> None:
    with kept.store.write() as work:
        work.outbox.add(events)
        work.commit()


def read(kept: Kept, consumer: str = MIRROR, *, limit: int = 100) -> list[int]:
    """What a consumer is given, by the generations that the facts tell of."""
    return [f.event.generation for f in kept.feed.read(consumer, limit=limit) if isinstance(f.event, TokensRotated)]


def read_and_pass(kept: Kept, consumer: str = MIRROR, *, limit: int = 100) -> list[int]:
    facts = kept.feed.read(consumer, limit=limit)
    if facts:
        kept.feed.passed(consumer, facts[-1].position)
    return [f.event.generation for f in facts if isinstance(f.event, TokensRotated)]


def test_each_reader_goes_on_where_it_was(kept: Kept) -> None:
    tell(kept, rotated(1), rotated(2), rotated(3))
    assert read_and_pass(kept, limit=2) == [1, 2]
    assert read_and_pass(kept, WEBHOOKS) == [1, 2, 3]
    tell(kept, rotated(4))
    assert read_and_pass(kept) == [3, 4]
    assert (read_and_pass(kept), read_and_pass(kept, WEBHOOKS)) == ([], [4])


def test_what_was_not_passed_is_read_again_with_the_same_id_and_place(kept: Kept) -> None:
    tell(kept, rotated(1), rotated(2))
    assert kept.feed.read(MIRROR, limit=9) == kept.feed.read(MIRROR, limit=9) == kept.feed.read(WEBHOOKS, limit=9)


def test_a_cursor_never_goes_back(kept: Kept) -> None:
    tell(kept, rotated(1), rotated(2))
    first, second = kept.feed.read(MIRROR, limit=9)
    kept.feed.passed(MIRROR, second.position)
    kept.feed.passed(MIRROR, first.position)
    assert read(kept) == []


def test_without_readers_facts_go_when_they_are_old(kept: Kept) -> None:
    tell(kept, rotated(1), rotated(2, at=DAY), rotated(3, at=3 * DAY))
    assert kept.feed.prune((), START + 2 * DAY, limit=100) == 2
    assert kept.facts() == [rotated(3, at=3 * DAY)]


def test_a_fact_stays_for_as_long_as_is_said_after_the_slowest_reader_passed_it(kept: Kept) -> None:
    tell(kept, rotated(1), rotated(2), rotated(3))
    both = (MIRROR, WEBHOOKS)
    read_and_pass(kept)
    read_and_pass(kept, WEBHOOKS, limit=2)
    kept.feed.mark(both, START + DAY)
    assert kept.feed.prune(both, START + DAY, limit=100) == 0
    read_and_pass(kept, WEBHOOKS)
    kept.feed.mark(both, START + 2 * DAY)
    assert kept.feed.prune(both, START + DAY + timedelta(seconds=1), limit=100) == 2
    assert kept.facts() == [rotated(3)]
    assert kept.feed.prune(both, START + 3 * DAY, limit=100) == 1


def test_a_reader_that_never_read_keeps_everything(kept: Kept) -> None:
    tell(kept, rotated(1))
    read_and_pass(kept)
    kept.feed.mark((MIRROR, WEBHOOKS), START)
    assert kept.feed.prune((MIRROR, WEBHOOKS), START + WEEK, limit=100) == 0
    assert kept.feed.prune((MIRROR,), START + WEEK, limit=100) == 1


def test_facts_go_in_batches_the_oldest_first(kept: Kept) -> None:
    tell(kept, *(rotated(n) for n in range(1, 8)))
    assert [kept.feed.prune((), START + DAY, limit=3) for _ in range(4)] == [3, 3, 1, 0]
    tell(kept, *(rotated(n) for n in range(1, 8)))
    read_and_pass(kept)
    kept.feed.mark((MIRROR,), START)
    assert kept.feed.prune((MIRROR,), START + DAY, limit=3) == 3
    assert [e.generation for e in kept.facts() if isinstance(e, TokensRotated)] == [4, 5, 6, 7]


def test_places_go_on_where_everything_was_pruned(kept: Kept) -> None:
    tell(kept, rotated(1), rotated(2))
    read_and_pass(kept)
    assert kept.feed.prune((), START + DAY, limit=100) == 2
    tell(kept, rotated(3))
    assert read_and_pass(kept) == [3]
    assert read(kept, WEBHOOKS) == [3]


def test_what_comes_while_others_read_is_given_to_all_in_one_order(kept: Kept) -> None:
    seen: dict[str, list[int]] = {MIRROR: [], WEBHOOKS: []}
    for n in range(1, 13):
        tell(kept, rotated(n))
        if n % 3 == 0:
            seen[MIRROR] += read_and_pass(kept, limit=2)
        if n % 4 == 0:
            seen[WEBHOOKS] += read_and_pass(kept, WEBHOOKS)
    for consumer in seen:
        while some := read_and_pass(kept, consumer):
            seen[consumer] += some
    assert seen == {MIRROR: list(range(1, 13)), WEBHOOKS: list(range(1, 13))}


def test_what_came_true_since_a_time_is_read_again_page_by_page(kept: Kept) -> None:
    tell(kept, *(rotated(n, at=n * DAY) for n in range(1, 6)))
    read_and_pass(kept)
    first = kept.feed.since(START + 2 * DAY, after=0, limit=2)
    second = kept.feed.since(START + 2 * DAY, after=first[-1].position, limit=9)
    assert [f.event.generation for f in (*first, *second) if isinstance(f.event, TokensRotated)] == [2, 3, 4, 5]
    assert kept.feed.since(START + 9 * DAY, after=0, limit=9) == []
    assert read(kept) == []
