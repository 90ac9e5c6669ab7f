"""What a look concludes: frozen, missing, disconnected, erased, and settled."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.connection_mirror import MemoryConnectionMirror
from adapters.memory.dashboard import DashboardRow, MemoryDashboard
from application.mirroring.settle_in_turns import CONFLICT_LASTS, FIRST_CONFLICT
from application.ports.connection_mirror import RowReport
from application.rotation.permit_turn import never
from application.vend_token import ByAccount, ByConnection
from domain.errors import ConnectionNotFound
from domain.grant_health import Revoked
from domain.ids import ConnectionId, OwnerId
from domain.mirror_freeze_reasons import FreezeReason
from domain.mirror_look import Look, MirrorIdentity
from domain.mirrored_row import REMEMBERED_FOR, Intent, WrittenRow
from support.builders import ANNA, BERT, DAY, HOUR, MINUTE, SECOND, START
from support.mirrored_world import LOOK_EVERY, MirroredWorld
from support.world import SimulatedClock


def frozen(world: MirroredWorld) -> FreezeReason | None:
    return world.note.frozen.reason if world.note.frozen else None


def test_nothing_is_written_before_the_first_look() -> None:
    world = MirroredWorld()
    with world.container.store().write() as work:
        work.mirror.clear()
        work.commit()
    world.connect("chloe")
    assert world.rows_of() == []
    world.look()
    assert len(world.rows_of()) == 1


def test_a_connection_whose_row_is_missing_is_neither_listed_nor_vended_and_is_rotated_on() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.look()
    world.dashboard.delete_row(connection.id)
    world.look()
    assert world.listed() == []
    for wanted in (ByConnection(connection.id), ByAccount(ANNA, connection.advertiser.id)):
        with pytest.raises(ConnectionNotFound):
            world.vend(wanted)
    assert world.rows_of() == [], "and it is not written again"
    world.pass_time(hours=13)
    world.sweep()
    assert world.grant_of(connection).generation == 2


def test_it_is_listed_and_vended_again_when_the_row_is_back() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    [row] = world.rows_of()
    world.look()
    world.dashboard.delete_row(connection.id)
    world.look()
    world.dashboard.put(row)
    world.look()
    assert world.listed() == [connection.id]
    assert world.vend_of(connection).access


def test_a_person_who_connects_again_heals_it() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.look()
    world.dashboard.delete_row(connection.id)
    world.look()
    world.connect("chloe")
    assert world.listed() == [connection.id] == [row.id for row in world.rows_of()]
    world.look_for(2 * DAY)
    assert world.listed() == [connection.id]


def test_what_is_missing_can_be_disconnected() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.look()
    world.dashboard.delete_row(connection.id)
    world.look()
    assert world.disconnect(ANNA, connection.id)
    assert world.listed() == []


def test_a_day_of_absence_at_every_look_is_a_disconnect() -> None:
    world = MirroredWorld()
    first, second = world.connect("ana", 0, 1)
    world.look()
    world.dashboard.delete_row(first.id)
    world.look()
    world.look_for(DAY - MINUTE)
    assert world.shown(first.id) is not None
    world.look_for(MINUTE)
    assert world.shown(first.id) is None
    world.dashboard.delete_row(second.id)
    world.look()
    grant = world.grant_of(second).id
    world.look_for(DAY)
    assert world.grant(grant).health == Revoked()
    assert world.revoke() == 1
    assert len(world.removals.noted(world.identity_record.read().id)) == 2


def test_a_gap_of_more_than_an_hour_between_looks_starts_an_absence_anew() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.look()
    world.dashboard.delete_row(connection.id)
    world.look()
    world.look_for(20 * HOUR)
    world.clock.advance(2 * HOUR)
    world.look()
    world.look_for(23 * HOUR)
    assert world.shown(connection.id) is not None
    world.look_for(HOUR)
    assert world.shown(connection.id) is None


def test_a_user_who_is_gone_there_is_erased_after_a_day() -> None:
    world = MirroredWorld()
    connections = world.connect("ana", 0, 1)
    world.connect("chloe", owner=BERT)
    grant = world.grant_of(connections[0]).id
    world.look()
    world.dashboard.delete_user(ANNA)
    world.look()
    assert (world.listed(), len(world.listed(BERT))) == ([], 1)
    world.look_for(DAY)
    assert world.grant(grant).health == Revoked()
    assert [world.shown(c.id) for c in connections] == [None, None]
    assert len(world.listed(BERT)) == 1


def test_a_user_who_came_back_in_the_same_moment_is_not_erased() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.look()
    world.dashboard.delete_user(ANNA)
    world.look()
    world.look_for(DAY - MINUTE)
    world.dashboard.users.add(ANNA)
    world.connect("chloe")
    world.look_for(HOUR)
    assert world.listed() == [connection.id]


def test_rows_of_more_than_half_of_many_owners_missing_freeze_it_and_unlist_nobody() -> None:
    world = MirroredWorld()
    connections = world.connect_many(5)
    world.look()
    world.dashboard.truncate()
    world.look()
    assert frozen(world) is FreezeReason.MANY_MISSING
    assert all(len(world.listed(connection.owner)) == 1 for connection in connections)
    world.look_for(3 * DAY)
    assert all(len(world.listed(connection.owner)) == 1 for connection in connections)


def test_what_is_missing_when_it_freezes_is_listed_again() -> None:
    world = MirroredWorld()
    connections = world.connect_many(5)
    world.look()
    world.dashboard.delete_row(connections[0].id)
    world.look()
    assert world.listed(connections[0].owner) == []
    world.dashboard.standby = True
    world.look()
    assert frozen(world) is FreezeReason.STANDBY
    assert world.listed(connections[0].owner) == [connections[0].id]


def test_a_frozen_mirror_writes_and_removes_nothing() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.dashboard.put(replace(world.rows_of()[0], id=ConnectionId("33333333-3333-7333-8333-333333333333")))
    world.look()
    assert frozen(world) is FreezeReason.UNKNOWN_ROWS
    before = list(world.dashboard.rows)
    world.disconnect(ANNA, connection.id)
    world.connect("chloe", owner=BERT)
    world.follow()
    world.look_for(DAY)
    assert list(world.dashboard.rows) == before


class Late(MemoryConnectionMirror):
    """Its next look shows what was there a moment ago."""

    ago: Look | None = None

    def look(self, owners: Collection[OwnerId]) -> Look:
        shown, self.ago = self.ago or super().look(owners), None
        return shown


def test_what_one_look_alone_saw_freezes_nothing() -> None:
    dashboard = MemoryDashboard([ANNA])
    mirror = Late(dashboard)
    world = MirroredWorld(dashboard=dashboard, given_mirror=mirror)
    world.connect("chloe")
    world.look()
    seen = mirror.look([])
    for amiss in (replace(seen, users_are_empty=True), replace(seen, standby=True)):
        mirror.ago = amiss
        world.look()
        assert frozen(world) is None


def test_nothing_is_concluded_or_written_while_our_own_database_is_on_hold() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.look()
    world.dashboard.delete_row(connection.id)
    world.identity_record.change(lambda known, _: replace(known, home="https://another.test"))
    world.clock.advance(MINUTE)
    world.look()
    assert world.missing_since(connection.id) is None


def test_a_status_that_time_alone_changes_is_seen_by_a_look() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    world.machine.revoke_user("chloe")
    world.pass_time(hours=13)
    world.sweep()
    world.pass_time(hours=12)
    assert world.statuses() == ["active"]
    assert [view.needs_reauth for view in world.list_connections(ANNA)] == [True]
    world.look()
    assert world.statuses() == ["needs_reauth"]


def test_what_was_changed_there_is_mended_and_what_is_not_ours_is_left() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    [row] = world.rows_of()
    world.dashboard.put(replace(row, status="expired", account_name="?"))
    world.look()
    assert world.rows_of() == [row]
    for changed in (replace(row, owner=BERT), replace(row, token="a token")):
        world.dashboard.put(changed)
        world.look()
        assert world.dashboard.rows[connection.id] == changed
    assert world.listed() == [connection.id]


def test_a_name_that_was_cut_to_its_column_is_not_written_at_every_look() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    grant = world.grant_of(connection)
    long = replace(connection, advertiser=replace(connection.advertiser, name="x" * 200))
    with world.container.store().write() as work:
        [grant] = work.grants.get([grant.id])
        grant.connections[connection.id] = long
        work.grants.save(grant)
        work.commit()
    [row] = world.rows_of()
    cut = replace(row, account_name="x" * 100)
    world.dashboard.put(cut)
    world.look()
    assert world.rows_of() == [cut]


def test_a_row_that_the_table_refuses_is_left_alone_for_a_while_and_holds_up_no_other() -> None:
    world = MirroredWorld()
    world.dashboard.away = True
    connections = world.connect_many(3)
    world.dashboard.away = False
    world.dashboard.users.discard(connections[0].owner)
    world.look()
    assert set(world.dashboard.rows) == {c.id for c in connections[1:]}
    world.dashboard.users.add(connections[0].owner)
    world.clock.advance(FIRST_CONFLICT)
    world.look()
    assert set(world.dashboard.rows) == {c.id for c in connections}, "what was mended at once is seen soon"


class Counted(MemoryConnectionMirror):
    """Tells when it was asked to settle a row."""

    settled = 0

    def settle(self, connection: ConnectionId, intent: Callable[[MirrorIdentity], Intent]) -> RowReport:
        self.settled += 1
        return super().settle(connection, intent)


def test_what_is_refused_again_and_again_is_asked_less_and_less_often() -> None:
    dashboard = MemoryDashboard([BERT])
    mirror = Counted(dashboard)
    world = MirroredWorld(dashboard=dashboard, given_mirror=mirror)
    dashboard.away = True
    dashboard.users.add(ANNA)
    world.connect("chloe")
    dashboard.users.discard(ANNA)
    dashboard.away, mirror.settled = False, 0
    world.look_for(4 * FIRST_CONFLICT, every=LOOK_EVERY)
    assert mirror.settled == 3, "at the first look, 15 and then 30 seconds later"
    world.look_for(30 * MINUTE, every=LOOK_EVERY)
    before = mirror.settled
    world.look_for(4 * CONFLICT_LASTS, every=LOOK_EVERY)
    assert mirror.settled - before == 4


def test_a_written_row_whose_answer_was_lost_is_written_again_and_nothing_is_revoked() -> None:
    world = MirroredWorld()
    world.dashboard.answers_to_lose = 1
    [connection] = world.connect("chloe")
    assert (len(world.rows_of()), world.confirmed_for(connection.id)) == (1, None)
    world.dashboard.delete_row(connection.id)
    world.look()
    assert (len(world.rows_of()), world.confirmed_for(connection.id)) == (1, None)
    world.look()
    assert world.confirmed_for(connection.id) == 1


def test_a_row_that_was_lost_before_any_look_saw_it_is_written_again() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.dashboard.delete_row(connection.id)  # as a standby that takes over loses it
    world.look()
    assert [row.id for row in world.rows_of()] == world.listed() == [connection.id]


def test_a_removed_row_that_a_backup_brings_back_is_removed_again() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    [row] = world.rows_of()
    world.disconnect(ANNA, connection.id)
    world.dashboard.put(row)
    world.look()
    assert (world.rows_of(), world.note.frozen) == ([], None)


def test_a_stale_row_gives_way_when_its_person_has_connected_again() -> None:
    world = MirroredWorld()
    stale = ConnectionId("22222222-2222-7222-8222-222222222222")
    world.dashboard.put(DashboardRow(stale, ANNA, world.an_account_of("chloe"), "Stale", START, "needs_reauth"))
    with world.container.store().write() as work:
        work.mirror.remember(WrittenRow(stale, ANNA, stale=True))
        work.commit()
    world.look()
    assert [row.id for row in world.rows_of()] == [stale]
    [connection] = world.connect("chloe")
    assert [(row.id, row.status) for row in world.rows_of()] == [(connection.id, "active")], "at once"
    world.look()
    world.dashboard.put(DashboardRow(stale, ANNA, connection.advertiser.id, "Stale", START, "needs_reauth"))
    for _ in range(2):
        world.look()
    assert [row.id for row in world.rows_of()] == [connection.id], "one that a backup brings back, after a look"


def test_a_row_that_a_disconnect_could_not_remove_gives_way_to_who_connects_again() -> None:
    world = MirroredWorld()
    [before] = world.connect("chloe")
    world.dashboard.away = True
    world.disconnect(ANNA, before.id)
    world.dashboard.away = False
    assert [row.id for row in world.rows_of()] == [before.id]
    world.contact_there.regained()
    [connection] = world.connect("chloe")
    assert [row.id for row in world.rows_of()] == [connection.id]


def test_a_removed_row_is_remembered_for_as_long_as_a_backup_may_bring_it_back() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.disconnect(ANNA, connection.id)
    world.look()
    prune = world.container.prune_history()
    world.clock.advance(REMEMBERED_FOR)
    assert prune().mirrored_rows == 0
    world.clock.advance(SECOND)
    assert prune().mirrored_rows == 1
    assert world.written(connection.id) is None


def test_a_row_that_is_back_is_not_forgotten() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    [row] = world.rows_of()
    world.disconnect(ANNA, connection.id)
    world.look()
    world.dashboard.put(replace(row, token="theirs"))  # so that it stays
    world.look()
    world.clock.advance(2 * REMEMBERED_FOR)
    assert world.container.prune_history()().mirrored_rows == 0


def test_an_older_process_looks_no_more_than_one_every_fifteen_seconds() -> None:
    world = MirroredWorld()
    world.turn()
    first = world.note.looked_at
    world.clock.advance(10 * SECOND)
    world.turn()
    assert world.note.looked_at == first
    world.clock.advance(LOOK_EVERY)
    world.turn()
    assert world.note.looked_at == world.clock.now()


def test_a_row_made_by_another_deployment_freezes_it_at_the_first_look() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    other = MirroredWorld(dashboard=world.dashboard)
    assert frozen(other) is FreezeReason.UNKNOWN_ROWS
    other.connect("chloe", owner=BERT)
    assert world.rows_of(BERT) == []


def test_a_copy_of_our_database_forgets_whose_rows_these_are() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    world.adopt.copied()
    world.look()
    assert frozen(world) is FreezeReason.UNKNOWN_ROWS
    assert world.statuses() == ["active"], "the original's"


def test_old_rows_of_the_dashboard_itself_are_nothing_to_a_look() -> None:
    world = MirroredWorld()
    old = ConnectionId("11111111-1111-4111-8111-111111111111")
    account = world.an_account_of("chloe")
    world.dashboard.put(DashboardRow(old, BERT, account, "Old", START, token="theirs"))
    world.look()
    assert world.note.frozen is None
    assert [row.id for row in world.rows_of(BERT)] == [old]


def test_no_row_is_removed_while_our_own_database_is_on_hold() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.identity_record.change(lambda known, _: replace(known, home="https://another.test"))
    world.clock.advance(MINUTE)
    world.disconnect(ANNA, connection.id)
    assert len(world.rows_of()) == 1


class Slow(MemoryConnectionMirror):
    """A look at it takes so long."""

    clock: SimulatedClock | None = None
    takes = 0 * SECOND

    def look(self, owners: Collection[OwnerId]) -> Look:
        if self.clock is not None:
            self.clock.advance(self.takes)
        return super().look(owners)


@pytest.mark.parametrize(("takes", "apart"), [(SECOND, LOOK_EVERY), (3 * SECOND, 30 * SECOND), (40 * SECOND, MINUTE)])
def test_looks_that_take_long_come_less_often(takes: timedelta, apart: timedelta) -> None:
    dashboard = MemoryDashboard([ANNA])
    mirror = Slow(dashboard)
    world = MirroredWorld(dashboard=dashboard, given_mirror=mirror)
    mirror.clock, mirror.takes = world.clock, takes
    keep = world.container.keep_mirror()
    keep(stopping=never)
    world.clock.advance(2 * MINUTE)
    began_at = again_at = world.clock.now()
    keep(stopping=never)
    looked_at = world.note.looked_at
    while world.note.looked_at == looked_at:
        world.clock.advance(SECOND)
        again_at = world.clock.now()
        keep(stopping=never)
    assert apart <= again_at - began_at <= apart + takes + SECOND
