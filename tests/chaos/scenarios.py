"""Short stories, each about one way to lose a token. They pass on the code as it is, and fail where it is wrong in that way."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from adapters.memory.claims_and_settlements import MemoryClaims
from adapters.tiktok_simulator.config import Config
from application.rotation.claim_results import Ended
from application.vend_token import ByConnection, Vended
from chaos.accidents import Crash
from chaos.fleet import Fleet
from chaos.upkeep import stay_in_touch
from domain.advertiser import Connection
from domain.connection_state import ConnectionState
from domain.consent import Connected
from domain.errors import Refusal, StoreUnavailable
from domain.grant_health import Active, Degraded, NeedsReauth
from domain.outcomes import Failure, InDoubt, Misconfigured, OurFault, Reason, Refused, Throttled, Unavailable
from support.world import ANNA, BERT, CountedIds, World

REFUSED = Refused(Reason.REFRESH_TOKEN_REFUSED, 40107)
NO_CONNECTION = Unavailable("no connection")
IDS = CountedIds()
HALF_A_DAY, HOUR, MINUTE = timedelta(hours=12), timedelta(hours=1), timedelta(minutes=1)


def due(mode: str = "strict", user: str = "chloe") -> tuple[World, Connection]:
    """One connection, whose renewal is due."""
    world = World(config=Config().but(rotation_mode=mode))
    connection = world.connect(user)[0]
    world.clock.advance(HALF_A_DAY)
    stay_in_touch(world, timedelta(seconds=20))
    return world, connection


def host(world: World) -> World:
    """A process of another host that has been at work for a while."""
    other = world.another_host()
    stay_in_touch(other, timedelta(seconds=20))
    return other


def works(world: World, connection: Connection) -> bool:
    """Whether the connection is served, and its pair is the platform's newest."""
    with suppress(Refusal):
        vended = world.vend(ByConnection(connection.id))
        lives = isinstance(vended, Vended) and not vended.degraded and world.machine.is_live(vended.access.reveal())
        world.rotate(connection.id, owner=connection.owner, asked_at=world.clock.now() + timedelta(seconds=1))
        return lives and world.grant_of(connection).health == Active() and world.machine.state.counters.reuses == 0
    return False


def lose_the_database(world: World) -> None:
    world.platform.on_refresh = lambda: setattr(world.database, "away", True)


def find_the_database(world: World) -> None:
    world.platform.on_refresh = lambda: None
    world.database.away = False


# ---- what every story is about, in its name


def three_accounts_of_one_consent_share_one_pair() -> None:
    world = World(config=Config().but(rotation_mode="reuse-revokes-family"))
    connections = world.connect("ana", 0, 1, 2)
    for _ in range(3):
        for connection in connections:
            assert works(world, connection)
            world.pass_time(seconds=1)


def two_workers_meet_over_one_grant() -> None:
    world, acme = due()
    claim, other = world.claim(acme), world.another_host()
    stay_in_touch(other, timedelta(seconds=10))
    other.sweep()
    world.carry_out(claim, taken_at=world.clock.monotonic())
    assert (world.platform.refreshes, world.machine.state.counters.reuses) == (1, 0)
    assert works(world, acme)


def a_process_dies_with_the_answer_in_its_hand() -> None:
    world, acme = due()

    def die() -> None:
        raise Crash

    world.platform.on_refresh = die
    with suppress(Crash):
        world.sweep()
    world.platform.on_refresh = lambda: None
    other = host(world)
    stay_in_touch(other, MINUTE)
    other.sweep()
    health = world.grant_of(acme).health
    assert isinstance(health, Degraded)
    assert health.reason is Reason.ROTATION_IN_DOUBT


def the_database_is_away_when_the_answer_comes() -> None:
    world, acme = due("reuse-revokes-family")
    lose_the_database(world)
    with suppress(StoreUnavailable):
        world.sweep()
    find_the_database(world)
    stay_in_touch(world, MINUTE)
    world.sweep()
    assert works(world, acme)


def a_process_starts_with_an_answer_in_its_journal() -> None:
    world, acme = due("reuse-revokes-family")
    lose_the_database(world)
    with suppress(StoreUnavailable):
        world.sweep()
    find_the_database(world)
    world.pass_time(minutes=1)
    again = replace(world.another_host(), given_journal=world.journal)
    again.sweep()
    assert works(world, acme)


def another_hosts_journal_holds_the_answer() -> None:
    world, acme = due("reuse-revokes-family")
    lose_the_database(world)
    with suppress(StoreUnavailable):
        world.sweep()
    world.clock.advance(MINUTE)
    find_the_database(world)
    other = world.another_host()
    other.contact.lost()
    other.sweep()
    stay_in_touch(world, timedelta(seconds=2))
    assert works(world, acme)


def a_reply_is_lost_on_a_strict_platform() -> None:
    world, _ = due()
    world.platform.refresh_plan.append("lost")
    world.sweep(for_at_most=timedelta(seconds=1))
    [view] = world.list_connections(ANNA)
    assert view.state is ConnectionState.IN_DOUBT
    stay_in_touch(world, MINUTE)
    world.sweep()
    [view] = world.list_connections(ANNA)
    assert (view.state, view.reason) == (ConnectionState.DEGRADED, Reason.ROTATION_IN_DOUBT.value)


def a_reply_is_lost_on_a_platform_with_a_grace_period() -> None:
    world, acme = due("grace")
    world.platform.refresh_plan.append("lost")
    world.sweep(for_at_most=timedelta(seconds=1))
    stay_in_touch(world, timedelta(seconds=45))
    world.sweep()
    assert works(world, acme)


def nothing_but_a_refusal_disconnects() -> None:
    failures: list[Failure] = [
        Throttled(),
        Unavailable("no connection"),
        InDoubt("time-out"),
        Misconfigured("secret"),
        OurFault(40002),
    ]
    for failure in failures:
        world, acme = due()
        world.platform.refresh_plan.append(failure)
        world.sweep(for_at_most=timedelta(seconds=1))
        assert world.grant_of(acme).health == Active(), failure
        stay_in_touch(world, 6 * MINUTE)
        world.sweep()
        assert works(world, acme)


def a_token_that_still_lives_is_served_whatever_its_renewal_does() -> None:
    world, acme = due()
    world.platform.refresh_plan.append(REFUSED)
    world.sweep()
    with suppress(Refusal):
        vended = world.vend(ByConnection(acme.id))
        assert isinstance(vended, Vended)
        assert vended.degraded
        assert world.machine.is_live(vended.access.reveal())
        return
    message = "a token that lives was withheld"
    raise AssertionError(message)


def a_few_days_pass() -> None:
    fleet = Fleet(60, 1)
    fleet.grow(timedelta(hours=12))
    fleet.run_for(timedelta(days=2))
    fleet.assert_nobody_else_is_harmed()
    assert fleet.platform.lapsed == []


def a_dead_connection_is_left_in_peace() -> None:
    world, acme = due()
    world.machine.revoke_user("chloe")
    sent, probed = world.platform.refreshes, world.platform.probes
    for _ in range(12 * 24):
        world.sweep(for_at_most=MINUTE)
        world.clock.advance(timedelta(minutes=59))
        stay_in_touch(world, MINUTE)
    assert isinstance(world.grant_of(acme).health, NeedsReauth)
    assert world.grant_of(acme).schedule.due_at is None
    assert (world.platform.refreshes - sent < 80, world.platform.probes - probed) == (True, 1)


def a_person_disconnects_while_the_call_is_under_way() -> None:
    world, acme = due()
    grant = world.grant_of(acme).id

    def disconnect() -> None:
        world.disconnect(ANNA, acme.id)

    world.platform.on_refresh = disconnect
    world.sweep()
    assert world.grant(grant).tokens is None
    assert len(world.database.rows.revocations) == 2, "the pair that was erased, and the one that came late"
    for _ in range(3):
        world.revoke()
        world.pass_time(minutes=1)
    assert world.machine.live_refresh_tokens() == 0


def a_person_consents_again_and_the_platform_is_away() -> None:
    world, acme = due()
    state = world.state_of(ANNA, reconnects=acme.id)
    code = world.code("chloe")
    world.platform.away = Unavailable("no connection")
    world.complete(ANNA, "a-browser", state=state, code=code)
    world.platform.away = None
    assert works(world, acme)


def a_person_consents_again() -> None:
    world, acme = due()
    older = world.grant_of(acme).id
    assert world.consent("chloe", reconnects=acme.id) == Connected()
    assert (world.grant(older).tokens, world.grant_of(acme).id == older) == (None, False)
    for _ in range(3):
        world.revoke()
        world.pass_time(minutes=1)
    assert world.machine.state.counters.revocations == 0
    assert works(world, acme)


def two_people_share_a_login_and_one_disconnects() -> None:
    world, acme = due()
    world.consent("chloe", owner=BERT)
    world.disconnect(ANNA, acme.id)
    world.pass_time(minutes=1)
    world.revoke()
    assert world.machine.state.counters.revocations == 0


def an_answer_comes_after_another_attempt_was_refused() -> None:
    world, acme = due()
    first, taken_at = world.claim(acme), world.clock.monotonic()

    def be_overtaken() -> None:
        world.platform.on_refresh = lambda: None
        world.pass_time(seconds=31)
        assert world.carry_out_now(acme).ended is Ended.REFUSED

    world.platform.on_refresh = be_overtaken
    world.carry_out(first, taken_at=taken_at)
    assert world.grant_of(acme).health == Active()
    vended = world.vend(ByConnection(acme.id))
    assert isinstance(vended, Vended)
    assert world.machine.is_live(vended.access.reveal())


def a_refusal_comes_after_another_attempt_succeeded() -> None:
    world, acme = due()
    first = world.claim(acme)
    world.pass_time(seconds=31)
    world.carry_out_now(acme)
    world.platform.refresh_plan.append(REFUSED)
    world.carry_out(first, taken_at=world.clock.monotonic())
    assert world.grant_of(acme).health == Active()


def a_claim_is_waited_out() -> None:
    world, acme = due("reuse-revokes-family")
    claim, taken_at = world.claim(acme), world.clock.monotonic()
    world.clock.advance(timedelta(seconds=28))
    world.platform.on_refresh = lambda: world.pass_time(seconds=4)
    assert world.carry_out(claim, taken_at=taken_at).ended is Ended.UNSENT


def a_claim_is_resumed_after_another_attempt_succeeded() -> None:
    world, acme = due("reuse-revokes-family")
    first = world.claim(acme)
    world.pass_time(seconds=31)
    second = world.claim(acme)
    world.carry_out(first, taken_at=world.clock.monotonic())
    world.carry_out(second, taken_at=world.clock.monotonic())
    assert works(world, acme)


def a_doubtful_claim_is_given_back() -> None:
    world, acme = due()
    world.claim(acme)
    world.pass_time(seconds=31)
    assert isinstance(world.bare_claims, MemoryClaims)
    world.bare_claims.release([world.claim(acme)])
    assert world.grant_of(acme).schedule.in_doubt


def the_platform_refuses_everybody_for_a_while() -> None:
    fleet = Fleet(60, 10)
    fleet.grow(HALF_A_DAY)
    fleet.platform.refuses = "everything"
    fleet.run_for(4 * HOUR)
    fleet.platform.refuses = "nothing"
    fleet.run_for(HOUR + MINUTE)
    fleet.assert_nobody_else_is_harmed()


def one_token_is_refused_by_mistake() -> None:
    """For forty minutes, while its access token works and others are renewed."""
    fleet = Fleet(120, 10)
    fleet.grow(HALF_A_DAY)
    due_at, grant = min((g.schedule.due_at, g.id) for g in fleet.others if g.schedule.due_at)
    fleet.platform.mistaken.add(fleet.consents[grant])
    fleet.run(until=due_at + 40 * MINUTE)
    assert isinstance(fleet.database.rows.grants[grant].health, Degraded)
    fleet.platform.mistaken.clear()
    fleet.run_for(HOUR)
    fleet.assert_nobody_else_is_harmed()


def many_wait_when_an_incident_ends() -> None:
    fleet = Fleet(600, 1)
    fleet.grow(HALF_A_DAY)
    fleet.platform.refuses = "refreshes"
    fleet.run_for(6 * HOUR)
    fleet.platform.refuses = "nothing"
    fleet.run_for(15 * MINUTE)
    fleet.assert_all_are_active()


def an_incident_ends_beside_one_user_with_many_dead_grants() -> None:
    fleet = Fleet(30, 1)
    fleet.add_dead("hostile", 400)
    fleet.grow(HALF_A_DAY)
    fleet.platform.refuses = "refreshes"
    fleet.run_for(3 * HOUR)
    fleet.assert_repeats_are_bounded()
    fleet.platform.refuses = "nothing"
    fleet.run_for(30 * MINUTE)
    fleet.assert_all_are_active()


def a_platform_returns_after_an_outage() -> None:
    fleet = Fleet(2000, 1)
    fleet.grow(timedelta(hours=12))
    fleet.platform.away = Unavailable("no connection")
    fleet.run_for(timedelta(hours=12))
    fleet.platform.away, back_at = None, fleet.clock.now()
    fleet.run_for(timedelta(hours=2))
    fleet.assert_within_budget()
    fleet.assert_nobody_else_is_harmed()
    assert [end for end, _ in fleet.platform.lapsed if end > back_at + MINUTE] == []


def a_minute_is_left_when_the_platform_returns(failure: Failure = NO_CONNECTION, phase: timedelta = timedelta(0)) -> None:
    """Twenty tokens end 60 to 62 s after the return, at 10 calls a second. `phase`: when trials are made before it."""
    fleet = Fleet(20, 10)
    fleet.grow(timedelta(seconds=2))
    back_at = fleet.clock.now() - timedelta(seconds=2) + timedelta(hours=24) - MINUTE
    fleet.clock.advance(timedelta(hours=5) + phase)
    fleet.platform.away = failure
    fleet.run(until=back_at)
    fleet.platform.away = None
    fleet.run_for(10 * MINUTE)
    fleet.assert_nobody_else_is_harmed()
    assert fleet.platform.lapsed == []
