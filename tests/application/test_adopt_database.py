"""The end of a hold: what becomes of the grants of a restored backup, of a copy, and of a database that has moved."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from adapters.budget.process_budget import ProcessBudget
from adapters.memory.database import MemoryDatabase
from adapters.tiktok_simulator.config import Config
from application.ports.claims_and_settlements import Claim, Due
from application.ports.removals import Disconnected
from application.vend_token import ByConnection
from domain.database_hold import Elsewhere, Held
from domain.errors import ReauthorisationNeeded, StoreUnavailable
from domain.events import Event, GrantDegraded, ReauthorisationRequired
from domain.grant_health import Active, Degraded, NeedsReauth
from domain.ids import OwnerId
from domain.outcomes import InDoubt, Reason, Refused, Unavailable
from support.world import ANNA, BERT, SimulatedClock, World

HOME, STAGING = "https://ads.example.com", "https://staging.example.com"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def in_use(world: World, **span: float) -> None:
    until = world.clock.now() + timedelta(**span)
    while world.clock.now() < until:
        world.watch()
        world.pass_time(minutes=1)
    world.watch()


def restore(world: World, backup: MemoryDatabase) -> None:
    """Put the backup in the database's place; its processes look at once, as they do before they send anything."""
    world.database.rows = copy.deepcopy(backup.rows)
    world.pass_time(minutes=1)
    assert world.watch.hold()


def backup_of(world: World) -> MemoryDatabase:
    kept = MemoryDatabase()
    kept.rows = copy.deepcopy(world.database.rows)
    return kept


def sweeps(world: World, count: int = 4) -> None:
    for _ in range(count):
        world.pass_time(seconds=15)
        world.sweep()


def told(world: World) -> list[Event]:
    return [e for e in world.database.rows.events if isinstance(e, GrantDegraded | ReauthorisationRequired)]


@pytest.fixture
def world() -> World:
    return World(here=HOME)


def test_after_a_restore_the_living_go_on_and_the_dead_are_told_after_one_refusal(world: World) -> None:
    [dead] = world.connect("chloe", owner=ANNA)
    world.pass_time(hours=6)
    [living] = world.connect("ana", 0, owner=BERT)
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, hours=6)
    world.sweep()  # Anna's pair is spent since; Bert's is not yet
    assert world.platform.refreshes == 1
    restore(world, backup)
    assert isinstance(world.sweep().stopped_by, Held)
    assert world.adopt.restored() == 2
    sweeps(world)
    assert world.grant_of(living).health == Active()
    assert world.grant_of(living).generation == 2
    health = world.grant_of(dead).health
    assert isinstance(health, Degraded), "its access token works to its end"
    assert health.reason is Reason.RESTORED_BACKUP
    assert [e.grant for e in told(world)] == [world.grant_of(dead).id]
    assert world.platform.refreshes == 3, "each was tried once"
    [view] = world.list_connections(ANNA)
    assert (view.reason, view.usable_until) == ("restored_backup", health.usable_until)


def test_access_tokens_are_probed_before_anything_is_spent(world: World) -> None:
    world.connect("chloe")
    in_use(world, minutes=5)
    backup, probes = backup_of(world), world.platform.probes
    in_use(world, hours=1)
    restore(world, backup)
    world.adopt.restored()
    world.pass_time(seconds=15)
    world.sweep()
    assert (world.platform.probes, world.platform.refreshes) == (probes + 1, 0)
    world.pass_time(seconds=15)
    world.sweep()
    assert (world.platform.probes, world.platform.refreshes) == (probes + 1, 1)


def test_who_has_nothing_left_to_serve_is_told_to_connect_again(world: World) -> None:
    [acme] = world.connect("chloe")
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, hours=13)
    world.sweep()
    in_use(world, hours=30)
    restore(world, backup)
    world.adopt.restored()
    sweeps(world)
    assert world.grant_of(acme).health == NeedsReauth(Reason.RESTORED_BACKUP, since=world.clock.now() - 3 * MINUTE / 4)
    with pytest.raises(ReauthorisationNeeded) as needed:
        world.vend(ByConnection(acme.id))
    assert needed.value.reason is Reason.RESTORED_BACKUP


def test_a_token_that_the_platform_withdrew_meanwhile_is_told_too(world: World) -> None:
    [acme] = world.connect("chloe")
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, hours=1)
    world.machine.revoke_user("chloe")
    restore(world, backup)
    world.adopt.restored()
    sweeps(world)
    health = world.grant_of(acme).health
    assert isinstance(health, NeedsReauth)
    assert health.reason is Reason.RESTORED_BACKUP


@pytest.mark.parametrize("lives", [True, False])
def test_a_token_without_an_end_is_probed_by_the_next_audit(*, lives: bool) -> None:
    world = World(config=Config().but(profile="long-term"), here=HOME)
    [acme] = world.connect("chloe")
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, hours=1)
    if not lives:
        world.machine.revoke_user("chloe")
    restore(world, backup)
    world.adopt.restored()
    world.pass_time(minutes=1)
    world.audit()
    health = world.grant_of(acme).health
    assert health == (Active() if lives else NeedsReauth(Reason.RESTORED_BACKUP, since=world.clock.now()))


def test_one_audit_is_enough_where_nobody_sweeps(world: World) -> None:
    [acme] = world.connect("chloe")
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, hours=13)
    world.sweep()
    restore(world, backup)
    world.adopt.restored()
    world.pass_time(minutes=1)
    world.audit()
    assert getattr(world.grant_of(acme).health, "reason", None) is Reason.RESTORED_BACKUP


@pytest.mark.parametrize("trouble", [Unavailable("away"), InDoubt("silence")])
def test_trouble_on_the_way_is_no_refusal(world: World, trouble: Unavailable | InDoubt) -> None:
    [acme] = world.connect("chloe")
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, hours=1)
    restore(world, backup)
    world.adopt.restored()
    world.platform.away = trouble
    sweeps(world)
    assert world.grant_of(acme).health == Active()
    world.platform.away = None
    world.pass_time(minutes=20)
    sweeps(world, 8)
    assert world.grant_of(acme).health == Active()
    assert world.grant_of(acme).schedule.restored is None


def test_a_fleet_that_was_restored_is_told_within_one_audit_and_each_dead_token_is_sent_once() -> None:
    """200 owners whose pairs were spent since the backup, 100 whose pairs were not; ten calls a second."""
    clock = SimulatedClock()
    world = World(clock, here=HOME, given_budget=ProcessBudget(10, clock))
    dead = [OwnerId(f"dead-{n}") for n in range(200)]
    living = [OwnerId(f"living-{n}") for n in range(100)]
    for owner in dead:
        world.connect("chloe", owner=owner)
    world.pass_time(hours=6)
    for owner in living:
        world.connect("ana", 0, owner=owner)
    in_use(world, minutes=3)
    backup = backup_of(world)
    world.pass_time(hours=6, minutes=5)
    world.sweep()
    assert world.platform.refreshes == 200
    in_use(world, minutes=3)
    restore(world, backup)
    assert world.adopt.restored() == 300
    until = clock.now() + timedelta(hours=12)
    while clock.now() < until and world.container.stored_claims().count_due(world.platform.app, Due()):
        world.pass_time(seconds=15)
        world.sweep()
    took = timedelta(hours=12) - (until - clock.now())
    assert took < timedelta(minutes=5), "300 probes and 300 tries at nine a second"
    assert {e.owner for e in told(world)} == set(dead)
    assert len(told(world)) == 200
    for owner in dead:
        [view] = world.list_connections(owner)
        assert view.reason == "restored_backup"
    for owner in living:
        [view] = world.list_connections(owner)
        assert (view.reason, view.generation) == (None, 2)
    assert world.machine.state.counters.reuses == 200, "each once"


def test_what_a_person_disconnected_since_the_backup_does_not_come_back(world: World) -> None:
    [acme] = world.connect("chloe", owner=ANNA)
    [kept] = world.connect("ana", 0, owner=BERT)
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, minutes=30)
    world.disconnect(ANNA, acme.id)
    world.revoke()
    restore(world, backup)
    assert world.list_connections(ANNA)
    spent = world.platform.refreshes
    world.adopt.restored()
    assert not world.list_connections(ANNA)
    assert world.list_connections(BERT)[0].connection.id == kept.id
    sweeps(world)
    assert world.platform.refreshes == spent + 1, "Bert's alone"


def test_another_host_repeats_its_own_removals_before_it_sends_anything(world: World) -> None:
    [acme] = world.connect("chloe", owner=ANNA)
    in_use(world, minutes=5)
    backup = backup_of(world)
    other = World(
        world.clock,
        world.config,
        world.policy,
        world.store,
        world.bare_claims,
        world.ids,
        world.platform,
        given_tallies=world.tallies,
        given_identity_record=world.identity_record,
        here=HOME,
    )
    in_use(other, minutes=30)
    world.watch()
    other.disconnect(ANNA, acme.id)
    restore(world, backup)
    world.adopt.restored()
    assert world.list_connections(ANNA), "this host has no note of it"
    other.pass_time(minutes=1)
    assert other.watch.hold() is None
    assert not world.list_connections(ANNA)


def test_who_connected_again_before_another_host_repeats_its_removals_stays_connected(world: World) -> None:
    [acme] = world.connect("chloe", owner=ANNA)
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, minutes=30)
    world.disconnect(ANNA, acme.id)
    removals = world.removals.noted(world.identity_record.read().id)
    world.removals.forget(world.clock.now() + DAY)  # as if another host had noted it
    restore(world, backup)
    world.adopt.restored()
    world.pass_time(minutes=1)
    [again] = world.connect("chloe", owner=ANNA)
    assert again.id == acme.id
    other = world.another_host()
    for removal in removals:
        other.removals.note(world.identity_record.read().id, removal)
    other.watch()
    assert world.list_connections(ANNA)


def test_who_connected_again_after_the_restore_stays_connected(world: World) -> None:
    [acme] = world.connect("chloe")
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, minutes=30)
    world.disconnect(ANNA, acme.id)
    restore(world, backup)
    world.adopt.restored()
    world.pass_time(minutes=1)
    world.connect("chloe")
    restarted = world.another_host()
    restarted.watch()
    assert world.list_connections(ANNA)


def test_a_pair_in_the_journal_heals_a_row_that_went_further_back(world: World) -> None:
    [acme] = world.connect("chloe")
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, hours=13)
    world.sweep()
    in_use(world, hours=13)
    world.platform.on_refresh = lambda: setattr(world.database, "away", True)
    claim: Claim = world.claim(acme)
    with pytest.raises(StoreUnavailable):
        world.carry_out(claim, taken_at=world.clock.monotonic())
    assert not world.journal.empty()
    world.platform.on_refresh = lambda: None
    world.database.away = False
    restore(world, backup)
    world.drain()
    assert world.journal.empty()
    grant = world.grant_of(acme)
    assert grant.generation == claim.generation + 1
    world.adopt.restored()
    sweeps(world)
    assert world.grant_of(acme).health == Active()


def test_an_adopted_backup_is_not_held_again(world: World) -> None:
    world.connect("chloe")
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, hours=1)
    restore(world, backup)
    world.adopt.restored()
    in_use(world, hours=2)
    assert world.watch.hold() is None
    assert world.another_host().watch.hold() is None


def test_an_operator_may_say_that_it_was_restored_though_nobody_noticed(world: World) -> None:
    [acme] = world.connect("chloe")
    in_use(world, hours=13)
    world.machine.revoke_user("chloe")
    assert world.watch.hold() is None
    assert world.adopt.restored() == 1
    sweeps(world)
    assert getattr(world.grant_of(acme).health, "reason", None) is Reason.RESTORED_BACKUP


def test_what_was_refused_before_the_backup_stays_so(world: World) -> None:
    [acme] = world.connect("chloe")
    in_use(world, minutes=5)
    world.platform.refresh_plan.append(Refused(Reason.REFRESH_TOKEN_REFUSED, 40107))
    world.carry_out_now(acme)
    before = world.grant_of(acme)
    assert world.adopt.restored() == 0
    assert world.grant_of(acme) == before


def test_a_copy_that_is_adopted_forgets_the_tokens_and_tells_nobody_of_production(world: World) -> None:
    [acme] = world.connect("chloe")
    [other] = world.connect("ana", 0, owner=BERT)
    world.disconnect(BERT, other.id)  # its revocation is queued
    in_use(world, minutes=5)
    staging = copied(world, STAGING)
    assert staging.watch.hold() == Elsewhere(HOME, STAGING)
    assert staging.adopt.copied() == 1
    assert staging.database.rows.events == []
    assert not staging.database.rows.revocations
    grant = staging.grant_of(acme)
    assert (grant.tokens, grant.health) == (None, NeedsReauth(Reason.COPIED_DATABASE, since=staging.clock.now()))
    [view] = staging.list_connections(ANNA)
    assert (view.reason, view.needs_reauth) == ("copied_database", True)
    staging.pass_time(hours=13)
    assert staging.watch.hold() is None
    staging.sweep()
    staging.revoke()
    assert world.platform.refreshes == 0
    assert world.identity_record.read().id != staging.identity_record.read().id
    world.sweep()
    assert world.grant_of(acme).generation == 2, "production goes on"
    [again] = staging.connect("chloe")
    assert again.id == acme.id, "its people connect again under the old ids"


def test_a_database_that_has_moved_is_at_home_at_the_new_address(world: World) -> None:
    [acme] = world.connect("chloe")
    in_use(world, minutes=5)
    moved = copied(world, STAGING)
    moved.adopt.moved()
    moved.pass_time(hours=13)
    moved.sweep()
    assert moved.grant_of(acme).generation == 2
    assert moved.another_host().watch.hold() is None


def copied(production: World, here: str | None) -> World:
    """A copy of the database, served at another address with production's configuration."""
    staging = World(
        production.clock,
        production.config,
        production.policy,
        ids=production.ids,
        given_platform=production.platform,
        nonces=production.nonces,
        here=here,
    )
    staging.database.rows = copy.deepcopy(production.database.rows)
    return staging


def test_only_what_was_removed_between_the_backup_and_the_adoption_is_removed_again(world: World) -> None:
    [acme] = world.connect("chloe")
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, minutes=30)
    database = world.identity_record.read().id
    for hours in (-3, 3):
        world.removals.note(database, Disconnected(acme.id, world.clock.now() + timedelta(hours=hours)))
    restore(world, backup)
    world.adopt.restored()
    world.another_host().watch()
    assert world.list_connections(ANNA)
