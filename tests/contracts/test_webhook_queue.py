from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from application.ports.webhook_queue import Attempted, Delivered, GivenUp, PutOff, QueueStanding, TakenMessage
from domain.ids import GrantId
from domain.webhook_payloads import WebhookMessage
from support.builders import DAY, HOUR, MINUTE, START
from support.databases import Kept

WEBHOOKS = "webhooks"
ONE, OTHER = GrantId("grant-1"), GrantId("grant-2")


def message(position: int, *, grant: GrantId = ONE, part: int = 1, at: timedelta = timedelta(0)) -> WebhookMessage:
    return WebhookMessage(f"evt_{position}_{part}", "tokens.rotated", grant, position, part, START + at, '{"n":1}')


def add(kept: Kept, *messages: WebhookMessage) -> None:
    kept.webhooks.add(WEBHOOKS, messages, position=max(m.position for m in messages))


def take(kept: Kept, *, limit: int = 100, lease: timedelta = MINUTE) -> list[TakenMessage]:
    return kept.webhooks.take_due(limit=limit, lease=lease)


def places(taken: list[TakenMessage]) -> list[tuple[int, int]]:
    return [(one.message.position, one.message.part) for one in taken]


def settle(kept: Kept, outcome: Callable[[], Delivered | GivenUp | PutOff], *taken: TakenMessage) -> None:
    kept.webhooks.settle([Attempted(one, outcome()) for one in taken])


def deliver_all(kept: Kept) -> list[tuple[int, int]]:
    order = list[tuple[int, int]]()
    while taken := take(kept):
        order += places(taken)
        settle(kept, Delivered, *taken)
    return order


def test_a_message_comes_back_as_it_was_queued(kept: Kept) -> None:
    add(kept, message(7, at=HOUR))
    assert take(kept) == [TakenMessage(message(7, at=HOUR), attempts=1, queued_at=kept.clock.now())]


def test_of_a_grant_the_oldest_one_alone_can_be_taken(kept: Kept) -> None:
    add(kept, message(1), message(2, part=1), message(2, part=2), message(3, grant=OTHER))
    first = take(kept)
    assert places(first) == [(1, 1), (3, 1)]
    assert take(kept) == []
    settle(kept, Delivered, *first)
    assert deliver_all(kept) == [(2, 1), (2, 2)]
    assert kept.webhooks.standing() == QueueStanding(0, None, 0)


def test_one_that_is_put_off_holds_up_its_own_grant_alone(kept: Kept) -> None:
    add(kept, message(1), message(2), message(3, grant=OTHER), message(4, grant=OTHER))
    failing, other = take(kept)
    settle(kept, lambda: PutOff(kept.clock.now() + HOUR), failing)
    settle(kept, Delivered, other)
    assert deliver_all(kept) == [(4, 1)]
    kept.clock.advance(HOUR)
    again = take(kept)
    assert [(one.message.position, one.attempts) for one in again] == [(1, 2)]
    settle(kept, Delivered, *again)
    assert deliver_all(kept) == [(2, 1)]


def test_one_that_is_given_up_lets_the_next_one_go_and_is_kept(kept: Kept) -> None:
    add(kept, message(1), message(2))
    settle(kept, GivenUp, *take(kept))
    assert deliver_all(kept) == [(2, 1)]
    [letter] = kept.webhooks.dead_letters(limit=9)
    assert (letter.message, letter.attempts, letter.given_up_at) == (message(1), 1, kept.clock.now())
    assert kept.webhooks.standing() == QueueStanding(0, None, 1)


def test_what_a_deliverer_left_is_due_again_when_its_lease_ends(kept: Kept) -> None:
    add(kept, message(1))
    [left] = take(kept, lease=MINUTE)
    kept.clock.advance(MINUTE - timedelta(seconds=1))
    assert take(kept) == []
    kept.clock.advance(timedelta(seconds=1))
    [again] = take(kept)
    settle(kept, lambda: PutOff(kept.clock.now() + DAY), left)
    settle(kept, GivenUp, left)
    settle(kept, Delivered, left)
    assert kept.webhooks.standing().waiting == 1
    settle(kept, Delivered, again)
    assert kept.webhooks.standing() == QueueStanding(0, None, 0)


def test_no_more_are_taken_than_asked_for_the_longest_due_first(kept: Kept) -> None:
    for n in range(1, 6):
        add(kept, message(n, grant=GrantId(f"grant-{n}")))
        kept.clock.advance(MINUTE)
    assert [places(take(kept, limit=2, lease=DAY)) for _ in range(4)] == [[(1, 1), (2, 1)], [(3, 1), (4, 1)], [(5, 1)], []]


def test_what_was_queued_up_to_the_cursor_is_not_queued_again(kept: Kept) -> None:
    add(kept, message(1), message(2))
    assert deliver_all(kept) == [(1, 1), (2, 1)]
    add(kept, message(1), message(2), message(3))
    assert deliver_all(kept) == [(3, 1)]
    add(kept, message(1))
    assert deliver_all(kept) == []


def test_the_cursor_is_the_one_by_which_the_outbox_is_read(kept: Kept) -> None:
    kept.webhooks.add(WEBHOOKS, [], position=5)
    kept.feed.passed(WEBHOOKS, 9)
    add(kept, message(9))
    assert deliver_all(kept) == []


def test_what_is_sent_again_goes_in_its_old_place_whatever_became_of_it(kept: Kept) -> None:
    add(kept, *(message(n) for n in range(1, 6)))
    settle(kept, Delivered, *take(kept))
    settle(kept, GivenUp, *take(kept))
    settle(kept, lambda: PutOff(kept.clock.now() + DAY), *take(kept))
    kept.webhooks.add_again([message(1), message(2), message(3)])
    assert kept.webhooks.standing() == QueueStanding(5, kept.clock.now(), 0)
    taken = take(kept)
    assert [(one.message.position, one.attempts) for one in taken] == [(1, 1)]
    settle(kept, Delivered, *taken)
    assert deliver_all(kept) == [(n, 1) for n in (2, 3, 4, 5)]


def test_dead_letters_are_queued_again_by_when_their_events_came_true(kept: Kept) -> None:
    add(kept, message(1), message(2, at=DAY), message(3, at=2 * DAY))
    for _ in range(3):
        settle(kept, GivenUp, *take(kept))
    kept.clock.advance(HOUR)
    assert kept.webhooks.revive(START + DAY) == 2
    assert kept.webhooks.standing() == QueueStanding(2, kept.clock.now(), 1)
    assert deliver_all(kept) == [(2, 1), (3, 1)]


def test_the_newest_dead_letters_come_first(kept: Kept) -> None:
    add(kept, *(message(n, grant=GrantId(f"grant-{n}")) for n in range(1, 4)))
    for one in take(kept):
        settle(kept, GivenUp, one)
        kept.clock.advance(MINUTE)
    assert [letter.message.position for letter in kept.webhooks.dead_letters(limit=2)] == [3, 2]


def test_old_dead_letters_are_forgotten_and_so_are_messages_that_nobody_wants(kept: Kept) -> None:
    add(kept, *(message(n, grant=GrantId(f"grant-{n}")) for n in range(1, 4)), message(4, grant=GrantId("grant-3")))
    first, second, _ = take(kept)
    settle(kept, GivenUp, first)
    kept.clock.advance(DAY)
    settle(kept, GivenUp, second)
    kept.clock.advance(DAY)
    assert kept.webhooks.forget(kept.clock.now() - DAY, limit=100) == 1
    assert [letter.message.position for letter in kept.webhooks.dead_letters(limit=9)] == [2]
    assert kept.webhooks.forget_waiting(START + MINUTE, limit=1) == 1
    assert kept.webhooks.forget_waiting(START + MINUTE, limit=100) == 1
    assert kept.webhooks.standing() == QueueStanding(0, None, 1)


def test_what_is_forgotten_holds_up_nobody(kept: Kept) -> None:
    add(kept, message(1))
    settle(kept, lambda: PutOff(kept.clock.now() + 300 * DAY), *take(kept))
    kept.clock.advance(DAY)
    add(kept, message(2))
    assert kept.webhooks.forget_waiting(kept.clock.now(), limit=100) == 1
    assert deliver_all(kept) == [(2, 1)]


def test_whoever_forgets_the_outbox_forgets_the_messages(kept: Kept) -> None:
    add(kept, message(1), message(2))
    settle(kept, GivenUp, *take(kept))
    with kept.store.write() as work:
        work.outbox.clear()
    assert kept.webhooks.standing().waiting == 1
    with kept.store.write() as work:
        work.outbox.clear()
        work.commit()
    assert kept.webhooks.standing() == QueueStanding(0, None, 0)
