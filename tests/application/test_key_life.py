"""A key is added behind the others, moved to the front, emptied, and taken out; or it is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from adapters.memory.sealed_rows import MemorySealedRows
from adapters.memory.sealing_record import MemorySealingRecord
from application.forget_key import KeyNotLost
from application.ports.journal import UnreadAnswer
from application.ports.sealed_rows import Resealed, SealedIn, SealHead
from application.reseal_tokens import (
    FRUITLESS_PASSES,
    LONGEST_PASSES,
    PASS_EVERY,
    KeyMissingElsewhere,
    Progress,
    ResealTokens,
)
from domain.advertiser import Connection
from domain.errors import ReauthorisationNeeded
from domain.events import ReauthorisationRequired, RevocationGivenUp
from domain.grant_health import Active, NeedsReauth
from domain.ids import GrantId
from domain.key_use import KeyUse, ProcessKeys
from domain.outcomes import Reason
from domain.seal_place import SealPlace
from domain.tokens import Sealed, Secret, TokenKind
from entrypoints.container import Container
from support.world import ANNA, BERT, SETTINGS, World

K1, K2, K3 = (("k1", bytes(32)), ("k2", b"2" * 32), ("k3", b"3" * 32))


def process_with(world: World, *keys: tuple[str, bytes]) -> Container:
    """Another process over the same database, with these keys."""
    sealer = AesGcmSealer(KeyRing.of(keys), MemorySealingRecord(world.database))
    container = world.over(SETTINGS, sealer=sealer).container
    container.sealer().sync()
    return container


@pytest.fixture
def world() -> World:
    return World()


def connected(world: World) -> list[Connection]:
    return [*world.connect("chloe"), *world.connect("ana", 0, owner=BERT)]


def uses(container: Container) -> dict[str, KeyUse]:
    return {use.id: use for use in container.list_keys()()}


def test_the_four_steps_cost_nobody_anything(world: World) -> None:
    process_with(world, K1)  # shares the key of the fingerprints
    [acme, bolt] = connected(world)
    world.disconnect(BERT, bolt.id)
    added = process_with(world, K1, K2)
    assert uses(added)["k2"].removable
    moved = process_with(world, K2, K1)
    before = uses(moved)
    assert (before["k1"].grants, before["k1"].revocations, before["k1"].shared, before["k1"].removable) == (1, 1, True, False)
    seen = list[Progress]()
    assert moved.reseal_tokens()(progress=seen.append) == Progress(3, 0)
    assert seen[-1].resealed >= 2
    after = uses(moved)
    assert (after["k2"].grants, after["k2"].revocations, after["k1"].removable) == (1, 1, True)
    dropped = process_with(world, K2)
    world.pass_time(hours=13)
    dropped.rotate_grant()(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert isinstance(world.grant_of(acme).health, Active)
    assert dropped.reseal_tokens()() == Progress(0, 0)


@pytest.mark.parametrize("rings", [[(K1,), (K1, K2), (K2, K1), (K2,)], [(K1,), (K2, K1), (K3, K2, K1), (K3,)]])
def test_fingerprints_and_the_mark_of_the_secret_stay_the_same_whatever_the_keys(
    world: World, rings: list[tuple[tuple[str, bytes], ...]]
) -> None:
    prints = set[str]()
    for keys in rings:
        process = process_with(world, *keys)
        prints.add(process.sealer().fingerprint(Secret("token")))
        process.reseal_tokens()()
    assert prints == {AesGcmSealer(KeyRing.of([K1])).fingerprint(Secret("token"))}, "and they are those of the version before"


def test_a_process_whose_database_is_away_makes_fingerprints_all_the_same(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.database.away = True
    sealer = process_with(world, K2, K1).sealer()
    first = sealer.fingerprint(Secret("token"))
    world.database.away = False
    sealer.sync()
    assert sealer.fingerprint(Secret("token")) == first
    assert "can't be read" in caplog.text


def test_sealing_anew_changes_nothing_but_the_texts(world: World) -> None:
    connections = connected(world)
    before = [world.grant_of(c) for c in connections]
    process_with(world, K2, K1).reseal_tokens()()
    for connection, grant in zip(connections, before, strict=True):
        after = world.grant_of(connection)
        assert after.tokens != grant.tokens
        after.tokens = grant.tokens
        assert after == grant


def in_the_middle_of(world: World, acme: Connection, meanwhile: Callable[[], object]) -> None:
    """A rotation by a process with the older key, and something else between its claim and its settle."""
    seen = list[object]()
    world.pass_time(hours=13)
    world.platform.on_refresh = lambda: seen.append(meanwhile())
    world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
    world.platform.on_refresh = lambda: None


def test_a_rotation_in_flight_settles_over_what_was_sealed_anew(world: World) -> None:
    [acme, _] = connected(world)
    process = process_with(world, K2, K1)
    in_the_middle_of(world, acme, process.reseal_tokens())
    grant = world.grant_of(acme)
    assert (grant.generation, isinstance(grant.health, Active)) == (2, True)
    assert process.reseal_tokens()().left == 0
    world.pass_time(hours=13)
    process.rotate_grant()(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert world.grant_of(acme).generation == 3


def test_it_ends_when_told_to_and_goes_on_where_it_was(world: World) -> None:
    connected(world)
    process = process_with(world, K2, K1)
    assert process.reseal_tokens()(stopping=lambda: True).resealed <= 1
    assert process.reseal_tokens()().left == 0


class BusyRows(MemorySealedRows):
    """Others hold them locked for the first passes, or seal the same number with another key for ever."""

    passes = 0
    always = 0

    def reseal(self, where: SealedIn, *args: Any, **step: Any) -> Resealed:
        self.passes -= where is SealedIn.GRANTS
        return Resealed(0, None) if where is SealedIn.GRANTS and self.passes >= 0 else super().reseal(where, *args, **step)

    def besides(self, head: SealHead) -> int:
        return self.always or super().besides(head)


def busy(world: World, *, passes: int = 0, always: int = 0) -> ResealTokens:
    """The use-case over such rows."""
    rows = BusyRows(world.database)
    rows.passes, rows.always = passes, always
    return replace(process_with(world, K2, K1).reseal_tokens(), sealed_rows=rows)


def test_rows_that_others_are_changing_are_waited_for(world: World) -> None:
    connected(world)
    began = world.clock.now()
    assert busy(world, passes=FRUITLESS_PASSES - 1)().left == 0
    assert world.clock.now() - began == (FRUITLESS_PASSES - 1) * PASS_EVERY


def test_rows_that_stay_locked_are_left_soon(world: World) -> None:
    connected(world)
    began = world.clock.now()
    assert busy(world, passes=1000)().left == 2
    assert world.clock.now() - began < timedelta(seconds=30)


def test_it_ends_though_somebody_goes_on_to_seal_with_another_key(world: World) -> None:
    connected(world)
    before, began = dict(world.database.rows.grants), world.clock.now()
    world.clock.on_sleep = lambda: world.database.rows.grants.update(before)
    done = busy(world, always=2)()
    assert (done.left, done.resealed > 2 * FRUITLESS_PASSES) == (2, True)
    assert LONGEST_PASSES < world.clock.now() - began <= LONGEST_PASSES + PASS_EVERY


def test_a_damaged_token_is_left_and_named_and_keeps_none_of_the_others(world: World, caplog: pytest.LogCaptureFixture) -> None:
    [acme, bolt] = connected(world)
    row = world.database.rows.grants[world.grant_of(acme).id]
    broken = Sealed(row.tokens.access.ciphertext[:-1] + b"!") if row.tokens else Sealed(b"")
    object.__setattr__(row.tokens, "access", broken)
    process = process_with(world, K2, K1)
    with caplog.at_level(logging.ERROR):
        assert process.reseal_tokens()().left == 1
    assert {vars(record)["grant"] for record in caplog.records} == {row.id}
    assert world.grant_of(bolt).tokens is not None
    assert uses(process)["k1"].grants == 1


def test_what_a_key_sealed_that_is_not_here_is_left(world: World) -> None:
    connected(world)
    assert process_with(world, K2).reseal_tokens()().left == 2


def test_it_refuses_while_a_running_process_could_not_open_the_result(world: World) -> None:
    connected(world)
    process = process_with(world, K2, K1)
    process.key_reports().report("old-host:1:aa", ProcessKeys("k1", frozenset({"k1"})))
    with pytest.raises(KeyMissingElsewhere, match=r"old-host:1:aa.*"):
        process.reseal_tokens()()
    assert uses(process)["k2"].grants == 0
    world.pass_time(minutes=6)
    assert process.reseal_tokens()().left == 0


def test_processes_report_once_a_minute_and_so_does_their_journal(world: World) -> None:
    container = world.over(SETTINGS).container
    container.report_keys()()
    container.report_keys()()
    [report] = container.key_reports().all()[1]
    assert (report.keys.seals_with, report.keys.opens, report.keys.journal) == ("k1", frozenset({"k1"}), "here")
    world.pass_time(seconds=61)
    container.report_keys()()
    [again] = container.key_reports().all()[1]
    assert again.at - report.at == timedelta(seconds=61)
    container.report_keys().withdraw()
    assert container.key_reports().all()[1] == ()


def test_a_lost_key_costs_exactly_its_grants(world: World) -> None:
    process_with(world, K1)
    [acme, bolt] = connected(world)
    moved = process_with(world, K2, K1)
    world.pass_time(hours=13)
    moved.rotate_grant()(bolt.id, owner=BERT, asked_at=world.clock.now())
    after = process_with(world, K2)
    would = after.forget_key().would("k1")
    assert (would.grants, would.revocations, would.shared) == (1, 0, True)
    done = after.forget_key()("k1")
    assert (done.grants, done.revocations) == (1, 0)
    lost, kept = world.grant_of(acme), world.grant_of(bolt)
    assert (lost.tokens, lost.generation) == (None, 1)
    assert lost.health == NeedsReauth(Reason.KEY_LOST, since=world.clock.now())
    assert isinstance(kept.health, Active)
    told = [event.grant for event in world.database.rows.events if isinstance(event, ReauthorisationRequired)]
    assert told == [lost.id]
    assert (after.forget_key()("k1").grants, "k1" in uses(after)) == (0, False)
    [view] = after.list_connections()(ANNA)
    assert (view.reason, view.needs_reauth) == ("key_lost", True)
    with pytest.raises(ReauthorisationNeeded):
        after.rotate_grant()(acme.id, owner=ANNA, asked_at=world.clock.now())
    world.connect("chloe")
    assert isinstance(world.grant_of(acme).health, Active)


def test_tokens_on_their_way_to_be_revoked_are_given_up_with_their_key(world: World) -> None:
    [acme, bolt] = connected(world)
    world.disconnect(ANNA, acme.id)
    assert process_with(world, K2).forget_key()("k1").revocations == 1
    assert any(isinstance(event, RevocationGivenUp) for event in world.database.rows.events)
    assert not world.database.rows.revocations
    assert world.grant_of(bolt).tokens is None


def test_a_key_that_somebody_has_is_not_lost(world: World) -> None:
    connected(world)
    with pytest.raises(KeyNotLost, match="this configuration"):
        process_with(world, K2, K1).forget_key()("k1")
    process = process_with(world, K2)
    process.key_reports().report("other-host:1:aa", ProcessKeys("k1", frozenset({"k1"})))
    with pytest.raises(KeyNotLost, match="other-host"):
        process.forget_key()("k1")
    assert uses(process)["k1"].grants == 2


def test_an_answer_on_its_way_heals_a_grant_whose_key_was_forgotten(world: World) -> None:
    [acme, _] = connected(world)
    process = process_with(world, K2)
    in_the_middle_of(world, acme, lambda: process.forget_key()("k1"))
    grant = world.grant_of(acme)
    assert (grant.generation, isinstance(grant.health, Active)) == (2, True)


def test_unread_answers_keep_their_key(world: World) -> None:
    container = process_with(world, K1)
    sealed = container.sealer().seal(Secret("odd"), SealPlace(ANNA, GrantId("g"), 0), TokenKind.ANSWER)
    assert container.journal().sealed() == []
    container.journal().keep_unread(UnreadAnswer(GrantId("g"), ANNA, sealed, world.clock.now()))
    container.report_keys()()
    assert uses(process_with(world, K2, K1))["k1"].journals == 1
