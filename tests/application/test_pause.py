"""All calls to the platform are paused: everything waits, nothing is lost, and nothing counts as a failure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.spend_reports import MemoryBooks, MemorySpendReports
from application.database_hold.pause_watch import BY_SETTING
from application.vend_token import ByConnection
from domain.errors import CallsPaused, StoreUnavailable
from domain.grant_health import Active
from domain.pause import Paused
from support.world import ANNA, BROWSER, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    return World()


def pause(world: World) -> None:
    world.container.pause_calls()("an operator")
    world.pass_time(seconds=2)


def resume(world: World) -> None:
    world.container.resume_calls()("anna@host")
    world.pass_time(seconds=2)


def test_a_sweep_sends_nothing_and_makes_up_for_it_afterwards(world: World) -> None:
    [connection] = world.connect("chloe")
    world.pass_time(hours=13)
    before = world.grant_of(connection)
    pause(world)
    report = world.sweep()
    assert isinstance(report.stopped_by, Paused)
    assert (report.refreshed, report.failed, report.remaining) == (0, 0, 1)
    assert world.platform.refreshes == 0
    assert world.grant_of(connection) == before
    resume(world)
    assert world.sweep().refreshed == 1


def test_a_click_is_told_to_come_later_and_blames_nobody(world: World) -> None:
    [connection] = world.connect("chloe")
    pause(world)
    with pytest.raises(CallsPaused) as refused:
        world.rotate(connection.id, owner=ANNA, asked_at=world.clock.now())
    assert refused.value.pause.by == "an operator"
    assert refused.value.retry_after > timedelta(0)
    assert world.grant_of(connection).schedule.failures == 0
    resume(world)
    world.rotate(connection.id, owner=ANNA, asked_at=world.clock.now())
    assert world.platform.refreshes == 1


def test_a_valid_token_is_vended_and_an_expired_one_waits(world: World) -> None:
    [connection] = world.connect("chloe")
    pause(world)
    assert world.vend_of(connection).access
    world.pass_time(hours=30)
    with pytest.raises(CallsPaused):
        world.vend(ByConnection(connection.id))
    assert isinstance(world.grant_of(connection).health, Active)


def test_a_consent_that_comes_back_meanwhile_is_completed_afterwards(world: World) -> None:
    state = world.state_of(ANNA)
    code = world.code("chloe")
    pause(world)
    with pytest.raises(CallsPaused):
        world.state_of(ANNA)
    with pytest.raises(CallsPaused):
        world.complete(ANNA, BROWSER, state=state, code=code)
    resume(world)
    world.complete(ANNA, BROWSER, state=state, code=code)
    assert len(world.list_connections(ANNA)) == 1


def test_a_revocation_waits(world: World) -> None:
    [connection] = world.connect("chloe")
    pause(world)
    world.disconnect(ANNA, connection.id)
    world.revoke()
    assert world.machine.state.counters.revocations == 0
    resume(world)
    world.revoke()
    assert world.machine.state.counters.revocations == 1


def test_an_import_waits_and_says_nothing_of_accounts_even_where_tokens_end(world: World) -> None:
    [shop] = world.connect("chloe")
    reports = MemorySpendReports({shop.advertiser.id: MemoryBooks()})
    world.container.reports.override(reports)
    importer = world.container.import_spend()
    pause(world)
    for _ in range(3):
        turn = importer(for_at_most=MINUTE)
        assert (turn.readings, turn.failures) == (0, 0)
        world.pass_time(hours=20)
    assert reports.calls == []
    [standing] = world.container.spend_store().imports()
    assert (standing.progress.failures, standing.progress.last_failure) == (0, None)
    resume(world)
    world.sweep()
    world.pass_time(minutes=1)
    assert importer(for_at_most=MINUTE).readings


def test_a_pause_that_begins_between_the_claim_and_the_call_gives_the_claim_back(world: World) -> None:
    [connection] = world.connect("chloe")
    claim = world.claim(connection)
    pause(world)
    world.container.pause_watch()()
    rotation = world.carry_out(claim, taken_at=world.clock.monotonic())
    assert (rotation.ended.value, world.platform.refreshes) == ("unsent", 0)
    resume(world)
    assert world.grant_of(connection).schedule.attempt is None


def test_another_process_obeys_and_a_new_one_too(world: World) -> None:
    [connection] = world.connect("chloe")
    pause(world)
    watch = world.container.pause_watch()
    watch()
    assert (watch.last_pause is not None, world.container.budget().stopped(world.platform.app)) == (
        True,
        Paused(world.container.pause_record().read()),  # type: ignore[arg-type] # it is there
    )
    new = world.over(world.container.settings(), pause_record=world.container.pause_record()).container
    with pytest.raises(CallsPaused):
        new.rotate_grant()(connection.id, owner=ANNA, asked_at=world.clock.now())


def test_a_process_whose_settings_say_so_pauses_alone(world: World) -> None:
    [connection] = world.connect("chloe")
    alone = world.over(replace(world.container.settings(), paused=True), pause_record=world.container.pause_record()).container
    with pytest.raises(CallsPaused) as refused:
        alone.rotate_grant()(connection.id, owner=ANNA, asked_at=world.clock.now())
    assert refused.value.pause.by == BY_SETTING
    world.rotate(connection.id, owner=ANNA, asked_at=world.clock.now())
    assert world.platform.refreshes == 1


def test_while_the_database_is_away_a_pause_stays(world: World) -> None:
    world.connect("chloe")
    pause(world)
    watch = world.container.pause_watch()
    watch()
    world.database.away = True
    world.pass_time(seconds=5)
    with pytest.raises(StoreUnavailable):
        watch()
    assert watch.pause_or_last() is not None
    assert watch.last_pause is not None
