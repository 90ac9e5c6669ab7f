"""Tokens are bound to owner and generation once every process reads that; the first format ends when nothing of it is left."""

from __future__ import annotations

import pytest

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from adapters.memory.heartbeats import MemoryHeartbeats
from adapters.memory.sealing_record import MemorySealingRecord
from adapters.tiktok_simulator.replies import Reply
from application.ports.journal import KeptAnswer
from domain.errors import CannotOpen, StoreUnavailable
from domain.ids import AttemptId, GrantId
from domain.key_use import ProcessKeys
from domain.seal_place import BOUND_FORMAT, FIRST_FORMAT, SealPlace
from domain.tokens import Expiring, Secret, TokenKind
from entrypoints.container import Container
from support.world import ANNA, BROWSER, SETTINGS, World

OLD = ProcessKeys("k1", frozenset({"k1"}))
"""What a process reports that reads the first format alone; older ones report nothing."""


@pytest.fixture
def world() -> World:
    return World(given_sealer=None)


def process(world: World, heartbeats: MemoryHeartbeats | None = None) -> Container:
    """One over the world's database, which shares what it knows of sealing."""
    sealer = AesGcmSealer(KeyRing.of([("k1", bytes(32))]), MemorySealingRecord(world.database), world.clock)
    more: dict[str, object] = {"heartbeats": heartbeats} if heartbeats else {}
    return world.over(SETTINGS, sealer=sealer, **more).container


def formats(world: World) -> set[int | None]:
    grants = [g for g in world.database.rows.grants.values() if isinstance(g.tokens, Expiring)]
    return {text.format for g in grants if isinstance(g.tokens, Expiring) for text in (g.tokens.access, g.tokens.refresh)}


def test_where_nobody_else_runs_it_is_written_at_once(world: World) -> None:
    alone = process(world)
    assert alone.sealer().written == FIRST_FORMAT
    alone.report_keys()()
    assert alone.sealer().written == BOUND_FORMAT
    other = process(world)
    other.sealer().sync()
    assert other.sealer().written == BOUND_FORMAT


def test_a_process_that_reads_the_first_format_alone_holds_it_up_for_an_hour(world: World) -> None:
    newer = process(world)
    newer.key_reports().report("older:1:aa", OLD)
    newer.report_keys()()
    assert newer.sealer().written == FIRST_FORMAT
    world.pass_time(minutes=59)
    newer.report_keys()()
    assert newer.sealer().written == FIRST_FORMAT
    world.pass_time(minutes=2)
    newer.report_keys()()
    assert newer.sealer().written == BOUND_FORMAT


def test_a_worker_that_reports_nothing_holds_it_up_too(world: World) -> None:
    heartbeats = MemoryHeartbeats(clock=world.clock)
    newer = process(world, heartbeats)
    heartbeats.beat("worker", "older:1:aa", 1)
    heartbeats.beat("worker", "here", 2)
    newer.report_keys()()
    assert newer.sealer().written == FIRST_FORMAT
    world.pass_time(minutes=61)
    newer.report_keys()()
    assert newer.sealer().written == BOUND_FORMAT


def test_what_was_sealed_before_goes_on_and_is_bound_at_its_next_rotation(world: World) -> None:
    newer, before = process(world), process(world)
    state = world.state_of(ANNA)
    before.complete_connect()(ANNA, BROWSER, state=state, code=world.code("chloe"))
    [acme] = (view.connection for view in world.list_connections(ANNA))
    assert formats(world) == {FIRST_FORMAT}
    newer.report_keys()()
    world.pass_time(hours=13)
    newer.rotate_grant()(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert formats(world) == {BOUND_FORMAT}


def without_refresh_token(reply: Reply) -> Reply:
    return {**reply, "data": {name: value for name, value in reply["data"].items() if name != "refresh_token"}}


def test_a_refresh_token_that_an_answer_leaves_as_it_was_is_bound_to_its_new_generation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [acme] = world.connect("chloe")
    whole = world.machine.refresh
    monkeypatch.setattr(world.machine, "refresh", lambda *asked: without_refresh_token(whole(*asked)))
    world.pass_time(hours=13)
    world.carry_out_now(acme)
    grant = world.grant_of(acme)
    assert isinstance(grant.tokens, Expiring)
    assert grant.generation == 2
    assert world.sealer.open(grant.tokens.refresh, grant.place, TokenKind.REFRESH)


def test_a_pair_in_the_journal_is_bound_to_the_generation_that_it_will_have(world: World) -> None:
    [acme] = world.connect("chloe")
    world.pass_time(hours=13)

    def away() -> None:
        world.database.away = True

    world.platform.on_refresh = away
    with pytest.raises(StoreUnavailable):
        world.carry_out_now(acme)
    [answer] = world.journal.kept()
    world.database.away, world.platform.on_refresh = False, lambda: None
    assert world.sealer.open(answer.tokens.refresh, SealPlace(ANNA, answer.grant, 2), TokenKind.REFRESH)
    world.drain()
    assert world.grant_of(acme).generation == 2
    assert world.vend_of(acme).access


def test_a_revocation_opens_for_the_generation_that_its_token_was_sealed_for(world: World) -> None:
    [acme] = world.connect("chloe")
    world.pass_time(hours=13)
    world.carry_out_now(acme)
    world.disconnect(ANNA, acme.id)
    [queued] = world.database.rows.revocations.values()
    assert queued.generation == 2
    assert world.revoke() == 1
    assert world.machine.state.counters.revocations == 1


def test_a_pair_that_comes_after_the_end_is_revoked_by_its_own_generation(world: World) -> None:
    [acme] = world.connect("chloe")
    world.pass_time(hours=13)
    claim = world.claim(acme)
    seen = list[object]()
    world.platform.on_refresh = lambda: seen.append(world.disconnect(ANNA, acme.id))
    world.carry_out(claim, taken_at=world.clock.monotonic())
    generations = {queued.generation for queued in world.database.rows.revocations.values()}
    assert generations == {1, 2}
    for queued in world.database.rows.revocations.values():
        assert world.sealer.open(queued.access, queued.place, TokenKind.ACCESS)


def test_the_first_format_ends_when_neither_rows_nor_journals_nor_processes_have_any(world: World) -> None:
    newer = process(world)
    first = newer.sealer().seal(Secret("token"), SealPlace(ANNA, GrantId("g"), 1), TokenKind.ACCESS)
    newer.report_keys()()
    newer.advance_sealing()()
    assert not newer.advance_sealing().refuse_first(), "this process reported before it wrote the other one"
    world.pass_time(seconds=61)
    pair = Expiring(first, first, world.clock.now(), world.clock.now(), world.clock.now())
    kept = KeptAnswer(GrantId("g"), 1, AttemptId("a"), pair, "", world.clock.now())
    newer.journal().keep(kept)
    newer.report_keys()()
    assert not newer.advance_sealing().refuse_first(), "the journal holds some"
    newer.journal().forget(kept)
    world.pass_time(seconds=61)
    newer.report_keys()()
    assert newer.advance_sealing().refuse_first()
    with pytest.raises(CannotOpen, match="nothing is left"):
        newer.sealer().open(first, SealPlace(ANNA, GrantId("g"), 1), TokenKind.ACCESS)
    later = process(world)
    later.sealer().sync()
    assert later.sealer().first_refused
