"""A database that may be a copy, or a backup: nothing is sent from it until somebody has said what it is."""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.database import MemoryDatabase
from adapters.memory.database_identity import MemoryIdentityNotes
from application.ports.budget import Lane
from application.vend_token import ByConnection
from domain.database_hold import Elsewhere, Held, WentBack
from domain.database_identity import DatabaseIdentity
from domain.errors import OnHold, StoreUnavailable
from domain.outcomes import Unavailable
from support.world import ANNA, BROWSER, World

HOME, STAGING = "https://ads.example.com", "https://staging.example.com"


def backup_of(world: World) -> MemoryDatabase:
    """The database as it is now."""
    kept = MemoryDatabase()
    kept.rows = copy.deepcopy(world.database.rows)
    return kept


def restore(world: World, backup: MemoryDatabase) -> None:
    world.database.rows = copy.deepcopy(backup.rows)


def in_use(world: World, **span: float) -> None:
    """The process looks every minute for this time."""
    until = world.clock.now() + timedelta(**span)
    while world.clock.now() < until:
        world.watch()
        world.pass_time(minutes=1)
    world.watch()


def calls(world: World) -> int:
    return world.platform.refreshes + world.platform.probes


@pytest.fixture
def restored() -> World:
    """Anna connected an account; a backup was made; her tokens were rotated since; the backup was restored."""
    world = World(here=HOME)
    world.connect("chloe")
    in_use(world, minutes=5)
    backup = backup_of(world)
    in_use(world, hours=13)
    world.sweep()
    assert world.platform.refreshes == 1
    restore(world, backup)
    world.clock.advance(timedelta(minutes=1))
    return world


@pytest.fixture
def world_on_hold() -> Callable[[World], None]:
    """Puts a world's database on hold."""

    def hold(world: World) -> None:
        world.identity_record.change(lambda known, now: replace(known, hold=WentBack(now, now)))
        world.pass_time(seconds=2)
        assert world.watch.hold()

    return hold


def test_a_restored_backup_is_seen_before_anything_is_sent(restored: World, caplog: pytest.LogCaptureFixture) -> None:
    before = calls(restored)
    with caplog.at_level(logging.CRITICAL):
        report = restored.sweep()
        restored.sweep()
    assert isinstance(report.stopped_by, Held)
    assert isinstance(restored.watch.hold(), WentBack)
    assert report.remaining == 1
    assert calls(restored) == before
    assert len(caplog.records) == 1, "it is said once"


def test_who_only_asks_is_told_and_changes_nothing(restored: World) -> None:
    before, noted = restored.identity_record.read(), restored.identity_notes.noted(restored.identity_record.read().id)
    assert isinstance(restored.another_host().watch.peek(), WentBack)
    assert restored.identity_record.read() == before
    assert restored.identity_notes.noted(before.id) == noted
    assert copied(restored, STAGING).watch.peek() == Elsewhere(HOME, STAGING)
    assert World(here=HOME).watch.peek() is None


def test_all_processes_obey_a_hold_that_one_has_found(restored: World) -> None:
    restored.watch()
    other = restored.another_host()
    other.identity_notes = MemoryIdentityNotes()
    other.watch = replace(other.watch, notes=[other.identity_notes])
    with pytest.raises(OnHold):
        other.begin(ANNA, BROWSER)


def test_a_host_without_notes_that_comes_first_hides_nothing(restored: World) -> None:
    other = restored.another_host()
    other.watch = replace(other.watch, notes=[MemoryIdentityNotes()])
    in_use(other, minutes=30)
    assert other.watch.hold() is None
    assert isinstance(restored.watch.hold(), WentBack)
    other.pass_time(seconds=1)
    assert isinstance(other.watch.hold(), WentBack)


def test_everything_that_needs_a_call_is_refused_while_it_is_held(restored: World) -> None:
    [view] = restored.list_connections(ANNA)
    before = calls(restored)
    with pytest.raises(OnHold):
        restored.begin(ANNA, BROWSER)
    with pytest.raises(OnHold):
        restored.rotate(view.connection.id, owner=ANNA, asked_at=restored.clock.now())
    with pytest.raises(OnHold):
        restored.rotate(view.connection.id, owner=ANNA, asked_at=restored.clock.now(), insist=True)
    restored.pass_time(hours=24)
    with pytest.raises(OnHold):
        restored.vend(ByConnection(view.connection.id))
    assert calls(restored) == before


def test_a_token_that_ended_while_calls_failed_is_refused_for_the_hold(world_on_hold: Callable[[World], None]) -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(hours=24)
    world.platform.away = Unavailable("away")
    for _ in range(5):
        world.sweep()
        world.pass_time(seconds=30)
    world.sweep()
    world_on_hold(world)
    for patient in (True, False):
        with pytest.raises(OnHold):
            world.vend(ByConnection(acme.id), patient=patient)


def test_a_token_that_a_service_rejects_is_not_replaced_while_it_is_held(world_on_hold: Callable[[World], None]) -> None:
    world = World()
    [acme] = world.connect("chloe")
    access = world.vend_of(acme).access
    world.pass_time(hours=1)
    world_on_hold(world)
    before = calls(world)
    with pytest.raises(OnHold):
        world.vend(ByConnection(acme.id), rejected=access)
    assert calls(world) == before


def test_what_is_valid_is_served_while_it_is_held(restored: World) -> None:
    [view] = restored.list_connections(ANNA)
    before = calls(restored)
    vended = restored.vend_of(view.connection)
    restored.pass_time(hours=10, minutes=52)
    assert restored.vend_of(view.connection).access == vended.access
    assert calls(restored) == before


def test_a_callback_is_not_used_up_by_a_hold() -> None:
    world = World()
    state, code = world.state_of(ANNA), world.code("chloe")
    world.pass_time(seconds=1)
    held = world.identity_record.change(lambda known, now: replace(known, hold=WentBack(now, now)))
    with pytest.raises(OnHold):
        world.complete(ANNA, BROWSER, state=state, code=code)
    world.identity_record.change(lambda _, __: replace(held, hold=None))
    world.pass_time(seconds=1)
    world.complete(ANNA, BROWSER, state=state, code=code)
    assert world.list_connections(ANNA)


def test_disconnect_works_while_it_is_held_and_its_revocation_waits(restored: World) -> None:
    [view] = restored.list_connections(ANNA)
    assert restored.disconnect(ANNA, view.connection.id)
    assert restored.revoke() == 0
    assert len(restored.database.rows.revocations) == 1


def test_the_audit_does_nothing_while_it_is_held(restored: World) -> None:
    restored.pass_time(days=360)
    before, facts = calls(restored), len(restored.database.rows.events)
    report = restored.audit()
    assert isinstance(report.probed.stopped_by, Held)
    assert (calls(restored), len(restored.database.rows.events)) == (before, facts)


def test_a_copy_at_another_address_sends_nothing_and_production_goes_on() -> None:
    production = World(here=HOME)
    [acme] = production.connect("chloe")
    in_use(production, minutes=5)
    staging = copied(production, STAGING)
    in_use(production, hours=13)
    assert isinstance(staging.sweep().stopped_by, Held)
    with pytest.raises(OnHold):
        staging.rotate(acme.id, owner=ANNA, asked_at=staging.clock.now())
    assert staging.watch.hold() == Elsewhere(HOME, STAGING)
    assert production.platform.refreshes == 0
    production.sweep()
    assert production.platform.refreshes == 1
    assert production.watch.hold() is None


@pytest.mark.parametrize("here", [None, "https://ads.example.com:8443"])
def test_a_laptop_and_another_port_are_elsewhere_too(here: str | None) -> None:
    production = World(here=HOME)
    production.connect("chloe")
    production.watch()
    assert copied(production, here).watch.hold() == Elsewhere(HOME, here)


def test_a_copy_that_shares_the_folder_of_notes_does_not_speak_for_production() -> None:
    production = World(here=HOME)
    production.connect("chloe")
    in_use(production, minutes=5)
    noted = production.identity_notes.noted(production.identity_record.read().id)
    staging = copied(production, STAGING)
    in_use(staging, hours=2)
    [view] = staging.list_connections(ANNA)
    staging.disconnect(ANNA, view.connection.id)
    assert production.identity_notes.noted(production.identity_record.read().id) == noted
    assert production.removals.noted(production.identity_record.read().id) == []
    assert production.watch.hold() is None


def test_a_database_that_only_loopback_addresses_used_is_nobodys() -> None:
    demo = World(here=None)
    demo.connect("chloe")
    in_use(demo, minutes=5)
    assert copied(demo, HOME).watch.hold() is None


def test_the_hold_ends_when_the_database_is_at_home_again(caplog: pytest.LogCaptureFixture) -> None:
    world = World(here=HOME)
    world.watch()
    world.identity_record.change(lambda known, _: replace(known, home=STAGING))
    world.pass_time(minutes=1)
    assert world.watch.hold()
    world.identity_record.change(lambda known, _: replace(known, home=HOME))
    world.pass_time(seconds=1)
    with caplog.at_level(logging.WARNING):
        assert world.watch.hold() is None
    assert caplog.records


def test_a_database_that_is_away_is_not_taken_for_one_that_is_ours(restored: World) -> None:
    restored.database.away = True
    with pytest.raises(StoreUnavailable):
        restored.watch.hold()
    restored.database.away = False
    assert isinstance(restored.watch.hold(), WentBack)


def copied(production: World, here: str | None) -> World:
    """A copy of the database, served at another address with production's configuration."""
    staging = World(
        production.clock,
        production.config,
        production.policy,
        ids=production.ids,
        given_platform=production.platform,
        identity_notes=production.identity_notes,
        removals=production.removals,
        nonces=production.nonces,
        here=here,
    )
    staging.database.rows = copy.deepcopy(production.database.rows)
    return staging


def test_callers_who_waited_for_a_look_at_a_database_that_is_away_wait_once() -> None:
    world, looks, waiting = World(), list[int](), threading.Barrier(9)
    away = world.identity_record.read

    def slow_and_away() -> DatabaseIdentity:
        looks.append(1)
        if len(looks) == 1:
            waiting.wait(20)
            time.sleep(0.3)  # the others come to the lock meanwhile
        raise StoreUnavailable("away")

    def ask(number: int) -> bool:
        if number:
            waiting.wait(20)
        with pytest.raises(StoreUnavailable):
            world.watch.hold()
        return True

    world.identity_record.read = slow_and_away  # type: ignore[method-assign]  # a database that hangs, then fails
    with ThreadPoolExecutor(9) as threads:
        assert all(threads.map(ask, range(9)))
    assert len(looks) < 9, "not one after the other, each as long as a time-out"
    world.identity_record.read = away  # type: ignore[method-assign]  # it is back
    assert world.watch.hold() is None


def test_a_call_under_way_is_not_given_up_for_a_moment_without_a_database() -> None:
    world = World()
    budget = world.container.budget()
    world.database.away = True
    with pytest.raises(StoreUnavailable):
        budget.take(world.platform.app, 1, Lane.PEOPLE, within=timedelta(seconds=1))
    world.database.away = False
    assert budget.take(world.platform.app, 1, Lane.PEOPLE, within=timedelta(seconds=1)).count == 1
    world.database.away = True
    world.clock.advance(timedelta(seconds=2))
    assert budget.take(world.platform.app, 1, Lane.PEOPLE, within=timedelta(seconds=1)).count == 1
    world.identity_record.read = lambda: pytest.fail("it was away less than a second ago")  # type: ignore[method-assign]  # a counter
    assert budget.take(world.platform.app, 1, Lane.PEOPLE, within=timedelta(seconds=1)).count == 1


def test_a_hold_outlasts_a_moment_without_a_database(restored: World) -> None:
    restored.watch()
    restored.database.away = True
    restored.clock.advance(timedelta(seconds=2))
    permits = restored.container.budget().take(restored.platform.app, 1, Lane.PEOPLE, within=timedelta(seconds=1))
    assert isinstance(permits.because, Held)


@pytest.mark.parametrize("here", [STAGING, None])
def test_a_copy_leaves_the_journal_of_production_alone(here: str | None) -> None:
    production = World(here=HOME)
    [acme] = production.connect("chloe")
    production.watch()
    staging = copied(production, here)
    staging_drain = replace(staging.drain, journal=production.journal)  # production's folder, by production's `.env`
    production.pass_time(hours=13)
    production.platform.on_refresh = lambda: setattr(production.database, "away", True)
    with pytest.raises(StoreUnavailable):
        production.carry_out_now(acme)
    assert not production.journal.empty()
    assert staging_drain() == 0
    assert not production.journal.empty()
    production.database.away = False
    production.drain()
    assert production.journal.empty()
    assert production.grant_of(acme).generation == 2
