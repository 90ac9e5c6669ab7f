"""What every mirror promises: rows are what our state asks, and what others wrote stays theirs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import pytest

from adapters.memory.connection_mirror import MemoryConnectionMirror
from adapters.memory.dashboard import DashboardRow, MemoryDashboard
from adapters.wab.connection_mirror import WabConnectionMirror
from application.ports.connection_mirror import ConnectionMirror, MirrorUnavailable, RowOutcome, RowReport
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirror_look import MirrorIdentity, SeenRow
from domain.mirrored_row import Intent, Leave, Remove
from support.builders import START
from support.dashboard_database import ANNA, BEN, OLD, OURS, SHOP, DashboardDatabase, an_old_row, showing

OLDER = ConnectionId("3f0e1cde-58d1-4c5c-9f7e-26d7d8b10002")
THERE, GONE = RowOutcome.THERE, RowOutcome.GONE


class Dashboard(Protocol):
    """What is done over there."""

    def shown_to(self, owner: OwnerId) -> list[DashboardRow]: ...
    def put(self, row: DashboardRow) -> None: ...
    def delete_row(self, row: ConnectionId) -> None: ...
    def delete_user(self, owner: OwnerId) -> None: ...


@dataclass(frozen=True, slots=True)
class Rig:
    mirror: ConnectionMirror
    dashboard: Dashboard

    def settle(self, intent: Callable[[], Intent]) -> RowReport:
        return self.mirror.settle(OURS, lambda _: intent())


@pytest.fixture(params=["memory", "wab"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    if request.param == "memory":
        in_memory = MemoryDashboard([ANNA, BEN])
        yield Rig(MemoryConnectionMirror(in_memory), in_memory)
        return
    database: DashboardDatabase = request.getfixturevalue("dashboard")
    for owner in (ANNA, BEN):
        database.add_user(owner)
    mirror = WabConnectionMirror(database.url)
    yield Rig(mirror, database)
    mirror.dispose()


def seen(rig: Rig) -> list[SeenRow]:
    return list(rig.mirror.look([]).rows)


def test_a_row_is_shown_changed_and_removed(rig: Rig) -> None:
    assert rig.settle(showing).outcome is THERE
    assert rig.dashboard.shown_to(ANNA) == [DashboardRow(OURS, ANNA, SHOP, "Shop 1", START)]
    assert rig.settle(lambda: showing(insert=False, name="Renamed", needs_reauth=True)).outcome is THERE
    assert rig.dashboard.shown_to(ANNA) == [DashboardRow(OURS, ANNA, SHOP, "Renamed", START, "needs_reauth")]
    assert rig.settle(Remove).outcome is GONE
    assert rig.dashboard.shown_to(ANNA) == []
    assert rig.settle(Remove).outcome is GONE, "and again"


def test_what_is_to_be_left_is_left(rig: Rig) -> None:
    rig.settle(showing)
    assert rig.settle(Leave).outcome is RowOutcome.LEFT
    assert len(rig.dashboard.shown_to(ANNA)) == 1


def test_a_row_that_is_missing_is_made_again_only_if_it_may(rig: Rig) -> None:
    rig.settle(showing)
    rig.dashboard.delete_row(OURS)
    assert rig.settle(lambda: showing(insert=False)).outcome is RowOutcome.MISSING
    assert rig.dashboard.shown_to(ANNA) == []
    assert rig.settle(showing).outcome is THERE


def test_an_older_row_of_the_same_account_gives_way_with_its_spend_and_its_age(rig: Rig) -> None:
    rig.dashboard.put(an_old_row())
    rig.dashboard.put(an_old_row(OLDER, created_at=START - timedelta(days=30)))
    report = rig.settle(showing)
    assert (report.outcome, report.took_over) == (THERE, (OLD, OLDER))
    [row] = rig.dashboard.shown_to(ANNA)
    assert (row.id, row.created_at, row.spend) == (OURS, START - timedelta(days=30), ("2026-10-01",)), "each day once"
    assert row.token == ""


LEFT_OVER = DashboardRow(
    ConnectionId("01934f6e-7a00-7abc-8def-000000000002"), ANNA, SHOP, "Shop", START - timedelta(days=3), "needs_reauth"
)


def in_place_of_the_left_over() -> Intent:
    return replace(showing(), gives_way=(LEFT_OVER.id, ConnectionId("no such id")))


def test_a_row_of_ours_that_is_left_over_gives_way_too(rig: Rig) -> None:
    rig.dashboard.put(replace(LEFT_OVER, spend=("2026-10-02",)))
    rig.dashboard.put(an_old_row())
    assert rig.settle(in_place_of_the_left_over).took_over == (LEFT_OVER.id, OLD)
    [row] = rig.dashboard.shown_to(ANNA)
    assert (row.id, row.status, row.created_at) == (OURS, "active", START - timedelta(days=9))
    assert row.spend == ("2026-10-01", "2026-10-02")


@pytest.mark.parametrize(
    "other",
    [
        replace(LEFT_OVER, owner=BEN),
        replace(LEFT_OVER, account=AdvertiserId("7000000000000000002")),
        replace(LEFT_OVER, token="theirs"),
        replace(LEFT_OVER, platform="google_ads"),
    ],
    ids=["another owner", "another account", "a token", "another platform"],
)
def test_what_is_not_as_we_wrote_it_gives_way_to_nothing(rig: Rig, other: DashboardRow) -> None:
    rig.dashboard.put(other)
    assert rig.settle(in_place_of_the_left_over).took_over == ()
    assert other in rig.dashboard.shown_to(other.owner)


def test_nothing_gives_way_to_a_row_that_is_there(rig: Rig) -> None:
    rig.settle(showing)
    rig.dashboard.put(LEFT_OVER)
    assert rig.settle(in_place_of_the_left_over).took_over == ()
    assert len(rig.dashboard.shown_to(ANNA)) == 2


@pytest.mark.parametrize(
    "other",
    [
        replace(an_old_row(), owner=BEN),
        replace(an_old_row(), account=AdvertiserId("7000000000000000002")),
        replace(an_old_row(), platform="google_ads"),
        replace(an_old_row(), id=ConnectionId("01934f6e-7a00-7abc-8def-000000000002"), token=""),
    ],
    ids=["another owner", "another account", "another platform", "another of our kind"],
)
def test_no_other_row_gives_way(rig: Rig, other: DashboardRow) -> None:
    rig.dashboard.put(other)
    assert rig.settle(showing).took_over == ()
    assert other in rig.dashboard.shown_to(other.owner)


def test_a_row_with_a_token_is_never_touched(rig: Rig) -> None:
    theirs = DashboardRow(OURS, ANNA, SHOP, "Shop", START, token="theirs")
    rig.dashboard.put(theirs)
    for intent in (showing, lambda: showing(insert=False), Remove):
        report = rig.settle(intent)
        assert report.outcome is RowOutcome.CONFLICT
        assert report.difference
        assert "theirs" not in report.difference
    rig.mirror.mark_stale(OURS, ANNA, START)
    assert rig.dashboard.shown_to(ANNA) == [theirs]
    assert not rig.mirror.row_is_there(OURS, ANNA)
    assert [row.has_token for row in seen(rig)] == [True]


@pytest.mark.parametrize(
    "changed",
    [
        DashboardRow(OURS, BEN, SHOP, "Shop 1", START),
        DashboardRow(OURS, ANNA, AdvertiserId("7000000000000000002"), "Shop 1", START),
        DashboardRow(OURS, ANNA, SHOP, "Shop 1", START, platform="meta_ads"),
    ],
    ids=["owner", "account", "platform"],
)
def test_a_row_of_another_owner_account_or_platform_is_told_and_not_mended(rig: Rig, changed: DashboardRow) -> None:
    rig.dashboard.put(changed)
    report = rig.settle(lambda: showing(needs_reauth=True))
    assert report.outcome is RowOutcome.CONFLICT
    assert report.difference
    assert rig.dashboard.shown_to(changed.owner) == [changed]


def test_a_row_of_nobody_is_refused(rig: Rig) -> None:
    rig.dashboard.delete_user(ANNA)
    report = rig.settle(showing)
    assert report.outcome is RowOutcome.CONFLICT
    assert "user" in (report.difference or "")


def test_the_intent_is_told_the_database_that_it_is_for(rig: Rig) -> None:
    told = []

    def left(identity: MirrorIdentity) -> Intent:
        told.append(identity)
        return Leave()

    rig.mirror.settle(OURS, left)
    looked_at = rig.mirror.look([]).identity
    assert [(identity.system, identity.table) for identity in told] == [(looked_at.system, looked_at.table)]
    assert told[0].position is not None
    assert looked_at.position is not None
    assert told[0].position <= looked_at.position


def test_what_the_intent_raises_is_raised_and_nothing_is_changed(rig: Rig) -> None:
    def intent() -> Intent:
        raise LookupError("our own store")

    with pytest.raises(LookupError):
        rig.settle(intent)
    assert rig.settle(showing).outcome is THERE, "the lock was let go"


def test_two_that_settle_one_connection_do_so_one_after_the_other(rig: Rig) -> None:
    first_is_in, first_may_go, order = threading.Event(), threading.Event(), list[str]()

    def first() -> Intent:
        first_is_in.set()
        assert first_may_go.wait(20)
        order.append("first")
        return showing(name="first")

    def second() -> Intent:
        order.append("second")
        return showing(name="second", insert=False)

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(rig.settle, first)
        assert first_is_in.wait(20)
        another = threads.submit(rig.settle, second)
        time.sleep(0.2)  # it would be done by then if it did not wait, and has not waited for too long
        first_may_go.set()
        assert one.result().outcome is another.result().outcome is THERE
    assert order == ["first", "second"]
    assert [row.account_name for row in rig.dashboard.shown_to(ANNA)] == ["second"]


def test_who_waits_too_long_for_a_row_is_told_that_the_mirror_is_unavailable(rig: Rig) -> None:
    inside, may_go = threading.Event(), threading.Event()

    def slow() -> Intent:
        inside.set()
        assert may_go.wait(20)
        return Leave()

    with ThreadPoolExecutor(1) as threads:
        holder = threads.submit(rig.settle, slow)
        assert inside.wait(20)
        with pytest.raises(MirrorUnavailable):
            rig.settle(Remove)
        may_go.set()
        holder.result()


def test_a_row_is_there_for_its_owner_alone(rig: Rig) -> None:
    assert not rig.mirror.row_is_there(OURS, ANNA)
    rig.settle(showing)
    assert rig.mirror.row_is_there(OURS, ANNA)
    assert not rig.mirror.row_is_there(OURS, BEN)
    assert not rig.mirror.row_is_there(ConnectionId("no such id"), ANNA)


def test_users_are_known(rig: Rig) -> None:
    assert rig.mirror.is_user(ANNA)
    rig.dashboard.delete_user(ANNA)
    assert not rig.mirror.is_user(ANNA)
    assert not rig.mirror.is_user(OwnerId("anna@example.org"))
    assert not rig.mirror.is_user(OwnerId("nul \0 in it"))


def test_a_look_sees_rows_of_our_kind_alone(rig: Rig) -> None:
    rig.settle(showing)
    rig.dashboard.put(replace(an_old_row(), account=AdvertiserId("7000000000000000009")))
    rig.dashboard.put(
        DashboardRow(ConnectionId("01934f6e-7a00-7abc-8def-000000000003"), BEN, SHOP, None, START, platform="meta_ads")
    )
    assert seen(rig) == [SeenRow(OURS, ANNA, SHOP, "Shop 1", "active", has_token=False)]


def test_a_look_knows_who_is_a_user_no_more(rig: Rig) -> None:
    stranger = OwnerId("anna@example.org")
    rig.dashboard.delete_user(ANNA)
    look = rig.mirror.look([ANNA, BEN, stranger])
    assert look.gone_users == {ANNA, stranger}
    assert not look.users_are_empty
    rig.dashboard.delete_user(BEN)
    assert rig.mirror.look([]).users_are_empty


def test_a_database_is_known_again_and_its_position_only_grows(rig: Rig) -> None:
    before = rig.mirror.look([])
    rig.settle(showing)
    after = rig.mirror.look([])
    assert not before.standby
    assert (before.identity.system, before.identity.table) == (after.identity.system, after.identity.table)
    assert before.identity.position is not None
    assert after.identity.position is not None
    assert before.identity.position <= after.identity.position


def test_a_stale_row_says_that_a_person_must_connect_again(rig: Rig) -> None:
    rig.settle(showing)
    rig.mirror.mark_stale(OURS, BEN, START)
    assert [row.status for row in seen(rig)] == ["active"], "it is not Ben's"
    rig.mirror.mark_stale(OURS, ANNA, START)
    assert [row.status for row in seen(rig)] == ["needs_reauth"]
    rig.mirror.mark_stale(ConnectionId("no such id"), ANNA, START)


def test_a_dashboard_as_it_should_be_lacks_nothing(rig: Rig) -> None:
    assert rig.mirror.configured
    assert rig.mirror.lacks() == []
