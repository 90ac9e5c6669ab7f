from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.tiktok_simulator.config import Config
from application.rotation.claim_results import InFlight
from application.vend_token import ByAccount, ByConnection, Vended
from domain.advertiser import Connection
from domain.errors import ConnectionNotFound, InvalidRequest, PlatformThrottled, PlatformUnavailable, ReauthorisationNeeded
from domain.ids import ConnectionId
from domain.outcomes import InDoubt, Reason, Refused, Throttled, Unavailable
from support.world import ANNA, BERT, World

HOUR = timedelta(hours=1)


def a_connected_world(**settings: object) -> tuple[World, Connection]:
    world = World(config=Config().but(**settings))
    [connection] = world.connect("chloe")
    return world, connection


def test_a_token_that_lasts_long_enough_is_handed_out_at_once_due_or_not() -> None:
    world, acme = a_connected_world()
    world.pass_time(hours=23)
    vended = world.vend_of(acme)
    assert (vended.degraded, vended.advertiser, world.platform.refreshes) == (False, acme.advertiser.id, 0)
    assert world.machine.is_live(vended.access.reveal())


def test_an_account_is_found_by_user_and_advertiser_too() -> None:
    world, acme = a_connected_world()
    vended = world.vend(ByAccount(ANNA, acme.advertiser.id))
    assert isinstance(vended, Vended)
    assert vended.access == world.vend_of(acme).access
    for stranger in (ByAccount(BERT, acme.advertiser.id), ByConnection(ConnectionId("nobody"))):
        with pytest.raises(ConnectionNotFound):
            world.vend(stranger)


def test_a_token_that_lasts_too_short_is_renewed_once() -> None:
    world, acme = a_connected_world()
    world.pass_time(hours=23, minutes=56)
    vended = world.vend_of(acme)
    assert vended.expires_at == world.clock.now() + 24 * HOUR
    assert world.platform.refreshes == 1


def test_an_expired_token_is_renewed_before_it_is_handed_out() -> None:
    world, acme = a_connected_world()
    world.pass_time(hours=30)
    assert world.machine.is_live(world.vend_of(acme).access.reveal())


def test_more_validity_can_be_asked_for_up_to_a_third_of_the_life() -> None:
    world, acme = a_connected_world()
    world.pass_time(hours=17)
    assert world.vend_of(acme, min_validity=8 * HOUR).expires_at == world.clock.now() + 24 * HOUR
    for too_much in (8 * HOUR + timedelta(seconds=1), -HOUR):
        with pytest.raises(InvalidRequest):
            world.vend_of(acme, min_validity=too_much)


def test_what_cannot_be_renewed_and_is_still_valid_is_served_and_marked() -> None:
    world, acme = a_connected_world()
    world.pass_time(hours=23, minutes=58)
    world.platform.away = Unavailable("x")
    vended = world.vend_of(acme)
    assert vended.degraded
    assert world.machine.is_live(vended.access.reveal())


@pytest.mark.parametrize(
    ("failure", "refusal"),
    [(Unavailable("x"), PlatformUnavailable), (InDoubt("x"), PlatformUnavailable), (Throttled(), PlatformThrottled)],
)
def test_what_has_expired_and_cannot_be_renewed_now_is_worth_waiting_for(
    failure: Unavailable | InDoubt | Throttled, refusal: type[PlatformUnavailable]
) -> None:
    world, acme = a_connected_world()
    world.pass_time(hours=25)
    world.budget.pause = timedelta(minutes=1)
    world.platform.refresh_plan.append(failure)
    for _ in range(2):
        with pytest.raises(refusal) as told:
            world.vend_of(acme)
        assert told.value.retry_after >= timedelta(seconds=1)
    assert world.platform.refreshes == 1, "nobody is asked again before the back-off is over"


def test_what_has_expired_and_was_refused_needs_a_person() -> None:
    world, acme = a_connected_world()
    world.pass_time(hours=25)
    world.platform.refresh_plan.append(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103))
    with pytest.raises(ReauthorisationNeeded) as told:
        world.vend_of(acme)
    assert told.value.reason is Reason.REFRESH_TOKEN_EXPIRED


def test_callers_share_a_rotation_in_flight_and_the_impatient_take_what_there_is() -> None:
    world, acme = a_connected_world()
    world.pass_time(hours=23, minutes=58)
    world.claim(acme)
    assert world.vend(ByConnection(acme.id)) == InFlight()
    impatient = world.vend(ByConnection(acme.id), patient=False)
    assert isinstance(impatient, Vended)
    assert impatient.degraded
    world.pass_time(minutes=2)
    world.claim(acme)
    with pytest.raises(PlatformUnavailable):
        world.vend(ByConnection(acme.id), patient=False)
    assert world.platform.refreshes == 0


def test_without_a_permit_the_caller_is_told_to_wait() -> None:
    world, acme = a_connected_world()
    world.pass_time(hours=25)
    world.budget.stop = Throttled()
    with pytest.raises(PlatformThrottled) as told:
        world.vend_of(acme)
    assert told.value.retry_after == timedelta(seconds=30)


def test_a_disconnected_account_has_no_token() -> None:
    world, acme = a_connected_world()
    world.disconnect(ANNA, acme.id)
    with pytest.raises(ConnectionNotFound):
        world.vend_of(acme)


def test_a_token_without_an_end_ignores_the_validity_asked_for() -> None:
    world, acme = a_connected_world(profile="long-term")
    world.pass_time(days=1000)
    vended = world.vend_of(acme, min_validity=timedelta(days=365))
    assert (vended.expires_at, vended.degraded) == (None, False)
