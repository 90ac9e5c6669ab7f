"""What the outbox tells of reaches the dashboard."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from adapters.memory.connection_mirror import MemoryConnectionMirror
from adapters.memory.dashboard import MemoryDashboard
from application.mirror_changes import rows_of
from application.ports.connection_mirror import MirrorUnavailable, RowReport
from domain.events import GrantRecovered
from domain.ids import ConnectionId
from domain.mirror_look import MirrorIdentity
from domain.mirrored_row import Intent
from support.builders import ANNA, BERT, MINUTE, SECOND
from support.mirrored_world import MirroredWorld


def test_a_refusal_in_a_sweep_shows_without_a_look() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    world.machine.revoke_user("chloe")
    world.pass_time(hours=23, minutes=50)
    world.sweep()
    world.pass_time(minutes=20)
    world.sweep()
    world.follow()
    [view] = world.list_connections(ANNA)
    assert view.needs_reauth
    assert world.statuses() == ["needs_reauth"]


def test_a_permission_that_works_again_shows_without_a_look() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    [before] = world.list_connections(ANNA)
    with world.container.store().write() as work:
        [grant] = work.grants.get([before.grant])
        told = GrantRecovered(grant.id, grant.owner, grant.generation, at=world.clock.now())
    assert list(rows_of(told, work)) == [(ANNA, before.connection.id)]


def test_a_lost_account_and_a_found_one_show() -> None:
    world = MirroredWorld()
    first, second = world.connect("ana", 0, 1)
    with world.container.store().write() as work:
        [grant] = work.grants.get([world.grant_of(first).id])
        reached = {second.advertiser.id: second.advertiser}
        grant.look_again(reached, world.clock.now(), lost=[first.advertiser.id])
        work.grants.save(grant)
        work.commit()
    world.follow()
    assert world.statuses() == ["needs_reauth", "active"]


def test_what_happened_while_the_dashboard_was_away_arrives_afterwards() -> None:
    world = MirroredWorld()
    [first] = world.connect("chloe")
    world.dashboard.away = True
    world.disconnect(ANNA, first.id)
    [second] = world.connect("chloe", owner=BERT)
    for _ in range(100):
        world.turn()
        world.clock.advance(15 * MINUTE)
    world.dashboard.away = False
    world.turn()
    assert world.rows_of() == []
    assert [row.id for row in world.rows_of(BERT)] == [second.id]


def test_a_dashboard_that_answers_nothing_is_told_of_again_all_that_it_missed() -> None:
    world = MirroredWorld()
    world.dashboard.away = True
    connections = world.connect_many(4)
    with pytest.raises(MirrorUnavailable):
        world.follow()
    world.dashboard.away = False
    world.clock.advance(90 * SECOND)
    world.follow()
    assert set(world.dashboard.rows) == {c.id for c in connections}


def test_facts_that_a_look_has_seen_are_passed_unread() -> None:
    asked, dashboard = list[str](), MemoryDashboard([ANNA])
    world = MirroredWorld(dashboard=dashboard, given_mirror=MemoryConnectionMirror(dashboard, lambda: asked.append("asked")))
    world.connect_many(3)
    world.clock.advance(60 * SECOND)
    world.look()
    asked.clear()
    world.follow()
    assert asked == []
    assert world.container.outbox_feed().read("mirror", limit=10) == []


class OneRowLocked(MemoryConnectionMirror):
    """Somebody over there holds the lock of one row."""

    locked: ConnectionId | None = None

    def settle(self, connection: ConnectionId, intent: Callable[[MirrorIdentity], Intent]) -> RowReport:
        if connection == self.locked:
            raise MirrorUnavailable("another holds the row")
        return super().settle(connection, intent)


def test_one_row_that_is_locked_holds_up_no_other() -> None:
    dashboard = MemoryDashboard([ANNA])
    mirror = OneRowLocked(dashboard)
    world = MirroredWorld(dashboard=dashboard, given_mirror=mirror)
    world.dashboard.away = True
    connections = world.connect_many(3)
    world.dashboard.away = False
    mirror.locked = connections[0].id
    world.follow()
    assert set(world.dashboard.rows) == {c.id for c in connections[1:]}
    mirror.locked = None
    world.clock.advance(90 * SECOND)
    world.look()
    assert set(world.dashboard.rows) == {c.id for c in connections}


def test_one_outage_is_told_once_and_its_end_only_after_a_look(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "application.keep_mirror")
    world = MirroredWorld()
    world.dashboard.away = True
    for _ in range(20):  # a minute of turns, of which every fifth looks
        world.turn()
        world.clock.advance(3 * SECOND)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    world.dashboard.away = False
    for _ in range(6):
        world.turn()
        world.clock.advance(3 * SECOND)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
