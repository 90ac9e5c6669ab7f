"""What people, operators and the system do is in the audit trail, in the transaction that does it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from application.auditing.audit_batch import MOST_WAITING
from application.connecting.one_use_state import digest
from domain.audit_trail import SYSTEM, Act, Actor, ActorKind, AuditRecord, AuditSubject, VendRecord
from domain.consent import Choosing, ConsentFailure, Failed
from domain.errors import ConnectionNotFound, StoreUnavailable
from domain.ids import ConnectionId, OwnerId
from domain.tokens import Secret
from support.builders import ANNA, BERT, MINUTE
from support.world import BROWSER, World

AT_HOME = Actor.user(ANNA, "192.0.2.7")
IMPORTER = Actor.service("importer", "198.51.100.4")


def trail(world: World, owner: str | None = ANNA) -> list[AuditRecord]:
    records = world.database.rows.audit_trail.values()
    return [record for record in records if record.owner == owner]


def acts(world: World, owner: str | None = ANNA) -> list[Act]:
    return [record.act for record in trail(world, owner)]


def test_a_connection_is_in_the_trail_from_its_beginning_to_its_end() -> None:
    world = World()
    [connection] = world.connect("chloe")
    world.container.disconnect()(ANNA, connection.id, by=AT_HOME)
    begun, completed, connected, disconnected = trail(world)
    assert [r.act for r in (begun, completed, connected)] == [Act.CONNECT_BEGUN, Act.CONNECT_COMPLETED, Act.ACCOUNT_CONNECTED]
    assert {r.actor for r in (begun, completed, connected)} == {Actor.user(ANNA)}
    assert (completed.grant, completed.detail) == (connected.grant, "connected")
    assert (connected.connection, connected.account) == (connection.id, connection.advertiser.id)
    assert disconnected == replace(connected, act=Act.DISCONNECTED, actor=AT_HOME, at=world.clock.now(), detail="with_its_grant")


def test_a_choice_is_in_the_trail_with_each_account_and_so_is_its_end_without_one() -> None:
    world = World()
    offer = world.consent("ana")
    assert isinstance(offer, Choosing)
    chosen = [a.id for a in world.select.offered(ANNA, offer.offer).selectable][:2]
    connections = world.select(ANNA, offer.offer, chosen, by=AT_HOME)
    world.select(ANNA, offer.offer, chosen, by=AT_HOME)
    connected = [r for r in trail(world) if r.act is Act.ACCOUNT_CONNECTED]
    assert {(r.connection, r.account, r.actor) for r in connected} == {(c.id, c.advertiser.id, AT_HOME) for c in connections}
    assert [r.count for r in connected] == [1, 1], "the same choice again connects nothing"
    another = world.consent("ana", owner=BERT)
    assert isinstance(another, Choosing)
    assert world.select.cancel(BERT, another.offer)
    assert not acts(world, BERT).count(Act.ACCOUNT_CONNECTED)
    assert acts(world, BERT)[-1] is Act.CHOICE_CANCELLED


def test_a_consent_that_leads_to_nothing_is_in_the_trail_with_the_reason() -> None:
    world = World()
    state = world.state_of(ANNA)
    assert world.complete(ANNA, BROWSER, state=state, code=None, by=AT_HOME) == Failed(ConsentFailure.DENIED)
    [refused] = [r for r in trail(world) if r.act is Act.CONNECT_REFUSED]
    assert (refused.detail, refused.actor) == ("denied", AT_HOME)


def test_a_thousand_unknown_states_are_one_record_and_no_transaction_each() -> None:
    world = World()
    for n in range(1000):
        world.complete(ANNA, BROWSER, state=f"garbage {n}", code=None)
    assert trail(world) == []
    world.container.audit_batch().write()
    [refused] = trail(world)
    assert (refused.act, refused.detail, refused.count) == (Act.CONNECT_REFUSED, "invalid_state", 1000)


def test_what_does_not_come_to_pass_is_not_in_the_trail() -> None:
    world = World()
    [connection] = world.connect("chloe")
    before = acts(world)
    with pytest.raises(ConnectionNotFound):
        world.container.disconnect()(BERT, connection.id)
    world.database.away = True
    with pytest.raises(StoreUnavailable):
        world.container.disconnect()(ANNA, connection.id)
    world.database.away = False
    assert acts(world) == before
    assert acts(world, BERT) == []


def test_an_erasure_leaves_pseudonyms_and_a_record_of_who_asked_for_it() -> None:
    world = World()
    [connection] = world.connect("chloe")
    world.connect("ana", 0, owner=BERT)
    of_bert = trail(world, BERT)
    receipt = world.container.erase_user()(ANNA, by=Actor.service("eraser")).receipt
    assert trail(world) == []
    pseudonym = world.container.sealer().pseudonym(ANNA)
    erased = trail(world, pseudonym)
    assert [r.act for r in erased if r.actor.name == "eraser"] == [Act.USER_ERASED]
    assert [r.detail for r in erased if r.act is Act.USER_ERASED] == [receipt]
    [connected] = [r for r in erased if r.act is Act.ACCOUNT_CONNECTED]
    assert connected.account == world.container.sealer().pseudonym(connection.advertiser.id)
    everything = repr(world.database.rows.audit_trail)
    assert f"'{ANNA}'" not in everything
    assert "'chloe'" not in everything
    assert trail(world, BERT) == of_bert


def test_a_pseudonym_is_neither_a_fingerprint_nor_a_plain_digest() -> None:
    sealer = World().container.sealer()
    assert sealer.pseudonym("anna") == sealer.pseudonym("anna") != sealer.pseudonym("bert")
    assert sealer.pseudonym("anna") not in {sealer.fingerprint(Secret("anna")), digest("anna")}


def test_an_operators_acts_are_in_the_trail_before_they_are_done() -> None:
    world, operator = World(), Actor.operator("root@host")
    world.container.pause_calls()("root@host")
    world.container.resume_calls()("root@host")
    world.container.reseal_tokens()(by=operator)
    world.container.adopt_database().moved(by=operator)
    assert acts(world, None) == [Act.CALLS_PAUSED, Act.CALLS_RESUMED, Act.KEYS_ROTATED, Act.DATABASE_ADOPTED]
    assert {r.actor for r in trail(world, None)} == {operator}


def test_who_is_erased_before_what_was_gathered_is_written_is_not_named_in_it() -> None:
    world = World()
    [connection] = world.connect("chloe")
    batch = world.container.audit_batch()
    clicked = AuditRecord(Act.REFRESH_ASKED, AT_HOME, world.clock.now(), owner=ANNA, connection=connection.id)
    batch.note(clicked)
    batch.note(replace(clicked, actor=Actor.user(BERT), owner=BERT))
    world.container.erase_user()(ANNA)
    batch.write()
    pseudonym = world.container.sealer().pseudonym(ANNA)
    [written] = [r for r in trail(world, pseudonym) if r.act is Act.REFRESH_ASKED]
    assert written.actor == Actor(ActorKind.USER, pseudonym)
    assert (trail(world), acts(world, BERT)) == ([], [Act.REFRESH_ASKED])


def test_what_is_gathered_is_written_once_and_counted() -> None:
    world, connection = World(), ConnectionId("c-1")
    batch = world.container.audit_batch()
    for _ in range(50):
        batch.vended(connection, IMPORTER)
    batch.spend_read(ANNA, None, IMPORTER)
    batch.write()
    batch.write()
    batch.vended(connection, IMPORTER)
    batch.write()
    [vend] = world.container.audit_history().vends([connection], since=None, after=None, limit=9)
    assert (vend.count, vend.service, vend.address) == (51, "importer", "198.51.100.4")
    assert acts(world) == [Act.SPEND_READ]


def test_what_the_database_does_not_take_is_kept_for_the_next_time() -> None:
    world, connection = World(), ConnectionId("c-1")
    batch = world.container.audit_batch()
    world.database.away = True
    for _ in range(3):
        batch.vended(connection, IMPORTER)
        with pytest.raises(StoreUnavailable):
            batch.write()
    world.database.away = False
    batch.write()
    [vend] = world.container.audit_history().vends([connection], since=None, after=None, limit=9)
    assert vend.count == 3


def test_of_a_long_outage_so_much_is_kept_and_the_rest_is_said_to_be_lost(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    batch = world.container.audit_batch()
    crowd = {
        vend.likeness: vend
        for vend in (VendRecord.of(ConnectionId(f"c-{n}"), IMPORTER, world.clock.now()) for n in range(MOST_WAITING))
    }
    batch._vends.update(crowd)  # noqa: SLF001 (one by one they take a second)
    batch.vended(ConnectionId("one more"), IMPORTER)
    batch.vended(ConnectionId("c-1"), IMPORTER)
    batch.write()
    assert len(world.database.rows.vends) == MOST_WAITING
    assert [getattr(r, "records", None) for r in caplog.records if "lost" in r.message] == [1]


def test_records_go_by_the_minute_in_which_they_began() -> None:
    world = World()
    first = AuditRecord(Act.CONNECT_BEGUN, SYSTEM, world.clock.now(), owner=OwnerId("anna"))
    assert first.likeness != replace(first, at=first.at + MINUTE).likeness
    both = first.and_another(replace(first, at=first.at + MINUTE / 2))
    assert (both.count, both.at, both.last_at) == (2, first.at, first.at + MINUTE / 2)
    assert AuditSubject(owner=ANNA).connection is None
