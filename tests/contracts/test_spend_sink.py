"""What every sink promises: whole days under the connection's own row, each once, and nothing where they do not belong."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Protocol

import pytest

from adapters.memory.connection_mirror import MemoryConnectionMirror
from adapters.memory.dashboard import DashboardRow, MemoryDashboard
from adapters.memory.spend_sink import MemorySpendSink
from adapters.wab.connection_mirror import WabConnectionMirror
from adapters.wab.spend_sink import WabSpendSink
from application.ports.connection_mirror import ConnectionMirror, MirrorUnavailable, RowOutcome
from application.ports.spend_sink import DeliveryOutcome, DeliveryReport, SpendSink
from domain.delivered_spend import DaysToDeliver, DeliveredRow
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirror_look import MirrorIdentity
from domain.mirrored_row import Remove
from support.builders import DAY, START
from support.dashboard_database import ANNA, BEN, OURS, SHOP, DashboardDatabase, an_old_row, showing

FIRST = date(2029, 12, 1)
SECOND = FIRST + DAY
BOTH, NONE = frozenset({FIRST, SECOND}), frozenset[date]()
THERE = DeliveryOutcome.THERE


class Dashboard(Protocol):
    """What is done over there."""

    def put(self, row: DashboardRow) -> None: ...
    def delete_row(self, row: ConnectionId) -> None: ...
    def spend_of(self, connection: ConnectionId) -> Mapping[date, tuple[DeliveredRow, ...]]: ...


@dataclass(frozen=True, slots=True)
class Rig:
    sink: SpendSink
    mirror: ConnectionMirror
    dashboard: Dashboard

    def deliver(self, days: Mapping[date, tuple[DeliveredRow, ...]], *, owner: OwnerId = ANNA) -> DeliveryReport:
        return self.sink.deliver(OURS, lambda _: DaysToDeliver(owner, SHOP, days))

    @property
    def days(self) -> Mapping[date, tuple[DeliveredRow, ...]]:
        return self.dashboard.spend_of(OURS)


@pytest.fixture(params=["memory", "wab"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    if request.param == "memory":
        in_memory = MemoryDashboard([ANNA, BEN])
        memory_mirror = MemoryConnectionMirror(in_memory)
        yield Rig(MemorySpendSink(memory_mirror), memory_mirror, in_memory)
        return
    database: DashboardDatabase = request.getfixturevalue("dashboard")
    for owner in (ANNA, BEN):
        database.add_user(owner)
    mirror, sink = WabConnectionMirror(database.url), WabSpendSink(database.url)
    yield Rig(sink, mirror, database)
    sink.dispose()
    mirror.dispose()


@pytest.fixture
def shown(rig: Rig) -> Rig:
    """Anna's connection has its row."""
    assert rig.mirror.settle(OURS, lambda _: showing()).outcome is RowOutcome.THERE
    return rig


def spent(campaign: str, amount: str, *, name: str = "Spring", currency: str = "GBP") -> DeliveredRow:
    return DeliveredRow(campaign, name, Decimal(amount), 1000, 10, currency)


def test_a_day_is_delivered_once_and_again_only_where_it_differs(shown: Rig) -> None:
    days = {FIRST: (spent("", "0.07"), spent("1", "12.34")), SECOND: ()}
    report = shown.deliver(days)
    assert (report.outcome, report.delivered, report.different) == (THERE, BOTH, frozenset({FIRST}))
    assert shown.days == {FIRST: days[FIRST]}
    again = shown.deliver({day: tuple(reversed(rows)) for day, rows in days.items()})
    assert (again.delivered, again.different) == (BOTH, NONE)
    assert shown.days == {FIRST: days[FIRST]}


def test_a_corrected_day_is_replaced_as_a_whole_and_the_others_stay(shown: Rig) -> None:
    shown.deliver({FIRST: (spent("1", "1"), spent("2", "2")), SECOND: (spent("1", "3"),)})
    corrected = (spent("2", "2.5", name="Summer"),)
    assert shown.deliver({FIRST: corrected}).different == {FIRST}
    assert shown.days == {FIRST: corrected, SECOND: (spent("1", "3"),)}
    assert shown.deliver({FIRST: ()}).different == {FIRST}
    assert shown.days == {SECOND: (spent("1", "3"),)}, "a day without spend has no row"


def test_nothing_is_delivered_without_the_connections_row(rig: Rig) -> None:
    assert rig.deliver({FIRST: (spent("1", "1"),)}).outcome is DeliveryOutcome.NO_ROW
    rig.dashboard.put(replace(an_old_row(OURS), platform="meta_ads", token=""))
    assert rig.deliver({FIRST: (spent("2", "1"),)}).outcome is DeliveryOutcome.NO_ROW
    strange = ConnectionId("no such id")
    assert rig.sink.deliver(strange, lambda _: DaysToDeliver(ANNA, SHOP, {})).outcome is DeliveryOutcome.NO_ROW
    assert "2" not in {row.campaign for rows in rig.days.values() for row in rows}


@pytest.mark.parametrize(
    "theirs",
    [
        DashboardRow(OURS, ANNA, SHOP, "Shop", START, token="theirs"),
        DashboardRow(OURS, BEN, SHOP, "Shop", START),
        DashboardRow(OURS, ANNA, AdvertiserId("7000000000000000002"), "Shop", START),
    ],
    ids=["a token", "another owner", "another account"],
)
def test_a_row_that_is_not_as_we_wrote_it_gets_nothing(rig: Rig, theirs: DashboardRow) -> None:
    rig.dashboard.put(theirs)
    report = rig.deliver({FIRST: (spent("1", "1"),)})
    assert report.outcome is DeliveryOutcome.CONFLICT
    assert report.difference
    assert rig.days == {}


def test_what_does_not_fit_is_refused_and_its_day_left_as_it_was(shown: Rig) -> None:
    before = {FIRST: (spent("1", "1"),), SECOND: (spent("1", "2"),)}
    shown.deliver(before)
    report = shown.deliver({FIRST: (spent("1", "1.125"),), SECOND: (spent("1", "2.50"),)})
    assert (report.outcome, report.delivered, list(report.refused)) == (THERE, frozenset({SECOND}), [FIRST])
    assert shown.days == {FIRST: before[FIRST], SECOND: (spent("1", "2.5"),)}
    assert shown.deliver({FIRST: (spent("1", "1.120"),)}).refused == {}, "it is the same amount"


def test_nothing_to_be_done_is_left(shown: Rig) -> None:
    shown.deliver({FIRST: (spent("1", "1"),)})
    assert shown.sink.deliver(OURS, lambda _: None).outcome is DeliveryOutcome.LEFT
    assert shown.days == {FIRST: (spent("1", "1"),)}


def test_comparing_tells_what_a_delivery_would_do_and_changes_nothing(shown: Rig) -> None:
    shown.deliver({FIRST: (spent("1", "1"),)})
    days = DaysToDeliver(ANNA, SHOP, {FIRST: (spent("1", "1"),), SECOND: (spent("1", "2"),)})
    report = shown.sink.compare(OURS, days)
    assert (report.outcome, report.delivered, report.different) == (THERE, BOTH, frozenset({SECOND}))
    assert shown.days == {FIRST: (spent("1", "1"),)}
    assert shown.sink.compare(ConnectionId("no such id"), days).outcome is DeliveryOutcome.NO_ROW


def test_the_days_go_with_the_row_and_do_not_come_back_with_it(shown: Rig) -> None:
    shown.deliver({FIRST: (spent("1", "1"),)})
    shown.mirror.settle(OURS, lambda _: Remove())
    assert shown.deliver({FIRST: (spent("1", "1"),)}).outcome is DeliveryOutcome.NO_ROW
    shown.mirror.settle(OURS, lambda _: showing())
    assert shown.days == {}
    assert shown.deliver({FIRST: (spent("1", "1"),)}).different == {FIRST}


def test_what_the_days_raise_is_raised_and_nothing_is_changed(shown: Rig) -> None:
    def days(_: MirrorIdentity) -> DaysToDeliver | None:
        raise LookupError("our own store")

    with pytest.raises(LookupError):
        shown.sink.deliver(OURS, days)
    assert shown.deliver({FIRST: (spent("1", "1"),)}).outcome is THERE, "the lock was let go"


def test_the_days_are_for_the_database_that_a_look_sees(shown: Rig) -> None:
    told = list[MirrorIdentity]()
    shown.sink.deliver(OURS, told.append)
    seen = shown.mirror.look([]).identity
    assert [(one.system, one.table) for one in told] == [(seen.system, seen.table)]


def test_a_removal_waits_for_a_delivery_that_is_under_way(shown: Rig) -> None:
    inside, may_go = threading.Event(), threading.Event()

    def days(_: MirrorIdentity) -> DaysToDeliver:
        inside.set()
        assert may_go.wait(20)
        return DaysToDeliver(ANNA, SHOP, {FIRST: (spent("1", "1"),)})

    with ThreadPoolExecutor(1) as threads:
        delivery = threads.submit(shown.sink.deliver, OURS, days)
        assert inside.wait(20)
        with pytest.raises(MirrorUnavailable):
            shown.mirror.settle(OURS, lambda _: Remove())
        may_go.set()
        assert delivery.result().outcome is THERE
    assert shown.mirror.settle(OURS, lambda _: Remove()).outcome is RowOutcome.GONE
    assert shown.days == {}
