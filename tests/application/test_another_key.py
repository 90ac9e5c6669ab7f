"""A grant whose tokens were sealed by a key that is not here is left alone: another host may hold it."""

from __future__ import annotations

import logging

import pytest

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from adapters.tiktok_simulator.replies import Reply
from application.rotation.call_and_settle import ANOTHER_KEY
from application.rotation.claim_results import Ended
from application.vend_token import ByConnection
from domain.advertiser import Connection
from domain.errors import ConnectionNotFound, PlatformMisconfigured
from domain.grant import Grant
from domain.grant_health import Active
from domain.outcomes import Misconfigured
from domain.tokens import Expiring
from support.world import ANNA, World

ELSEWHERE = AesGcmSealer(KeyRing.of([("k2", bytes(32))]))
OTHER_BYTES = AesGcmSealer(KeyRing.of([("k1", bytes([1] * 32))]))


def host_with(sealer: AesGcmSealer, world: World) -> World:
    """The same database and platform, on a host with other keys."""
    host = World(
        world.clock, world.config, world.policy, world.store, world.bare_claims, world.ids, world.platform, given_sealer=sealer
    )
    host.database = world.database
    return host


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def acme(world: World) -> Connection:
    [connected] = world.connect("chloe")
    world.pass_time(hours=13)
    return connected


def unchanged(world: World, acme: Connection, before: Grant) -> bool:
    return world.grant_of(acme) == before and (world.platform.refreshes, world.budget.learnt) == (0, [])


def test_a_click_sends_nothing_and_changes_nothing(world: World, acme: Connection) -> None:
    before, host = world.grant_of(acme), host_with(ELSEWHERE, world)
    world.budget.learnt.clear()
    for insist in (False, True):
        with pytest.raises(PlatformMisconfigured):
            host.rotate(acme.id, owner=ANNA, asked_at=host.clock.now(), insist=insist)
    assert unchanged(world, acme, before)
    world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert isinstance(world.grant_of(acme).health, Active)


def test_a_claim_that_was_taken_all_the_same_is_given_back_unchanged(world: World, acme: Connection) -> None:
    before, host = world.grant_of(acme), host_with(ELSEWHERE, world)
    world.budget.learnt.clear()
    rotation = host.carry_out_now(acme)
    assert (rotation.ended, rotation.failure) == (Ended.UNSENT, ANOTHER_KEY)
    assert unchanged(world, acme, before)


def test_a_service_is_told_and_so_is_the_log(world: World, acme: Connection, caplog: pytest.LogCaptureFixture) -> None:
    host = host_with(ELSEWHERE, world)
    with caplog.at_level(logging.ERROR), pytest.raises(PlatformMisconfigured):
        host.vend(ByConnection(acme.id))
    [record] = caplog.records
    assert vars(record)["grant"] == world.grant_of(acme).id
    assert vars(record)["because"] == "another key"


def test_disconnect_works_and_leaves_the_revocation_to_the_host_with_the_key(world: World, acme: Connection) -> None:
    host = host_with(ELSEWHERE, world)
    assert host.disconnect(ANNA, acme.id)
    with pytest.raises(ConnectionNotFound):
        world.vend(ByConnection(acme.id))
    sent = list[str]()
    world.platform.on_revoke = lambda: sent.append("revocation")
    world.revoke()
    assert sent == ["revocation"]


def test_a_token_that_does_not_open_under_its_key_is_damaged_and_changes_no_health(
    world: World, acme: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    rotation = host_with(OTHER_BYTES, world).carry_out_now(acme)
    assert rotation.ended is Ended.MISCONFIGURED
    grant = world.grant_of(acme)
    assert isinstance(grant.health, Active)
    assert isinstance(grant.schedule.last_failure, Misconfigured)
    assert grant.schedule.due_at is not None
    assert grant.schedule.due_at > world.clock.now()
    assert caplog.records[-1].levelno == logging.CRITICAL


def without_refresh_token(reply: Reply) -> Reply:
    return {**reply, "data": {name: value for name, value in reply["data"].items() if name != "refresh_token"}}


def test_a_kept_refresh_token_is_sealed_with_the_newest_key_too(
    world: World, acme: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = host_with(AesGcmSealer(KeyRing.of([("k2", bytes(32)), ("k1", bytes(32))])), world)
    whole = world.machine.refresh
    monkeypatch.setattr(world.machine, "refresh", lambda *asked: without_refresh_token(whole(*asked)))
    before = world.grant_of(acme).tokens
    host.rotate(acme.id, owner=ANNA, asked_at=host.clock.now())
    after = world.grant_of(acme).tokens
    assert isinstance(before, Expiring)
    assert isinstance(after, Expiring)
    assert ELSEWHERE.has_key(after.access)
    assert ELSEWHERE.has_key(after.refresh)
    assert after.refresh_expires_at == before.refresh_expires_at
