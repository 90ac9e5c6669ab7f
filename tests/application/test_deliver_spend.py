"""Delivery of spend into a dashboard: each day once, late without loss, and never where it does not belong."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from adapters.memory.dashboard import DashboardRow
from application.deliver_spend import MOST_ROWS
from application.ports.spend_store import SpendAccount
from application.rotation.permit_turn import never
from domain.advertiser import Connection
from domain.delivered_spend import DeliveredRow
from domain.ids import ConnectionId, OwnerId
from domain.spend_calendar import Window
from entrypoints.cli.mirror_lines import lines_of_spend
from support.builders import ANNA, BERT, DAY, MINUTE, SECOND, START
from support.mirrored_world import LOOK_EVERY
from support.mirrored_world_with_spend import SpendingWorld

FIRST = date(2029, 12, 1)
NEXT = FIRST + DAY


@pytest.fixture
def world() -> SpendingWorld:
    return SpendingWorld()


@pytest.fixture
def connection(world: SpendingWorld) -> Connection:
    [connection] = world.connect("chloe")
    return connection


def test_what_was_read_is_there_after_a_turn_of_the_mirror(world: SpendingWorld, connection: Connection) -> None:
    world.read(connection, {FIRST: {"1": "1.50", "2": "2"}, NEXT: {}})
    world.turn()
    world.clock.advance(LOOK_EVERY)
    world.turn()
    assert world.dashboard.spend_of(connection.id) == {
        FIRST: (DeliveredRow("1", "C 1", Decimal("1.50"), 0, 0, "GBP"), DeliveredRow("2", "C 2", Decimal(2), 0, 0, "GBP"))
    }
    assert not world.waits()


def test_a_correction_and_a_vanished_campaign_arrive(world: SpendingWorld, connection: Connection) -> None:
    world.read(connection, {FIRST: {"1": "1", "2": "2"}, NEXT: {"1": "3"}})
    world.deliver()
    world.read(connection, {FIRST: {"2": "2.5"}})
    world.deliver()
    assert world.there(connection.id) == {FIRST: {"2": Decimal("2.5")}, NEXT: {"1": Decimal(3)}}


def test_a_database_that_is_away_for_a_day_loses_nothing(world: SpendingWorld, connection: Connection) -> None:
    world.dashboard.away = True
    for hour in range(24):
        world.read(connection, {FIRST: {"1": str(hour)}, FIRST - hour * DAY: {"1": str(hour)}})
        world.turn()
        world.clock.advance(58 * MINUTE)
    world.dashboard.away = False
    world.clock.advance(5 * MINUTE)
    world.deliver()
    assert world.there(connection.id) == {FIRST - hour * DAY: {"1": Decimal(hour or 23)} for hour in range(24)}


def test_a_lost_answer_only_delivers_again(world: SpendingWorld, connection: Connection) -> None:
    world.deliver()
    world.read(connection, {FIRST: {"1": "1"}})
    world.dashboard.answers_to_lose = 1
    world.deliver()
    assert world.waits()
    world.clock.advance(2 * MINUTE)
    world.deliver()
    assert not world.waits()
    assert world.there(connection.id) == {FIRST: {"1": Decimal(1)}}


def test_after_a_reconnect_all_days_are_there_again(world: SpendingWorld, connection: Connection) -> None:
    world.read(connection, {FIRST: {"1": "1"}, NEXT: {"1": "2"}})
    world.deliver()
    world.disconnect(connection.owner, connection.id)
    world.follow()
    assert world.rows_of() == []
    [again] = world.connect("chloe")
    world.spend_store.follow([SpendAccount(again.owner, again.advertiser.id)])
    world.deliver()
    assert world.there(again.id) == {FIRST: {"1": Decimal(1)}, NEXT: {"1": Decimal(2)}}


def test_a_person_who_connects_again_while_the_row_is_missing_has_all_days_again(
    world: SpendingWorld, connection: Connection
) -> None:
    world.read(connection, {FIRST: {"1": "1"}})
    world.deliver()
    world.dashboard.delete_row(connection.id)
    world.read(connection, {NEXT: {"1": "2"}})
    world.deliver()
    assert world.waits(), "not while its row is missing"
    world.connect("chloe")
    world.deliver()
    assert world.there(connection.id) == {FIRST: {"1": Decimal(1)}, NEXT: {"1": Decimal(2)}}


def test_a_restored_database_is_filled_by_a_rebuild(world: SpendingWorld, connection: Connection) -> None:
    world.read(connection, {FIRST: {"1": "1"}})
    world.deliver()
    backup = world.dashboard.backup()
    world.read(connection, {FIRST: {"1": "9"}, NEXT: {"1": "2"}})
    world.deliver()
    world.dashboard.restore(backup)
    world.deliver()
    assert world.note.frozen
    world.read(connection, {NEXT + DAY: {"1": "3"}})
    world.deliver()
    assert world.there(connection.id) == {FIRST: {"1": Decimal(1)}}, "frozen: nothing is written"
    rebuild = world.container.rebuild_mirror()
    rebuild.apply(rebuild.plan(), stopping=never)
    world.deliver()
    expected = {FIRST: {"1": Decimal(9)}, NEXT: {"1": Decimal(2)}, NEXT + DAY: {"1": Decimal(3)}}
    assert world.there(connection.id) == expected


def test_what_a_standby_lacks_that_takes_over_is_delivered_again(world: SpendingWorld, connection: Connection) -> None:
    world.look()
    standby = world.dashboard.backup()
    world.read(connection, {FIRST: {"1": "1"}})
    world.deliver_spend(stopping=never)
    world.dashboard.restore(standby)
    world.clock.advance(SECOND)
    assert world.there(connection.id) == {}
    world.look()
    assert not world.note.frozen, "no look had seen more"
    world.deliver_spend(stopping=never)
    assert world.there(connection.id) == {FIRST: {"1": Decimal(1)}}
    assert world.waits(), "no look has seen it"
    world.clock.advance(SECOND)
    world.look()
    world.deliver_spend(stopping=never)
    assert not world.waits()


def test_nothing_is_delivered_while_the_mirror_is_off(world: SpendingWorld, connection: Connection) -> None:
    world.deliver()
    rebuild = world.container.rebuild_mirror()
    rebuild.turn(off=True)
    world.read(connection, {FIRST: {"1": "1"}})
    world.deliver()
    assert (world.there(connection.id), world.waits()) == ({}, True)
    rebuild.turn(off=False)
    world.deliver()
    assert world.there(connection.id) == {FIRST: {"1": Decimal(1)}}


def test_an_unlike_currency_and_an_amount_that_does_not_fit_hold_up_nothing_else(
    world: SpendingWorld, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    [hers] = world.connect_many(1)
    world.dashboard.currencies = {ANNA: ["GBP"]}
    world.read(connection, {FIRST: {"1": "1"}}, currency="KWD")
    world.read(hers, {NEXT: {"1": "1.125"}, FIRST: {"1": "1"}})
    for _ in range(3):
        world.deliver()
        world.clock.advance(timedelta(minutes=6))
    assert world.there(connection.id) == {}
    assert world.there(hers.id) == {FIRST: {"1": Decimal(1)}}
    assert world.waits()
    told = [record.because for record in caplog.records if hasattr(record, "because")]
    assert len(told) == 2, "each is told once"
    assert "KWD" in " ".join(told)
    assert sorted(world.hindrances(), key=len) == sorted(told, key=len), "and kept for the accounts' people"
    shown = world.container.show_spend()(connection.owner, Window(FIRST, NEXT))
    assert [one.hindrance for one in shown.accounts if one.connection.id == connection.id] == [
        "its currency is KWD, and its owner's stores have GBP"
    ]
    world.dashboard.currencies, world.dashboard.decimals = {}, 3
    world.deliver()
    assert not world.waits()
    assert world.hindrances() == []


def test_what_is_in_the_way_of_an_older_piece_is_kept_when_all_others_are_there(
    world: SpendingWorld, connection: Connection
) -> None:
    campaigns = {str(number): "0.01" for number in range(MOST_ROWS)}
    world.read(connection, {FIRST - ago * DAY: {**campaigns, "x": "1.125"} if ago == 1 else campaigns for ago in range(3)})
    world.deliver()
    assert len(world.there(connection.id)) == 2
    [hindrance] = world.hindrances()
    assert str(FIRST - DAY) in hindrance


def test_a_long_past_is_delivered_in_pieces_the_newest_of_everybody_first(world: SpendingWorld, connection: Connection) -> None:
    several = [connection, *world.connect_many(2)]
    campaigns = {str(number): "0.01" for number in range(MOST_ROWS // 2)}
    for one in several:
        world.read(one, {FIRST - ago * DAY: campaigns for ago in range(5)})
    world.look()
    world.deliver_spend(stopping=lambda: sum(len(world.there(one.id)) for one in several) >= 2 * len(several))
    assert [len(world.there(one.id)) for one in several] == [2, 2, 2], "the third of anybody comes after the second of everybody"
    world.clock.advance(MINUTE)
    world.look()
    world.deliver_spend(stopping=never)
    assert [len(world.there(one.id)) for one in several] == [5, 5, 5]


def test_a_check_counts_days_that_differ_and_says_what_is_in_the_way(world: SpendingWorld, connection: Connection) -> None:
    [hers] = world.connect_many(1)
    world.read(connection, {FIRST: {"1": "1"}, NEXT: {"1": "2"}})
    world.read(hers, {FIRST: {"1": "1.125"}})
    world.deliver()
    check = world.container.check_delivered_spend()
    differences = check()
    assert (differences.different, list(differences.hindered), differences.waiting) == ({}, [hers.id], 0)
    row = world.dashboard.rows[connection.id]
    world.dashboard.put(replace(row, figures={**row.figures, NEXT: ()}))
    world.read(connection, {NEXT + DAY: {"1": "3"}})
    differences = check()
    assert (differences.different, differences.waiting) == ({connection.id: 1}, 1)
    assert "1 days of spend of 1 connections" in " ".join(lines_of_spend(differences, on_hold=False))
    rebuild = world.container.rebuild_mirror()
    rebuild.apply(rebuild.plan(), stopping=never)
    world.deliver()
    assert check().different == {}


def days_of(world: SpendingWorld, owner: OwnerId) -> dict[date, Decimal]:
    """What the dashboard adds up for a person, whichever of their rows it hangs on."""
    total = defaultdict[date, Decimal](Decimal)
    for row in world.rows_of(owner):
        for day, rows in world.dashboard.spend_of(row.id).items():
            total[day] += sum((one.spend for one in rows), Decimal(0))
    return dict(total)


def follow(world: SpendingWorld, connection: Connection, *, leaves: bool = False) -> None:
    of = SpendAccount(connection.owner, connection.advertiser.id)
    if leaves:
        world.spend_store.leave(of)
    else:
        world.spend_store.follow([of])


def test_an_account_that_another_person_connects_is_each_ones_own(world: SpendingWorld, connection: Connection) -> None:
    """A day hangs on the row of the person for whom it was read: nobody inherits another's."""
    world.read(connection, {FIRST: {"1": "1"}, NEXT: {"1": "2"}})
    world.deliver()
    world.dashboard.away = True
    world.disconnect(ANNA, connection.id)
    follow(world, connection, leaves=True)
    [others] = world.connect("chloe", owner=BERT)
    world.read(others, {NEXT: {"1": "2.50"}})
    world.dashboard.away = False
    assert days_of(world, ANNA) == {FIRST: Decimal(1), NEXT: Decimal(2)}, "until it is back"
    world.clock.advance(10 * MINUTE)
    world.deliver()
    assert (days_of(world, ANNA), days_of(world, BERT)) == ({}, {NEXT: Decimal("2.50")})
    [again] = world.connect("chloe")
    follow(world, again)
    world.deliver()
    assert days_of(world, ANNA) == {FIRST: Decimal(1), NEXT: Decimal(2)}, "and who comes back finds what was read for them"
    assert days_of(world, BERT) == {NEXT: Decimal("2.50")}


def test_days_under_a_row_that_a_disconnect_left_count_once_for_who_connects_again(
    world: SpendingWorld, connection: Connection
) -> None:
    world.read(connection, {FIRST: {"1": "1"}, NEXT: {"1": "2"}})
    world.deliver()
    world.dashboard.away = True
    world.disconnect(ANNA, connection.id)
    follow(world, connection, leaves=True)
    world.dashboard.away = False
    world.contact_there.regained()
    [again] = world.connect("chloe")
    follow(world, again)
    assert days_of(world, ANNA) == {FIRST: Decimal(1), NEXT: Decimal(2)}, "at once, under the new row"
    world.read(again, {NEXT: {"1": "3"}})
    world.deliver()
    assert days_of(world, ANNA) == {FIRST: Decimal(1), NEXT: Decimal(3)}


def test_a_day_that_the_dashboards_own_row_had_is_ours_once_it_was_read(world: SpendingWorld) -> None:
    """And what was never read here stays as the old row had it."""
    old = ConnectionId("11111111-1111-4111-8111-111111111111")
    before = {day: (DeliveredRow("1", "Old", Decimal(9), 0, 0, "GBP"),) for day in (FIRST - 300 * DAY, FIRST)}
    account = world.an_account_of("chloe")
    world.dashboard.put(DashboardRow(old, ANNA, account, "Old", START - DAY, token="theirs", figures=before))
    [connection] = world.connect("chloe")
    world.read(connection, {FIRST: {"1": "1", "2": "2"}})
    world.deliver()
    assert [row.id for row in world.rows_of()] == [connection.id]
    assert days_of(world, ANNA) == {FIRST - 300 * DAY: Decimal(9), FIRST: Decimal(3)}
