"""What the dashboard shows when a person is answered."""

from __future__ import annotations

import threading
import time

import pytest

from adapters.memory.connection_mirror import MemoryConnectionMirror
from adapters.memory.dashboard import DashboardRow, MemoryDashboard
from domain.consent import Connected
from domain.errors import ReauthorisationNeeded, UnknownUser
from domain.ids import ConnectionId, OwnerId
from domain.mirrored_row import WrittenRow
from support.builders import ANNA, BERT, SECOND, START
from support.mirrored_world import MirroredWorld
from support.world import BROWSER


def test_the_row_is_there_when_the_callback_ends() -> None:
    world = MirroredWorld()
    assert world.consent("chloe") == Connected()
    [view] = world.list_connections(ANNA)
    [row] = world.rows_of()
    assert (row.id, row.account, row.status) == (view.connection.id, view.connection.advertiser.id, "active")
    assert world.written(row.id) == WrittenRow(row.id, ANNA, None)
    world.look()
    assert world.written(row.id) == WrittenRow(row.id, ANNA, 1), "only a look confirms"


def test_a_row_that_is_deleted_soon_after_the_callback_is_not_written_again() -> None:
    world = MirroredWorld()
    world.turn()  # which looks, so that no look is due when the person connects
    world.pass_time(seconds=2)
    [connection] = world.connect("chloe")
    world.turn()
    world.dashboard.delete_row(connection.id)
    for _ in range(3):
        world.pass_time(seconds=16)
        world.turn()
    assert (world.rows_of(), world.listed()) == ([], [])


def test_the_rows_are_there_in_the_order_of_the_list_when_the_choice_ends() -> None:
    world = MirroredWorld()
    connections = world.connect("ana")
    assert len(connections) > 1
    assert [row.id for row in world.rows_of()] == [c.id for c in connections] == world.listed()
    assert len({row.created_at for row in world.rows_of()}) == len(connections), "the dashboard orders by age alone"


def test_a_row_is_gone_when_a_disconnect_ends() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.disconnect(ANNA, connection.id)
    assert world.rows_of() == []
    assert world.written(connection.id) is not None, "a backup of theirs may bring it back"


def test_a_reconnect_shows_active_again_under_the_same_id() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.machine.revoke_user("chloe")
    world.pass_time(hours=30)
    world.sweep()
    world.look()
    assert world.statuses() == ["needs_reauth"]
    world.connect("chloe")
    assert [(row.id, row.status) for row in world.rows_of()] == [(connection.id, "active")]
    world.look()
    assert world.written(connection.id) == WrittenRow(connection.id, ANNA, 2)


def test_an_older_row_of_the_same_account_gives_way() -> None:
    world = MirroredWorld()
    account = world.an_account_of("chloe")
    old = ConnectionId("11111111-1111-4111-8111-111111111111")
    world.dashboard.put(DashboardRow(old, ANNA, account, "Old", START - 9 * SECOND, token="theirs", spend=("a day",)))
    world.connect("chloe")
    [row] = world.rows_of()
    assert (row.id != old, row.spend, row.created_at) == (True, ("a day",), START - 9 * SECOND)


def test_whom_the_dashboard_does_not_know_is_refused_before_the_state_is_used_up() -> None:
    world = MirroredWorld()
    with pytest.raises(UnknownUser):
        world.begin(OwnerId("stranger"), BROWSER)
    state = world.state_of(ANNA)
    world.dashboard.users.discard(ANNA)
    with pytest.raises(UnknownUser):
        world.complete(ANNA, BROWSER, state=state, code=world.code("chloe"))
    world.dashboard.users.add(ANNA)
    assert world.complete(ANNA, BROWSER, state=state, code=world.code("chloe")) == Connected()


def test_everybody_is_taken_for_a_user_while_the_dashboard_can_not_be_asked_or_is_frozen() -> None:
    world = MirroredWorld()
    world.dashboard.away = True
    assert world.begin(OwnerId("stranger"), BROWSER)
    world = MirroredWorld()
    world.container.rebuild_mirror().turn(off=True)
    assert world.begin(OwnerId("stranger"), BROWSER)


def test_a_dashboard_that_is_away_holds_up_nobody_and_is_brought_up_to_date_afterwards() -> None:
    world = MirroredWorld()
    [first] = world.connect("chloe")
    world.dashboard.away = True
    world.disconnect(ANNA, first.id)
    [second] = world.connect("chloe", owner=BERT)
    assert world.listed(BERT)[0] == second.id
    assert is_away(world)
    world.dashboard.away = False
    world.turn()
    assert not is_away(world)
    assert (world.rows_of(ANNA), world.rows_of(BERT)[0].id) == ([], second.id)


def is_away(world: MirroredWorld) -> bool:
    return world.contact_there.away


class Hanging(MemoryConnectionMirror):
    """Answers when it is let go."""

    def __init__(self, dashboard: MemoryDashboard) -> None:
        self.hangs, self.go_on, self.asked = False, threading.Event(), 0
        super().__init__(dashboard, before_each=self._wait)

    def _wait(self) -> None:
        self.asked += self.hangs
        if self.hangs:
            self.go_on.wait(20)


def test_a_dashboard_that_hangs_costs_one_person_three_seconds_and_nobody_else_anything() -> None:
    dashboard = MemoryDashboard([ANNA, BERT])
    mirror = Hanging(dashboard)
    world = MirroredWorld(dashboard=dashboard, given_mirror=mirror)
    connections = world.connect("ana")
    mirror.hangs = True
    began = time.monotonic()
    world.disconnect(ANNA, connections[0].id)
    assert 2.5 < time.monotonic() - began < 4
    began = time.monotonic()
    world.disconnect(ANNA, connections[1].id)
    world.connect("chloe", owner=BERT)
    assert time.monotonic() - began < 0.5
    assert mirror.asked == 1
    mirror.hangs = False
    mirror.go_on.set()
    world.turn()
    assert not world.contact_there.away
    assert (len(world.rows_of(ANNA)), len(world.rows_of(BERT))) == (len(connections) - 2, 1)


def test_many_who_wait_leave_threads_for_others() -> None:
    dashboard = MemoryDashboard([ANNA])
    mirror = Hanging(dashboard)
    world = MirroredWorld(dashboard=dashboard, given_mirror=mirror)
    [connection] = world.connect("chloe")
    mirror.hangs = True
    settle_soon = world.container.settle_soon()
    waited = list[float]()

    def settle() -> None:
        began = time.monotonic()
        settle_soon([connection.id])
        waited.append(time.monotonic() - began)

    people = [threading.Thread(target=settle) for _ in range(30)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    mirror.go_on.set()
    assert sum(seconds > 0.5 for seconds in waited) <= 8
    assert max(waited) < 4
    assert mirror.asked <= 3


def test_a_refused_refresh_of_a_person_shows_at_once() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.machine.revoke_user("chloe")
    world.pass_time(hours=25)
    with pytest.raises(ReauthorisationNeeded):
        world.rotate(connection.id, owner=ANNA, asked_at=world.clock.now())
    assert [view.needs_reauth for view in world.list_connections(ANNA)] == [True]
    assert world.statuses() == ["needs_reauth"]


def test_what_was_disconnected_before_is_removed_as_long_as_its_row_is_there() -> None:
    world = MirroredWorld()
    remove = world.container.remove_left_over_row()
    [connection] = world.connect("chloe")
    world.dashboard.away = True
    world.disconnect(ANNA, connection.id)
    world.dashboard.away = False
    world.container.dashboard_contact().regained()
    assert not remove(BERT, connection.id), "another's"
    assert remove(ANNA, connection.id)
    assert world.rows_of() == []
    assert not remove(ANNA, connection.id)


def test_a_row_of_our_kind_that_nobody_here_knows_is_removed_by_its_user() -> None:
    world = MirroredWorld()
    remove = world.container.remove_left_over_row()
    account = world.an_account_of("chloe")
    strange, old = ConnectionId("22222222-2222-7222-8222-222222222222"), ConnectionId("22222222-2222-4222-8222-222222222222")
    for row in (strange, old):
        world.dashboard.put(DashboardRow(row, ANNA, account, "Strange", START))
    assert not remove(BERT, strange)
    assert not remove(ANNA, old), "the dashboard's own"
    assert remove(ANNA, strange)
    assert [row.id for row in world.rows_of()] == [old]


def test_a_connection_that_there_is_is_no_left_over() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    assert not world.container.remove_left_over_row()(ANNA, connection.id)
    assert len(world.rows_of()) == 1
