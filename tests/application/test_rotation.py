from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.tiktok_simulator.config import Config
from application.rotate_grant import Rotated
from application.rotation.claim_results import Ended, InFlight
from domain.connection_state import ConnectionState
from domain.consent import Choosing
from domain.errors import (
    PlatformError,
    PlatformMisconfigured,
    PlatformThrottled,
    PlatformUnavailable,
    ReauthorisationNeeded,
    Refusal,
    StoreUnavailable,
)
from domain.grant_health import Active, Degraded, NeedsReauth
from domain.ids import OwnerId
from domain.outcomes import Failure, InDoubt, Misconfigured, NotPermitted, OurFault, Reason, Refused, Throttled, Unavailable
from domain.tokens import LongTerm
from support.world import ANNA, World

REFUSED = Refused(Reason.REFRESH_TOKEN_REFUSED, 40107)


def a_long_term_world() -> World:
    return World(config=Config(profile="long-term"))


@pytest.mark.parametrize("mode", ["strict", "reuse-revokes-family"])
def test_three_accounts_of_one_consent_are_refreshed_ten_times_each_without_one_reuse(mode: str) -> None:
    world = World(config=Config().but(rotation_mode=mode))
    connections = world.connect("ana", 0, 1, 2)
    for _ in range(10):
        for connection in connections:
            world.pass_time(seconds=1)
            assert isinstance(world.rotate(connection.id, owner=ANNA, asked_at=world.clock.now()), Rotated)
    assert world.machine.state.counters.refreshes == 30
    assert (world.machine.state.counters.reuses, world.machine.state.counters.families_revoked) == (0, 0)
    assert {v.state for v in world.list_connections(ANNA)} == {ConnectionState.OK}
    assert world.grant_of(connections[0]).generation == 31


def test_a_sweep_renews_what_is_due_and_nothing_else() -> None:
    world = World()
    [acme] = world.connect("chloe")
    assert world.sweep().swept == {}
    world.pass_time(hours=12)
    report = world.sweep()
    assert (report.count(Ended.ROTATED), report.remaining) == (1, 0)
    assert world.grant_of(acme).generation == 2
    assert world.sweep().swept == {}


def test_a_month_of_sweeps_never_lets_a_token_lapse() -> None:
    world = World()
    [acme] = world.connect("chloe")
    for _ in range(30 * 24):
        world.sweep()
        world.pass_time(hours=1)
        assert world.machine.is_live(world.vend_of(acme).access.reveal())
    assert world.machine.state.counters.reuses == 0


def test_the_most_urgent_grant_goes_first() -> None:
    world = World()
    for name in ("carol", "dora", "erin"):
        world.connect("chloe", owner=OwnerId(name))
        world.pass_time(minutes=1)
    world.pass_time(hours=13)
    assert [world.grant(g).owner for g in world.sweep().swept] == ["carol", "dora", "erin"]


def test_an_offered_grant_is_kept_alive_too() -> None:
    world = World(config=Config(access_token_seconds=300))
    ending = world.consent("ana")
    assert isinstance(ending, Choosing)
    world.sweep_for(timedelta(minutes=9), every=timedelta(seconds=15))
    [grant] = world.database.rows.grants.values()
    assert grant.generation > 3
    assert grant.health == Active()


@pytest.mark.parametrize(
    ("failure", "ended", "refusal"),
    [
        (Throttled(), Ended.THROTTLED, PlatformThrottled),
        (Unavailable("x"), Ended.UNAVAILABLE, PlatformUnavailable),
        (InDoubt("x"), Ended.IN_DOUBT, PlatformUnavailable),
        (Misconfigured("x"), Ended.MISCONFIGURED, PlatformMisconfigured),
        (OurFault(40002), Ended.OUR_FAULT, PlatformUnavailable),
    ],
)
def test_what_is_no_connections_fault_leaves_it_as_it_was_and_says_when_to_try_again(
    failure: Failure, ended: Ended, refusal: type[Refusal]
) -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    world.budget.pause = timedelta(minutes=1)
    world.platform.refresh_plan.extend([failure] if isinstance(failure, InDoubt) else [failure, failure])
    assert world.sweep(for_at_most=timedelta(seconds=1)).count(ended) == 1
    with pytest.raises(refusal):
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now() + timedelta(seconds=1))
    assert world.grant_of(acme).health == Active()
    world.pass_time(minutes=20)
    world.sweep()
    assert world.grant_of(acme).generation == 2


def test_a_refused_grant_is_served_till_its_token_ends_while_the_token_is_sent_again_and_then_needs_a_person() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    world.platform.refresh_plan.extend([REFUSED] * 100)
    report = world.sweep()
    assert isinstance(world.grant_of(acme).health, Degraded)
    assert (report.count(Ended.REFUSED), world.platform.refreshes, world.platform.probes) == (1, 1, 2)
    assert world.vend_of(acme).degraded
    [view] = world.list_connections(ANNA)
    assert (view.state, view.reconnect_by) == (ConnectionState.DEGRADED, None), "nobody is asked yet"
    assert view.next_refresh_at == world.clock.now() + timedelta(minutes=10)
    world.sweep_for(timedelta(hours=13), every=timedelta(minutes=5))
    assert isinstance(world.grant_of(acme).health, NeedsReauth)
    assert world.platform.probes == 2, "one probe"
    assert 12 < world.platform.refreshes < 24
    with pytest.raises(ReauthorisationNeeded):
        world.vend_of(acme)


def test_a_consent_that_was_withdrawn_needs_a_person_once_it_was_refused_again() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.machine.revoke_user("chloe")
    world.pass_time(hours=12)
    world.sweep()
    assert isinstance(world.grant_of(acme).health, Degraded)
    world.pass_time(minutes=10)
    world.sweep()
    assert world.grant_of(acme).health == NeedsReauth(Reason.REFRESH_TOKEN_REFUSED, since=world.clock.now())


def test_after_a_click_was_refused_the_probe_does_not_wait_for_the_next_sweep() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.machine.revoke_user("chloe")
    probes = world.platform.probes
    with pytest.raises(ReauthorisationNeeded):
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert world.platform.probes == probes + 1
    refusals = world.grant_of(acme).schedule.refusals
    assert refusals is not None
    assert refusals.access_works is False


def test_after_a_token_for_a_service_was_refused_the_probe_follows_at_once_too() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(hours=17)
    world.platform.refresh_plan.append(REFUSED)
    probes = world.platform.probes
    assert world.vend_of(acme, timedelta(hours=8)).degraded
    assert world.platform.probes == probes + 1


def test_a_click_on_a_refused_grant_makes_no_call() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.platform.refresh_plan.append(REFUSED)
    for _ in range(2):
        with pytest.raises(ReauthorisationNeeded):
            world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
        world.pass_time(seconds=1)
    assert world.platform.refreshes == 1


def test_an_operator_may_try_a_refused_grant_once_more() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.platform.refresh_plan.append(REFUSED)
    with pytest.raises(ReauthorisationNeeded):
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
    world.pass_time(hours=25)
    world.sweep()
    asked_at = world.clock.now() + timedelta(seconds=1)
    assert isinstance(world.rotate(acme.id, owner=ANNA, asked_at=asked_at, insist=True), Rotated)
    assert world.grant_of(acme).health == Active()


def test_a_lost_answer_is_retried_within_the_platforms_grace() -> None:
    world = World(config=Config(rotation_mode="grace", grace_seconds=60))
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    world.platform.refresh_plan.append("lost")
    assert world.sweep(for_at_most=timedelta(seconds=1)).count(Ended.IN_DOUBT) == 1
    assert world.list_connections(ANNA)[0].state is ConnectionState.IN_DOUBT
    world.sweep_for(timedelta(seconds=60), every=timedelta(seconds=15))
    assert world.grant_of(acme).generation == 2
    assert world.machine.is_live(world.vend_of(acme).access.reveal())


def test_a_lost_answer_of_a_strict_platform_is_reported_for_what_it_is() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    world.platform.refresh_plan.append("lost")
    world.sweep_for(timedelta(minutes=2), every=timedelta(seconds=15))
    [view] = world.list_connections(ANNA)
    assert (view.state, view.reason) == (ConnectionState.DEGRADED, Reason.ROTATION_IN_DOUBT.value)
    with pytest.raises(ReauthorisationNeeded) as refused:
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now() + timedelta(seconds=1))
    assert refused.value.reason is Reason.ROTATION_IN_DOUBT


def test_a_claim_that_was_waited_out_is_given_back_unsent() -> None:
    world = World()
    [acme] = world.connect("chloe")
    claim = world.claim(acme)
    taken_at = world.clock.monotonic()
    world.pass_time(seconds=21)
    assert world.carry_out(claim, taken_at=taken_at).ended is Ended.UNSENT
    assert world.platform.refreshes == 0
    assert not world.grant_of(acme).in_flight(world.clock.now())
    assert not world.grant_of(acme).schedule.in_doubt


def test_a_claim_after_an_attempt_without_outcome_looks_at_the_generation_before_sending() -> None:
    world = World()
    [acme] = world.connect("chloe")
    first = world.claim(acme)
    world.pass_time(seconds=31)
    second, taken_at = world.claim(acme), world.clock.monotonic()
    assert second.grant.schedule.in_doubt
    assert world.carry_out(first, taken_at=taken_at).ended is Ended.ROTATED
    assert world.carry_out(second, taken_at=taken_at).ended is Ended.OVERTAKEN
    assert world.machine.state.counters.reuses == 0


def test_an_answer_that_comes_after_another_was_refused_heals_the_grant() -> None:
    world = World()
    [acme] = world.connect("chloe")
    first, taken_at = world.claim(acme), world.clock.monotonic()

    def be_overtaken() -> None:
        world.platform.on_refresh = lambda: None
        world.pass_time(seconds=31)
        assert world.carry_out_now(acme).ended is Ended.REFUSED
        assert isinstance(world.grant_of(acme).health, Degraded)

    world.platform.on_refresh = be_overtaken
    assert world.carry_out(first, taken_at=taken_at).ended is Ended.ROTATED
    assert world.grant_of(acme).health == Active()
    assert world.machine.is_live(world.vend_of(acme).access.reveal())


def test_a_refusal_that_comes_after_another_settled_is_quiet() -> None:
    world = World()
    [acme] = world.connect("chloe")
    first, taken_at = world.claim(acme), world.clock.monotonic()
    world.pass_time(seconds=31)
    world.carry_out_now(acme)
    world.platform.refresh_plan.append(REFUSED)
    assert world.carry_out(first, taken_at=world.clock.monotonic()).ended is Ended.OVERTAKEN
    assert taken_at < world.clock.monotonic()
    assert (world.grant_of(acme).health, world.grant_of(acme).generation) == (Active(), 2)


def test_a_click_shares_the_rotation_in_flight_and_its_answer() -> None:
    world = World()
    [acme] = world.connect("chloe")
    claim, asked_at = world.claim(acme), world.clock.now()
    assert world.rotate(acme.id, owner=ANNA, asked_at=asked_at) == InFlight()
    world.carry_out(claim, taken_at=world.clock.monotonic())
    assert isinstance(world.rotate(acme.id, owner=ANNA, asked_at=asked_at), Rotated)
    assert world.platform.refreshes == 1


def test_a_click_shares_the_failure_of_a_rotation_that_ended_after_it_was_asked() -> None:
    world = World()
    [acme] = world.connect("chloe")
    claim, asked_at = world.claim(acme), world.clock.now()
    world.platform.refresh_plan.append(Throttled())
    world.budget.pause = timedelta(minutes=5)
    world.carry_out(claim, taken_at=world.clock.monotonic())
    with pytest.raises(PlatformThrottled) as told:
        world.rotate(acme.id, owner=ANNA, asked_at=asked_at)
    assert told.value.retry_after == timedelta(minutes=5)
    assert world.platform.refreshes == 1


def test_nothing_is_sent_while_the_app_is_stopped() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    world.budget.stop = Misconfigured("secret")
    report = world.sweep()
    assert (report.stopped_by, report.remaining, report.swept) == (Misconfigured("secret"), 1, {})
    with pytest.raises(PlatformMisconfigured):
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert world.platform.refreshes == 0


def test_a_long_term_token_is_probed_instead_of_refreshed() -> None:
    world = a_long_term_world()
    [acme] = world.connect("chloe")
    assert isinstance(world.grant_of(acme).tokens, LongTerm)
    world.pass_time(hours=1)
    assert world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now()) == Rotated(None)
    assert (world.platform.refreshes, world.platform.probes) == (0, 2)
    assert world.grant_of(acme).generation == 1
    world.pass_time(days=400)
    vended = world.vend_of(acme)
    assert (vended.expires_at, vended.degraded) == (None, False)


def test_a_long_term_token_that_was_withdrawn_is_found_out() -> None:
    world = a_long_term_world()
    [acme] = world.connect("chloe")
    world.machine.revoke_user("chloe")
    world.pass_time(hours=12)
    assert world.sweep().swept == {}, "a sweep leaves long-term tokens to the audit"
    assert world.audit().probed.count(Ended.REFUSED) == 1
    assert isinstance(world.grant_of(acme).health, Degraded)
    world.pass_time(minutes=10)
    world.sweep()
    assert world.grant_of(acme).health == NeedsReauth(Reason.ACCESS_TOKEN_REFUSED, since=world.clock.now())


def test_a_definite_error_on_a_probe_is_passed_on() -> None:
    world = a_long_term_world()
    [acme] = world.connect("chloe")
    world.platform.unlisted = NotPermitted(40001)
    world.pass_time(hours=1)
    with pytest.raises(PlatformError):
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())


def test_a_database_that_is_away_for_a_moment_loses_no_answer() -> None:
    world = World()
    [acme] = world.connect("chloe")
    claim, back_at = world.claim(acme), world.clock.now() + timedelta(seconds=3)
    database = world.database
    world.platform.on_refresh = lambda: setattr(database, "away", True)
    world.clock.on_sleep = lambda: setattr(database, "away", world.clock.now() < back_at)
    assert world.carry_out(claim, taken_at=world.clock.monotonic()).ended is Ended.ROTATED
    assert world.machine.is_live(world.vend_of(acme).access.reveal())


def test_a_database_that_stays_away_is_not_kept_secret() -> None:
    world = World()
    [acme] = world.connect("chloe")
    claim = world.claim(acme)
    world.platform.on_refresh = lambda: setattr(world.database, "away", True)
    with pytest.raises(StoreUnavailable):
        world.carry_out(claim, taken_at=world.clock.monotonic())


def test_a_token_without_its_key_stops_for_a_while_and_blames_nobody() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    report = world.sweep_with_another_key()
    assert (report.count(Ended.UNSENT), type(report.stopped_by)) == (1, Misconfigured)
    assert (world.grant_of(acme).health, world.platform.refreshes) == (Active(), 0)
    world.pass_time(minutes=5)
    world.sweep()
    assert world.grant_of(acme).generation == 2


def test_a_sweep_renews_a_token_once_however_short_its_life() -> None:
    world = World(config=Config(access_token_seconds=20))
    [acme] = world.connect("chloe")
    for generation in (2, 3):
        world.pass_time(seconds=15)
        assert world.sweep().count(Ended.ROTATED) == 1
        assert world.grant_of(acme).generation == generation


def test_a_process_that_slept_between_claim_and_send_sends_nothing() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    other = world.another_host()

    def sleep_and_be_overtaken() -> bool:
        world.pass_time(minutes=10)
        other.stay_in_touch()
        other.sweep()
        return True

    claim, taken_at = world.claim(acme), world.clock.monotonic()
    before = world.platform.refreshes
    rotation = world.carry_out(claim, taken_at=taken_at, turn=sleep_and_be_overtaken)
    assert rotation.ended is Ended.UNSENT
    assert world.platform.refreshes == before + 1, "the other host's"
    assert world.machine.state.counters.reuses == 0
    assert world.grant_of(acme).generation == 2
