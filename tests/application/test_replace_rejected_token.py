"""A service says that TikTok no longer takes the token that it was given (its user changed the password, say)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.tiktok_simulator.config import Config
from application.rotation.claim_results import InFlight
from application.vend_token import ByConnection, Vended
from domain.advertiser import Connection
from domain.errors import (
    PlatformMisconfigured,
    PlatformThrottled,
    PlatformUnavailable,
    ReauthorisationNeeded,
    Refusal,
)
from domain.outcomes import Failure, InDoubt, Misconfigured, OurFault, Reason, Refused, Throttled, Unavailable
from domain.tokens import Secret
from support.world import World

REFUSED = Refused(Reason.REFRESH_TOKEN_REFUSED, 40107)


def a_connected_world(**settings: object) -> tuple[World, Connection]:
    world = World(config=Config().but(**settings))
    [connection] = world.connect("chloe")
    world.pass_time(hours=1)
    return world, connection


def reject(world: World, connection: Connection, token: Secret) -> Vended:
    vended = world.vend(ByConnection(connection.id), rejected=token)
    assert isinstance(vended, Vended)
    return vended


def calls(world: World) -> int:
    return world.platform.refreshes + world.platform.probes


def test_the_current_token_that_was_rejected_is_rotated_once_and_replaced() -> None:
    world, acme = a_connected_world()
    dead = world.vend_of(acme).access
    before = calls(world)
    fresh = reject(world, acme, dead)
    assert fresh.access != dead
    assert not fresh.degraded
    assert calls(world) == before + 1
    assert reject(world, acme, dead).access == fresh.access, "not the current one any more: as if not sent"
    assert calls(world) == before + 1


@pytest.mark.parametrize("profile", ["rotating", "long-term"])
def test_any_other_token_is_as_if_none_was_sent(profile: str) -> None:
    world, acme = a_connected_world(profile=profile)
    current, before = world.vend_of(acme).access, calls(world)
    for other in ("something else", current.reveal() + "x", current.reveal()[:-1]):
        assert reject(world, acme, Secret(other)).access == current
    assert calls(world) == before


def test_a_fresh_token_that_is_rejected_too_is_not_rotated_again_within_the_minute() -> None:
    world, acme = a_connected_world()
    second = reject(world, acme, world.vend_of(acme).access)
    before = calls(world)
    with pytest.raises(PlatformUnavailable) as told:
        reject(world, acme, second.access)
    assert told.value.retry_after == timedelta(minutes=1)
    assert calls(world) == before
    assert not world.vend_of(acme).degraded, "who rejects nothing gets it"
    world.pass_time(seconds=61)
    assert reject(world, acme, second.access).access != second.access


def test_a_token_without_an_end_that_lives_is_handed_out_again_after_a_probe_once_a_minute() -> None:
    world, acme = a_connected_world(profile="long-term")
    token, before = world.vend_of(acme).access, calls(world)
    for _ in range(3):
        assert reject(world, acme, token).access == token
    assert calls(world) == before + 1
    world.pass_time(seconds=61)
    assert reject(world, acme, token).access == token
    assert calls(world) == before + 2


def test_a_token_without_an_end_that_is_dead_is_not_handed_out_again() -> None:
    world, acme = a_connected_world(profile="long-term")
    token = world.vend_of(acme).access
    world.machine.revoke_user("chloe")
    with pytest.raises(ReauthorisationNeeded):
        reject(world, acme, token)
    before = calls(world)
    with pytest.raises(ReauthorisationNeeded):
        reject(world, acme, token)
    assert calls(world) == before, "once a minute"


def test_a_refused_rotation_leads_to_a_probe_at_once_and_to_a_person_where_the_token_is_dead() -> None:
    world, acme = a_connected_world()
    token = world.vend_of(acme).access
    world.machine.revoke_user("chloe")
    with pytest.raises(ReauthorisationNeeded):
        reject(world, acme, token)


def test_a_token_that_lives_though_its_refresh_was_refused_is_probed_and_handed_out_again_marked() -> None:
    world, acme = a_connected_world()
    token = world.vend_of(acme).access
    world.platform.refresh_plan.append(REFUSED)
    world.carry_out_now(acme)
    world.pass_time(minutes=2)
    refreshes = world.platform.refreshes
    for _ in range(2):
        vended = reject(world, acme, token)
        assert (vended.access, vended.degraded) == (token, True)
    assert world.platform.refreshes == refreshes
    world.pass_time(minutes=2)
    world.machine.revoke_user("chloe")
    with pytest.raises(ReauthorisationNeeded):
        reject(world, acme, token)


@pytest.mark.parametrize(
    ("failure", "refusal"),
    [
        (Unavailable("away"), PlatformUnavailable),
        (InDoubt("lost"), PlatformUnavailable),
        (Throttled(), PlatformThrottled),
        (Misconfigured("secret"), PlatformMisconfigured),
        (OurFault(40002), PlatformUnavailable),
    ],
)
@pytest.mark.parametrize("profile", ["rotating", "long-term"])
def test_what_could_not_be_replaced_now_is_not_handed_out_and_worth_waiting_for(
    profile: str, failure: Failure, refusal: type[Refusal]
) -> None:
    world, acme = a_connected_world(profile=profile)
    token = world.vend_of(acme).access
    world.platform.away = failure
    for _ in range(2):
        with pytest.raises(refusal):
            reject(world, acme, token)
    assert world.vend_of(acme).access == token, "who rejects nothing gets it"


def test_without_a_permit_the_service_is_told_to_wait() -> None:
    world, acme = a_connected_world()
    token = world.vend_of(acme).access
    world.budget.stop = Throttled()
    with pytest.raises(PlatformThrottled):
        reject(world, acme, token)


def test_services_that_reject_at_once_share_one_rotation() -> None:
    world, acme = a_connected_world()
    token = world.vend_of(acme).access
    world.claim(acme)
    assert world.vend(ByConnection(acme.id), rejected=token) == InFlight()
    with pytest.raises(PlatformUnavailable):
        world.vend(ByConnection(acme.id), rejected=token, patient=False)
    assert world.platform.refreshes == 0


def test_a_rejection_during_another_hosts_rotation_gets_what_that_brought() -> None:
    world, acme = a_connected_world()
    token = world.vend_of(acme).access
    other = world.another_host()
    world.platform.on_refresh = lambda: None
    fresh = reject(other, acme, token)
    assert reject(world, acme, token).access == fresh.access
    assert world.platform.refreshes == 1
