from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from application.deliver_events import LEASE, SENT_AT_ONCE, DeliveryReport
from application.ports.webhook_receiver import Later, NotTaken, Taken
from application.rotation.permit_turn import never
from domain.advertiser import Standing
from domain.connection_view import view_of
from domain.database_identity import DatabaseIdentity
from domain.events import (
    AccountsAdded,
    AccountStandingChanged,
    Event,
    GrantErased,
    RevocationGivenUp,
    TokenRevoked,
    TokensRotated,
)
from domain.grant import Grant
from domain.ids import ConnectionId, GrantId, OwnerId
from domain.webhook_attempts import GIVEN_UP_AFTER, LONGEST_PAUSE
from domain.webhook_payloads import MOST_CONNECTIONS, TYPES
from entrypoints.http.api.bodies import ConnectionBody
from entrypoints.http.api.connections import connection_body
from entrypoints.testing import ApplicationOverMemory, application_over_memory
from support.builders import ANNA, BERT, HOUR, a_grant, account
from support.webhook_events import an_event_of_each_type

TURN = timedelta(seconds=20)


@dataclass
class ScriptedReceiver:
    """Takes everything, but for messages about grants that it refuses."""

    configured: bool = True
    answer: Taken | Later | NotTaken = field(default_factory=Taken)
    refused: set[str] = field(default_factory=set)
    taken: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)
    tried: int = 0

    def send(self, message: str, body: str, *, attempt: int) -> Taken | Later | NotTaken:
        self.tried += 1
        content = json.loads(body)
        if content["data"]["grantId"] in self.refused:
            return NotTaken("status 400")
        if isinstance(self.answer, Taken):
            self.taken.append((message, attempt, content))
        return self.answer

    def check(self) -> None:
        pass

    def contents(self, grant: str | None = None) -> list[dict[str, Any]]:
        return [content for _, _, content in self.taken if grant in {None, content["data"]["grantId"]}]

    def generations(self, grant: str) -> list[int]:
        return [content["data"]["generation"] for content in self.contents(grant)]


@dataclass
class Installation:
    """The whole application with a receiver, and short words for what these tests do to it."""

    receiver: ScriptedReceiver
    product: ApplicationOverMemory[Any]

    def store(self, *grants: Grant) -> None:
        with self.product.container.store().write() as work:
            for grant in grants:
                grant.events.clear()
                work.grants.add(grant)
            work.commit()

    def tell(self, *events: Event) -> None:
        with self.product.container.store().write() as work:
            work.outbox.add(events)
            work.commit()

    def rotations(self, grant: str, generations: Iterable[int], owner: OwnerId = ANNA) -> None:
        now = self.product.clock.now()
        self.tell(*(TokensRotated(GrantId(grant), owner, n, at=now) for n in generations))

    def deliver(self) -> DeliveryReport:
        return self.product.container.deliver_events()(for_at_most=TURN, stopping=never)

    def deliver_for(self, span: timedelta, *, every: timedelta = HOUR) -> None:
        end = self.product.clock.now() + span
        while self.product.clock.now() < end:
            self.product.clock.advance(every)
            self.deliver()


def installed(receiver: ScriptedReceiver | None = None) -> Installation:
    receiver = receiver or ScriptedReceiver()
    return Installation(receiver, application_over_memory(webhook_receiver=receiver))


@pytest.fixture
def here() -> Installation:
    return installed()


def test_every_type_arrives_once_in_order_with_its_connections_as_the_api_lists_them(here: Installation) -> None:
    grant = a_grant("grant-1", connects=(1, 2))
    here.store(grant)
    events = an_event_of_each_type(grant)
    here.tell(*events.values())
    assert here.deliver() == DeliveryReport(taken=len(events))
    assert [content["type"] for content in here.receiver.contents()] == list(events) == list(TYPES)
    assert len({message for message, _, _ in here.receiver.taken}) == len(events)
    now = here.product.clock.now()
    listed = {one.id: connection_body(view_of(grant, one, now)) for one in grant.connections.values()}
    concerned = {"account.disconnected": 0, "tokens.rotated": 2, "grant.degraded": 2, "account.lost": 1, "spend.imported": 1}
    for content in here.receiver.contents():
        assert content["timestamp"] == "2030-01-01T00:00:00Z"
        assert content["data"]["userId"] == ANNA
        bodies = [msgspec.convert(body, ConnectionBody) for body in content["data"]["connections"]]
        assert bodies == [listed[ConnectionId(body.id)] for body in bodies]
        assert len(bodies) == concerned.get(content["type"], len(bodies))
    assert here.deliver() == DeliveryReport()


def test_what_each_type_says_besides(here: Installation) -> None:
    grant = a_grant("grant-1", connects=(1,))
    here.store(grant)
    here.tell(*an_event_of_each_type(grant).values(), AccountsAdded(grant.id, grant.owner, (account(7),), at=grant.created_at))
    here.deliver()
    common = {"userId", "grantId", "sequence", "part", "parts", "connections"}
    besides = [{k: v for k, v in content["data"].items() if k not in common} for content in here.receiver.contents()]
    assert besides == [
        {"connectionIds": ["grant-1/1"]},
        {"connectionId": "gone"},
        {"connectionId": "grant-1/1"},
        {"connectionId": "grant-1/1", "accountIds": []},
        {"connectionId": "grant-1/1", "standing": "punished"},
        {"connectionId": "grant-1/1", "standing": "open"},
        {"generation": 2},
        {"reason": "refresh_token_refused", "usableUntil": "2030-01-01T01:00:00Z"},
        {"generation": 3},
        {"reason": "key_lost"},
        {"days": 60, "endsAt": "2030-03-02T00:00:00Z"},
        {"connectionId": "grant-1/1", "from": "2030-01-01", "to": "2030-01-07"},
        {"connectionId": None, "accountIds": [account(7)]},
    ]


def test_no_token_is_told(here: Installation) -> None:
    grant = a_grant("grant-1", connects=(1,))
    here.store(grant)
    here.tell(*an_event_of_each_type(grant).values())
    here.deliver()
    told = json.dumps(here.receiver.contents())
    assert "access of" not in told
    assert "refresh of" not in told
    assert "print of" not in told


def test_what_concerns_nobody_outside_is_passed_over(here: Installation) -> None:
    whose, now = (GrantId("grant-1"), ANNA), here.product.clock.now()
    here.tell(
        GrantErased(*whose, revoked=True, at=now),
        TokenRevoked(*whose, shared=False, at=now),
        RevocationGivenUp(*whose, at=now),
        AccountStandingChanged(*whose, ConnectionId("c"), Standing.UNREAD, at=now),
    )
    assert here.deliver() == DeliveryReport()
    assert here.product.container.outbox_feed().read("webhooks", limit=9) == []


def test_many_connections_are_told_in_parts(here: Installation) -> None:
    here.store(a_grant("grant-1", connects=range(1, 2 * MOST_CONNECTIONS + 2)))
    here.rotations("grant-1", [2])
    assert here.deliver().taken == 3
    parts = [content["data"] for content in here.receiver.contents()]
    assert [(data["part"], data["parts"], len(data["connections"])) for data in parts] == [(1, 3, 100), (2, 3, 100), (3, 3, 1)]
    assert len({body["id"] for data in parts for body in data["connections"]}) == 2 * MOST_CONNECTIONS + 1
    assert len({message for message, _, _ in here.receiver.taken}) == 3


def test_a_failing_event_of_one_grant_holds_up_that_grants_later_ones_alone(here: Installation) -> None:
    for n in (2, 3, 4):
        here.rotations("broken", [n])
        here.rotations("sound", [n], owner=BERT)
    here.receiver.refused.add("broken")
    here.deliver()
    assert (here.receiver.generations("sound"), here.receiver.generations("broken")) == ([2, 3, 4], [])
    here.receiver.refused.clear()
    here.deliver_for(HOUR, every=timedelta(seconds=10))
    assert here.receiver.generations("broken") == [2, 3, 4]
    assert next(attempt > 1 for _, attempt, content in here.receiver.taken if content["data"]["grantId"] == "broken")


def test_a_receiver_that_is_away_costs_a_batch_a_turn_and_misses_nothing(here: Installation) -> None:
    for n in range(50):
        here.rotations(f"grant-{n}", [2, 3])
    here.receiver.answer = Later("ConnectError")
    assert here.deliver() == DeliveryReport(put_off=SENT_AT_ONCE)
    assert here.receiver.tried == SENT_AT_ONCE
    here.deliver_for(timedelta(hours=12))
    here.receiver.answer = Taken()
    here.deliver_for(LONGEST_PAUSE)
    assert all(here.receiver.generations(f"grant-{n}") == [2, 3] for n in range(50))


def test_a_pause_that_the_receiver_asks_for_is_kept(here: Installation) -> None:
    here.rotations("grant-1", [2])
    here.receiver.answer = Later("status 503", pause=HOUR)
    here.deliver()
    here.receiver.answer = Taken()
    here.product.clock.advance(timedelta(minutes=59))
    assert here.deliver() == DeliveryReport()
    here.product.clock.advance(timedelta(minutes=1))
    assert here.deliver() == DeliveryReport(taken=1)


def test_what_nobody_took_in_three_days_becomes_a_dead_letter_and_the_next_one_goes(
    here: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    here.rotations("broken", [2])
    here.receiver.refused.add("broken")
    with caplog.at_level(logging.INFO):
        here.deliver_for(GIVEN_UP_AFTER + LONGEST_PAUSE)
        here.receiver.refused.clear()
        here.rotations("broken", [3])
        here.deliver()
    assert here.receiver.generations("broken") == [3]
    [letter] = here.product.container.replay_events().dead_letters()
    assert (letter.message.type, letter.message.grant) == ("tokens.rotated", "broken")
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR", "INFO"]


def test_a_replay_sends_what_came_true_since_then_again_in_order_under_the_same_ids(here: Installation) -> None:
    here.store(a_grant("grant-1", connects=(1,)))
    here.rotations("grant-1", [2])
    here.product.clock.advance(HOUR)
    since = here.product.clock.now()
    here.rotations("grant-1", [3, 4])
    here.deliver()
    first = [message for message, _, _ in here.receiver.taken]
    assert here.product.container.replay_events()(since) == 2
    here.deliver()
    assert [message for message, _, _ in here.receiver.taken] == [*first, *first[1:]]
    assert here.receiver.generations("grant-1") == [2, 3, 4, 3, 4]


def test_a_replay_takes_dead_letters_along_also_when_the_outbox_has_forgotten_them(here: Installation) -> None:
    began = here.product.clock.now()
    here.rotations("broken", [2])
    here.receiver.refused.add("broken")
    here.deliver_for(GIVEN_UP_AFTER + LONGEST_PAUSE)
    here.receiver.refused.clear()
    feed = here.product.container.outbox_feed()
    assert feed.prune((), here.product.clock.now(), limit=100) == 1
    assert here.product.container.replay_events()(began) == 1
    here.deliver()
    assert here.receiver.generations("broken") == [2]
    assert here.product.container.replay_events().dead_letters() == []


def test_a_deliverer_that_died_delays_its_messages_and_loses_none(here: Installation) -> None:
    here.rotations("grant-1", [2, 3])
    here.receiver.answer = Later("ConnectError")
    here.deliver()
    queue = here.product.container.webhook_queue()
    here.product.clock.advance(HOUR)
    assert len(queue.take_due(limit=9, lease=LEASE)) == 1  # and its deliverer dies here
    here.receiver.answer = Taken()
    assert here.deliver() == DeliveryReport()
    here.product.clock.advance(LEASE)
    here.deliver()
    assert here.receiver.generations("grant-1") == [2, 3]


def test_without_a_receiver_nothing_waits() -> None:
    here = installed(ScriptedReceiver(configured=False))
    here.rotations("grant-1", [2])
    assert here.deliver() == DeliveryReport()
    assert here.product.container.webhook_queue().standing().waiting == 0
    assert here.product.container.outbox_consumers() == frozenset()
    here.product.clock.advance(timedelta(days=8))
    assert here.product.container.prune_history()().facts == 1


def test_with_a_receiver_facts_are_kept_until_they_are_queued(here: Installation) -> None:
    here.rotations("grant-1", [2])
    here.product.clock.advance(timedelta(days=30))
    assert here.product.container.prune_history()().facts == 0
    assert here.deliver().taken == 1


def test_a_receiver_that_is_no_more_leaves_nothing_behind_for_long(here: Installation) -> None:
    here.rotations("grant-1", [2, 3])
    here.receiver.answer = Later("ConnectError")
    here.deliver()
    here.product.clock.advance(timedelta(days=8))
    assert here.product.container.prune_history()().webhooks == 0
    here.receiver.configured = False
    assert here.product.container.prune_history()().webhooks == 2


def test_while_the_database_is_on_hold_nothing_is_told(here: Installation) -> None:
    here.rotations("grant-1", [2])
    record = here.product.container.identity_record()
    elsewhere = "https://elsewhere.test"
    record.change(lambda identity, _: moved_to(identity, elsewhere))
    here.product.clock.advance(timedelta(minutes=1))
    assert here.product.container.identity_watch().hold() is not None
    assert here.deliver() == DeliveryReport()
    assert here.receiver.tried == 0


def moved_to(identity: DatabaseIdentity, home: str) -> DatabaseIdentity:
    return replace(identity, home=home)


def test_a_stop_ends_it_between_two_batches(here: Installation) -> None:
    here.rotations("grant-1", range(2, 9))
    report = here.product.container.deliver_events()(for_at_most=TURN, stopping=lambda: here.receiver.tried >= 3)
    assert report == DeliveryReport(taken=3)
