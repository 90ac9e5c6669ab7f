"""Tokens on their way out: tried again, given up, and never in the way of a consent."""

from __future__ import annotations

from datetime import timedelta

from adapters.tiktok_simulator.config import Config
from domain.outcomes import Unavailable
from support.world import ANNA, World


def test_a_revocation_is_tried_again_until_the_platform_takes_it() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.disconnect(ANNA, acme.id)
    world.platform.away = Unavailable("x")
    assert world.revoke() == 0
    assert world.revoke() == 0, "it waits for its time"
    world.platform.away = None
    world.pass_time(minutes=1)
    assert world.revoke() == 1
    assert world.database.rows.revocations == {}


def test_a_revocation_ends_with_its_token() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.disconnect(ANNA, acme.id)
    world.platform.away = Unavailable("x")
    world.pass_time(hours=24)
    assert world.revoke() == 1
    assert world.database.rows.revocations == {}


def test_a_revocation_waits_for_a_consent_that_may_bring_the_same_token_again() -> None:
    world = World(config=Config(profile="long-term"))
    [acme] = world.connect("chloe")
    world.disconnect(ANNA, acme.id)
    revoked: list[int] = []
    world.platform.on_exchange = lambda: revoked.append(world.revoke())
    [again] = world.connect("chloe")
    assert revoked == [0]
    world.pass_time(minutes=1)
    assert world.revoke() == 1
    assert world.machine.state.counters.revocations == 0, "by then the token is shared"
    assert world.machine.is_live(world.vend_of(again).access.reveal())


def test_an_exchange_waits_for_a_revocation_under_way() -> None:
    world = World(config=Config(profile="long-term"))
    [acme] = world.connect("chloe")
    world.disconnect(ANNA, acme.id)
    waited: list[timedelta] = []

    def consent_meanwhile() -> None:
        began = world.clock.now()
        world.platform.on_exchange = lambda: waited.append(world.clock.now() - began)
        world.connect("chloe")

    world.platform.on_revoke = consent_meanwhile
    world.revoke()
    assert waited == [world.policy.call_timeout], "as long as the revocation's own call can last, and no longer"
