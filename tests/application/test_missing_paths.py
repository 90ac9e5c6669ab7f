"""A path that the platform does not know: nothing was spent, and no grant is to blame."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.tiktok_simulator.config import Config
from application.rotation.claim_results import Ended
from domain.consent import ConsentFailure, Failed
from domain.errors import PlatformMisconfigured
from domain.grant_health import Active
from domain.outcomes import PathMissing
from support.world import ANNA, World

MISSING = PathMissing("HTTP 404")


def test_a_sweep_stops_at_a_missing_path_and_leaves_the_grants_as_they_were() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    before = world.grant_of(acme)
    world.platform.away = MISSING
    for _ in range(3):
        report = world.sweep()
        assert report.stopped_by == MISSING
        assert report.count(Ended.UNSENT) == 1
    after = world.grant_of(acme)
    assert (after.health, after.schedule) == (Active(), before.schedule)
    assert not after.schedule.in_doubt
    world.platform.away = None
    assert world.sweep().count(Ended.ROTATED) == 1


def test_a_click_at_a_missing_path_says_that_an_operator_has_to_act() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.platform.away = MISSING
    with pytest.raises(PlatformMisconfigured):
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert world.grant_of(acme).health == Active()


def test_a_service_gets_what_is_there_and_else_hears_the_same() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.platform.away = MISSING
    world.pass_time(hours=23, minutes=58)
    assert world.vend_of(acme).degraded
    world.pass_time(hours=1)
    with pytest.raises(PlatformMisconfigured):
        world.vend_of(acme)


def test_a_probe_at_a_missing_path_blames_no_token_without_an_end() -> None:
    world = World(config=Config(profile="long-term"))
    [acme] = world.connect("chloe")
    world.pass_time(days=1)
    world.platform.away = MISSING
    world.audit()
    assert world.grant_of(acme).health == Active()
    assert world.grant_of(acme).schedule.failures == 0


def test_a_consent_at_a_missing_path_says_that_an_operator_has_to_act() -> None:
    world = World()
    world.platform.away = MISSING
    assert world.consent("chloe") == Failed(ConsentFailure.MISCONFIGURED)


def test_a_revocation_at_a_missing_path_is_tried_again() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.disconnect(ANNA, acme.id)
    world.platform.away = MISSING
    assert world.revoke() == 0
    world.platform.away = None
    world.pass_time(hours=1)
    world.revoke()
    assert world.machine.live_refresh_tokens() == 0


def test_the_whole_app_is_not_stopped_by_one_missing_path() -> None:
    world = World()
    world.connect("chloe")
    world.pass_time(hours=12)
    world.platform.away = MISSING
    world.sweep()
    assert world.budget.learnt[-1] == MISSING
    assert world.budget.stopped(world.platform.app) is None
    assert world.clock.monotonic() > timedelta(0)
