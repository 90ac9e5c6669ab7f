"""The database goes away between an answer and its settlement; the platform refuses everybody; hosts die."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from adapters.tiktok_simulator.advertisers import Advertiser
from adapters.tiktok_simulator.config import Config
from application.rotation.claim_results import Ended, InFlight
from domain.advertiser import Connection
from domain.connection_state import ConnectionState
from domain.errors import ReauthorisationNeeded, StoreFault, StoreUnavailable
from domain.events import GrantDegraded, ReauthorisationRequired
from domain.grant_health import Active, Degraded, NeedsReauth
from domain.ids import OwnerId
from domain.outcomes import Failure, Misconfigured, OurFault, Reason, Refused, Unavailable
from domain.owner_tally import OwnerTally
from support.world import ANNA, World

REFUSED = Refused(Reason.REFRESH_TOKEN_REFUSED, 40107)
MINUTE = timedelta(minutes=1)
HOSTILE = OwnerId("hostile")


def a_due_world(mode: str = "strict") -> tuple[World, Connection]:
    world = World(config=Config().but(rotation_mode=mode))
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    return world, acme


def lose_the_database(world: World) -> None:
    world.platform.on_refresh = lambda: setattr(world.database, "away", True)


def cut_off(world: World, acme: Connection) -> None:
    """Rotate, with the database gone before the answer can be stored."""
    claim = world.claim(acme)
    lose_the_database(world)
    with pytest.raises(StoreUnavailable):
        world.carry_out(claim, taken_at=world.clock.monotonic())
    world.platform.on_refresh = lambda: None


def is_served(world: World, acme: Connection) -> bool:
    return world.machine.is_live(world.vend_of(acme).access.reveal()) and world.grant_of(acme).health == Active()


def test_an_answer_that_the_database_would_not_take_is_kept_and_drained_before_the_next_claim() -> None:
    world, acme = a_due_world("reuse-revokes-family")
    cut_off(world, acme)
    assert len(world.journal.kept()) == 1
    world.database.away = False
    world.sweep()
    assert world.journal.empty()
    assert is_served(world, acme)
    assert world.machine.state.counters.reuses == 0


def test_nothing_but_the_pair_in_hand_is_journalled_and_a_short_outage_leaves_nothing_behind() -> None:
    world, acme = a_due_world()
    back_at = world.clock.now() + timedelta(seconds=2)
    lose_the_database(world)
    world.clock.on_sleep = lambda: setattr(world.database, "away", world.clock.now() < back_at)
    assert world.carry_out_now(acme).ended is Ended.ROTATED
    assert world.journal.empty()
    assert is_served(world, acme)


def test_with_the_journal_full_too_the_answer_is_held_until_the_database_is_back() -> None:
    world, acme = a_due_world()
    world.journal.full = True
    back_at = world.clock.now() + timedelta(minutes=3)
    lose_the_database(world)
    world.clock.on_sleep = lambda: setattr(world.database, "away", world.clock.now() < back_at)
    assert world.carry_out_now(acme).ended is Ended.ROTATED
    assert is_served(world, acme)


def test_nothing_is_claimed_while_the_journal_cannot_be_drained() -> None:
    world, acme = a_due_world()
    cut_off(world, acme)
    with pytest.raises(StoreUnavailable):
        world.sweep()
    assert world.platform.refreshes == 1


def an_outage_that_hid_an_answer(mode: str = "reuse-revokes-family") -> tuple[World, Connection, World]:
    """One host holds an answer in its journal; the lease has run out, and the database has just come back."""
    world, acme = a_due_world(mode)
    elsewhere = world.another_host()
    cut_off(world, acme)
    world.clock.advance(timedelta(seconds=31))
    world.database.away = False
    return world, acme, elsewhere


def test_a_process_that_saw_nothing_of_the_outage_does_not_send_the_spent_token_either() -> None:
    world, acme, elsewhere = an_outage_that_hid_an_answer()
    for _ in range(4):
        assert elsewhere.sweep().swept == {}
        elsewhere.clock.advance(timedelta(seconds=3))
        elsewhere.stay_in_touch()
    world.drain()
    elsewhere.pass_time(seconds=10)
    elsewhere.sweep()
    assert is_served(world, acme)
    assert world.machine.state.counters.reuses == 0


def test_a_click_does_not_send_it_either() -> None:
    _, acme, elsewhere = an_outage_that_hid_an_answer()
    assert elsewhere.rotate(acme.id, owner=ANNA, asked_at=elsewhere.clock.now()) == InFlight()
    assert elsewhere.platform.refreshes == 1


def test_what_nobody_left_in_doubt_is_renewed_at_once_after_an_outage() -> None:
    world, acme = a_due_world()
    world.database.away = True
    with pytest.raises(StoreUnavailable):
        world.sweep()
    world.database.away = False
    world.sweep()
    assert world.grant_of(acme).generation == 2


def test_a_process_that_has_just_started_leaves_doubtful_grants_alone_for_a_while() -> None:
    world, acme = a_due_world("grace")
    world.claim(acme)
    world.pass_time(seconds=31)
    newcomer = world.another_host()
    newcomer.contact.lost()
    for seconds in range(0, 14, 2):
        assert newcomer.sweep().swept == {}, f"after {seconds} s"
        newcomer.pass_time(seconds=2)
    newcomer.pass_time(seconds=2)
    newcomer.sweep()
    assert world.grant_of(acme).generation == 2


def test_a_sweep_with_patience_renews_them_too() -> None:
    world, acme = a_due_world("grace")
    world.claim(acme)
    world.pass_time(seconds=31)
    newcomer = world.another_host()
    newcomer.contact.lost()

    def patience() -> bool:
        waits = bool(newcomer.careful_claims.steady_in())
        newcomer.pass_time(seconds=16)
        return waits

    report = newcomer.sweep(patience=patience)
    assert (report.count(Ended.ROTATED), report.remaining) == (1, 0)
    assert world.grant_of(acme).generation == 2


def test_a_sweep_without_any_says_that_they_remain() -> None:
    world, acme = a_due_world("grace")
    world.claim(acme)
    world.pass_time(seconds=31)
    newcomer = world.another_host()
    newcomer.contact.lost()
    report = newcomer.sweep()
    assert (report.swept, report.remaining) == ({}, 1)


def test_a_late_pair_leaves_the_new_generation_in_doubt_when_somebody_else_may_have_sent_the_old_token() -> None:
    world, acme = a_due_world()
    cut_off(world, acme)
    world.database.away = False
    world.pass_time(seconds=31)
    world.another_host().claim(acme)
    world.drain()
    grant = world.grant_of(acme)
    assert (grant.generation, grant.schedule.in_doubt) == (2, True)


def test_a_journal_that_comes_back_after_another_host_swept_heals_the_grant() -> None:
    world, acme = a_due_world()
    cut_off(world, acme)
    world.database.away = False
    world.pass_time(seconds=31)
    world.another_host().sweep()
    health = world.grant_of(acme).health
    assert isinstance(health, Degraded)
    assert health.reason is Reason.ROTATION_IN_DOUBT
    assert world.drain() == 1
    assert is_served(world, acme)
    assert world.journal.empty()


def test_a_journalled_pair_of_a_grant_that_was_disconnected_meanwhile_is_revoked() -> None:
    world, acme = a_due_world()
    cut_off(world, acme)
    world.database.away = False
    world.disconnect(ANNA, acme.id)
    assert world.drain() == 1
    assert world.revoke() == 2
    assert world.machine.live_refresh_tokens() == 0


def test_a_journalled_pair_of_a_superseded_grant_is_forgotten() -> None:
    world, acme = a_due_world()
    cut_off(world, acme)
    world.database.away = False
    world.consent("chloe")
    assert world.drain() == 1
    assert world.revoke() == 0
    assert is_served(world, acme)


def test_a_journalled_pair_that_was_overtaken_changes_nothing() -> None:
    world, acme = a_due_world("grace")
    cut_off(world, acme)
    world.database.away = False
    world.pass_time(seconds=31)
    world.another_host().sweep()
    newest = world.grant_of(acme)
    assert newest.generation == 2
    world.drain()
    assert world.grant_of(acme) == newest


# ---- refusals


def a_fleet(size: int) -> tuple[World, list[Connection]]:
    """Of as many owners, whose renewals come one after the other over ten hours."""
    world, fleet = World(), list[Connection]()
    for number in range(size):
        fleet += world.connect("chloe", owner=OwnerId(f"owner-{number}"))
        world.pass_time(seconds=36_000 / size)
    world.sweep_for(timedelta(hours=4), every=MINUTE)
    return world, fleet


def many_grants_of_one(world: World, count: int) -> list[Connection]:
    """Grants of one user here, of as many users at the platform."""
    connections = tuple[Connection, ...]()
    for number in range(count):
        world.machine.set_accounts(f"hostile-{number}", [Advertiser(advertiser_id=f"{number}", name="An account")])
        connections = world.connect(f"hostile-{number}", owner=HOSTILE)
    return list(connections)


def healths(world: World, fleet: list[Connection]) -> Counter[type]:
    return Counter(type(world.grant_of(connection).health) for connection in fleet)


def asked(world: World) -> int:
    """How many people were told to authorise again."""
    return sum(isinstance(event, GrantDegraded | ReauthorisationRequired) for event in world.database.rows.events)


def test_a_platform_that_refuses_everybody_for_a_while_costs_no_grant_and_asks_nobody() -> None:
    world, fleet = a_fleet(30)
    world.platform.away = REFUSED
    world.sweep_for(timedelta(hours=3), every=MINUTE)
    assert 0 < healths(world, fleet)[Degraded] < 30
    world.platform.away = None
    world.sweep_for(timedelta(hours=1), every=MINUTE)
    assert healths(world, fleet) == {Active: 30}
    assert asked(world) == 0
    assert {v.state for c in fleet for v in world.list_connections(c.owner)} == {ConnectionState.OK}
    assert world.machine.state.counters.reuses == 0


def test_access_tokens_that_ended_in_the_incident_come_back_with_the_others() -> None:
    world, fleet = a_fleet(30)
    world.platform.away = REFUSED
    world.sweep_for(timedelta(hours=30), every=5 * MINUTE)
    assert healths(world, fleet)[NeedsReauth] > 10
    world.platform.away = None
    world.sweep_for(timedelta(hours=1), every=MINUTE)
    assert healths(world, fleet) == {Active: 30}


def test_a_few_refusals_among_many_successes_are_users_doing() -> None:
    world, fleet = a_fleet(30)
    leavers = [world.connect("ana", 0, owner=OwnerId(f"leaver-{n}"))[0] for n in range(3)]
    world.machine.revoke_user("ana")
    world.sweep_for(timedelta(hours=15), every=MINUTE)
    assert (healths(world, fleet), healths(world, leavers)) == ({Active: 30}, {NeedsReauth: 3})


def test_one_user_with_many_dead_grants_stops_nobody() -> None:
    world, fleet = a_fleet(20)
    dead = many_grants_of_one(world, 30)
    for user in range(30):
        world.machine.revoke_user(f"hostile-{user}")
    for connection in dead:
        with suppress(ReauthorisationNeeded):
            world.rotate(connection.id, owner=HOSTILE, asked_at=world.clock.now())
    world.sweep_for(timedelta(hours=14), every=MINUTE)
    assert (healths(world, fleet), healths(world, dead)) == ({Active: 20}, {NeedsReauth: 30})
    assert all(world.machine.is_live(world.vend_of(connection).access.reveal()) for connection in fleet)


@pytest.mark.parametrize(("owners", "alarms"), [(19, 0), (20, 1)])
def test_many_refused_owners_ring_one_alarm_in_the_whole_fleet(
    owners: int, alarms: int, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    for number in range(owners):
        world.connect("chloe", owner=OwnerId(f"owner-{number}"))
    world.pass_time(hours=12)
    world.platform.away = REFUSED
    for process in (world, world.another_host(), world):
        process.sweep()
        process.sweep_for(timedelta(minutes=30), every=MINUTE)
    rung = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert [record.getMessage() for record in rung] == ["the platform refuses many owners"] * alarms


def test_refusals_among_as_many_renewals_ring_no_alarm(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    for number in range(30):
        world.connect("chloe", owner=OwnerId(f"owner-{number}"))
    dead = many_grants_of_one(world, 60)
    for user in range(60):
        world.machine.revoke_user(f"hostile-{user}")
    world.pass_time(hours=12)
    world.sweep()
    assert healths(world, dead) == {Degraded: 60}
    assert [record for record in caplog.records if record.levelno == logging.CRITICAL] == []


def test_refusals_after_an_attempt_without_outcome_are_believed_and_counted_nowhere() -> None:
    world, fleet = a_fleet(6)
    world.pass_time(hours=12)
    world.platform.refresh_plan.extend(["lost"] * 6)
    world.sweep(for_at_most=timedelta(seconds=1))
    world.sweep_for(timedelta(minutes=2), every=timedelta(seconds=15))
    reasons = {health.reason for c in fleet if isinstance(health := world.grant_of(c).health, Degraded | NeedsReauth)}
    assert reasons == {Reason.ROTATION_IN_DOUBT}
    assert asked(world) == 6
    assert world.tallies.since(world.platform.app, world.clock.now() - timedelta(hours=1)) == OwnerTally()


def test_a_code_that_nobody_knows_for_ever_asks_its_person_with_that_code_as_the_reason() -> None:
    world, acme = a_due_world()
    world.platform.refresh_plan.extend([Unavailable("unknown code 41999", 41999)] * 500)
    world.sweep_for(timedelta(hours=11), every=5 * MINUTE)
    assert (world.grant_of(acme).health, world.vend_of(acme).degraded) == (Active(), False)
    world.sweep_for(timedelta(hours=2), every=5 * MINUTE)
    [view] = world.list_connections(ANNA)
    assert (view.state, view.reason) == (ConnectionState.NEEDS_REAUTH, "tiktok_41999")
    world.platform.refresh_plan.clear()
    world.sweep_for(timedelta(minutes=30), every=5 * MINUTE)
    assert world.grant_of(acme).health == Active(), "a success heals it"


@pytest.mark.parametrize("failure", [Misconfigured("x"), OurFault(40002)])
def test_what_no_waiting_mends_rings_the_alarm_and_harms_no_grant(failure: Failure, caplog: pytest.LogCaptureFixture) -> None:
    world, acme = a_due_world()
    world.platform.away = failure
    world.carry_out_now(acme)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    assert world.grant_of(acme).health == Active()


def test_a_platform_that_is_away_rings_no_alarm(caplog: pytest.LogCaptureFixture) -> None:
    world, acme = a_due_world()
    world.platform.away = Unavailable("x")
    world.carry_out_now(acme)
    assert caplog.records == []


@pytest.mark.parametrize(("fault", "lost"), ((StoreFault.POOL_EXHAUSTED, False), (StoreFault.TIMEOUT, True), (None, True)))
def test_a_process_that_is_too_busy_for_a_connection_does_not_take_the_database_for_away(
    monkeypatch: pytest.MonkeyPatch, fault: StoreFault | None, *, lost: bool
) -> None:
    world = World()
    world.careful_claims.skew()
    before = world.contact.steady_in(world.clock.monotonic())

    def refuse(*_: object) -> timedelta:
        raise StoreUnavailable("not now", fault)

    monkeypatch.setattr(type(world.bare_claims), "skew", refuse)
    with pytest.raises(StoreUnavailable):
        world.careful_claims.skew()
    assert (world.contact.steady_in(world.clock.monotonic()) > before) is lost
