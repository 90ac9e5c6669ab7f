from __future__ import annotations

from datetime import timedelta

import pytest

from application.ports.spend_store import SpendAccount
from domain.ids import ConnectionId
from domain.import_state import ImportState
from domain.spend_plan import Purpose
from support.stored_spend import read_into
from support.world import ANNA, BERT, START, World

DAY = timedelta(days=1)
TODAY = START.date() - DAY
"""In New York, where the account is."""


@pytest.fixture
def world() -> World:
    return World()


def states(world: World) -> list[ImportState]:
    connections = [view.connection for view in world.list_connections(ANNA)]
    shown = world.container.show_imports()(ANNA, connections)
    return [shown[one.id] for one in connections]


def test_each_connection_has_its_own_state(world: World) -> None:
    first, _ = world.connect("ana", 0, 1)
    read_into(world.container.spend_store(), SpendAccount(ANNA, first.advertiser.id), [], at=START, days=[TODAY - DAY])
    assert [(one.read_until, one.backfill) for one in states(world)] == [(TODAY - DAY, (2, 90)), (None, (0, 90))]


def test_the_import_of_another_owner_is_not_shown(world: World) -> None:
    [shop] = world.connect("ana", 0)
    read_into(world.container.spend_store(), SpendAccount(BERT, shop.advertiser.id), [], at=START, days=[TODAY])
    assert [one.read_until for one in states(world)] == [None]


def test_a_failure_is_shown_until_the_next_success(world: World) -> None:
    [shop] = world.connect("ana", 0)
    of, store = SpendAccount(ANNA, shop.advertiser.id), world.container.spend_store()
    store.follow([of])
    claim = store.take(of, lease=DAY)
    assert claim is not None
    assert store.settle(claim, claim.progress.failed("refused", START), due_at=START, purpose=Purpose.RECENT)
    assert [(one.failure, one.retry_at) for one in states(world)] == [("refused", START + timedelta(minutes=1))]
    read_into(store, of, [], at=START, days=[TODAY])
    assert [(one.failure, one.retry_at) for one in states(world)] == [(None, None)]


@pytest.mark.parametrize("delivers", [True, False])
def test_what_does_not_reach_the_dashboard_is_shown_where_there_is_one(world: World, delivers: bool) -> None:
    [shop] = world.connect("ana", 0)
    of, why = SpendAccount(ANNA, shop.advertiser.id), "its currency is USD, and its owner's stores have GBP"
    world.container.spend_store().follow([of])
    world.container.spend_deliveries().note_hindrance(of, why)
    world.container.show_imports.reset()
    world.container.show_imports.add_kwargs(delivers=delivers)
    assert [one.hindrance for one in states(world)] == [why if delivers else None]


def test_where_nothing_is_imported_nothing_is_shown(world: World) -> None:
    [shop] = world.connect("ana", 0)
    world.container.show_imports.reset()
    world.container.show_imports.add_kwargs(importing=False)
    assert world.container.show_imports()(ANNA, [shop]) == dict[ConnectionId, ImportState]()
