"""The import of spend: whose, what first, what a failure comes to, and that nobody else waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest

from adapters.budget.process_budget import ProcessBudget
from adapters.memory.spend_reports import MemoryBooks, MemorySpendReports
from application.import_spend import LEASE, ImportSpend
from application.ports.budget import Lane, Permits
from application.ports.spend_store import SpendAccount, SpendImport, SpendStoreOfAllOwners
from application.spend.import_slice import ImportSlice
from domain.advertiser import Connection
from domain.breaker import LOST_IN_A_ROW
from domain.events import SpendImported
from domain.ids import AppId, CampaignId, OwnerId, StoreId
from domain.outcomes import Throttled, Unavailable
from domain.report_failures import ReportTimedOut
from domain.spend import Spend, SpendKind
from domain.spend_calendar import Window
from domain.spend_day import DayState
from support.simulator_as_ad_platform import APP
from support.world import ANNA, FreeBudget, SimulatedClock, World

SLICE = timedelta(minutes=5)
SHOP = StoreId("77")


@dataclass
class Rig:
    """A world whose accounts spend, and its importer."""

    world: World
    reports: MemorySpendReports
    importer: ImportSpend
    spend_store: SpendStoreOfAllOwners

    @property
    def today(self) -> date:
        return self.world.clock.now().date()

    def books(self, connection: Connection, days: int = 100, **more: object) -> list[Spend]:
        """Each day two campaigns spend something that no other day has."""
        account = connection.advertiser.id
        rows = [
            Spend(account, CampaignId(str(c)), f"C {c}", self.today - timedelta(days=ago), SpendKind.AUCTION, "EUR", amount)
            for ago in range(days)
            for c, amount in ((1, Decimal(ago) / 100 + 1), (2, Decimal("0.01")))
        ]
        self.reports.books[account] = MemoryBooks(rows, **more)  # type: ignore[arg-type] # of several types
        return rows

    def run(self, span: timedelta = SLICE) -> ImportSlice:
        return self.importer(for_at_most=span)

    def of(self, connection: Connection) -> SpendAccount:
        return SpendAccount(connection.owner, connection.advertiser.id)

    def standing(self, connection: Connection) -> SpendImport:
        return next(one for one in self.spend_store.imports() if one.of == self.of(connection))

    def why(self, connection: Connection) -> str:
        return self.standing(connection).progress.last_failure or ""

    def stored(self, connection: Connection, days: int = 90, kinds: Sequence[SpendKind] = tuple(SpendKind)) -> list[Spend]:
        window, of = Window(self.today - timedelta(days=days - 1), self.today), self.of(connection)
        return self.spend_store.rows([of], window, kinds)[of]

    def states(self, connection: Connection, days: int = 90) -> list[DayState]:
        window, of = Window(self.today - timedelta(days=days - 1), self.today), self.of(connection)
        return [one.state for one in self.spend_store.days([of], window)[of]]


def amounts(rows: Sequence[Spend]) -> dict[tuple[date, str | None], Decimal]:
    return {(row.day, row.campaign): row.spend for row in rows}


def a_rig(world: World | None = None) -> Rig:
    world, reports = world or World(), MemorySpendReports()
    world.container.reports.override(reports)
    return Rig(world, reports, world.container.import_spend(), world.container.spend_store())


@pytest.fixture
def rig() -> Rig:
    return a_rig()


def test_ninety_days_of_a_new_connection_are_read_to_the_cent_and_all_but_the_newest_are_settled(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    books = rig.books(shop)
    turn = rig.run()
    assert (turn.failures, rig.why(shop)) == (0, "")
    assert amounts(rig.stored(shop)) == {key: a for key, a in amounts(books).items() if key[0] > rig.today - timedelta(days=90)}
    states = rig.states(shop)
    assert len(states) == 90
    assert set(states[:-2]) == {DayState.SETTLED}
    assert set(states[-2:]) == {DayState.PROVISIONAL}


def test_each_piece_is_told_where_somebody_wants_to_know(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    replace(rig.importer, tells=True)(for_at_most=timedelta(minutes=1))
    told = [event for event in rig.world.database.rows.events if isinstance(event, SpendImported)]
    assert told[0].connection == shop.id
    assert (told[0].first, told[0].last) == (rig.today - timedelta(days=6), rig.today)
    assert {day for event in told for day in days_from(event.first, event.last)} == days_from(
        rig.today - timedelta(days=89), rig.today
    )


def days_from(first: date, last: date) -> set[date]:
    return {first + timedelta(days=ahead) for ahead in range((last - first).days + 1)}


def test_nothing_is_told_of_spend_where_nobody_wants_to_know(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    assert rig.run().readings > 0
    assert not [event for event in rig.world.database.rows.events if isinstance(event, SpendImported)]


def test_the_last_week_comes_first(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    rig.run(timedelta(0))
    claim, *_ = rig.spend_store.take_due(limit=1, lease=timedelta(0))
    assert rig.stored(shop) == []
    rig.importer._import(claim, rig.importer._slice(timedelta.max, lambda: False))  # noqa: SLF001 (one piece alone)
    assert {row.day for row in rig.stored(shop)} == {rig.today - timedelta(days=ago) for ago in range(7)}


def test_a_correction_is_seen_at_the_next_reading_and_a_campaign_that_vanished_vanishes(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rows = rig.books(shop)
    rig.run()
    yesterday = rig.today - timedelta(days=1)
    corrected = [
        replace(row, spend=row.spend + 5) for row in rows if (row.day, row.campaign) != (yesterday, "2") and row.day == yesterday
    ]
    rig.reports.books[shop.advertiser.id].rows = [row for row in rows if row.day != yesterday] + corrected
    rig.world.pass_time(hours=1)
    rig.run()
    assert amounts([row for row in rig.stored(shop) if row.day == yesterday]) == amounts(corrected)


def test_who_is_read_is_due_again_within_the_hour_and_not_before(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    rig.run()
    calls = len(rig.reports.calls)
    rig.world.pass_time(minutes=59)
    assert rig.run().readings == 0
    assert len(rig.reports.calls) == calls
    rig.world.pass_time(minutes=2)
    assert rig.run().readings == 1


def test_a_disconnected_account_is_read_no_more_and_its_spend_is_kept_for_a_reconnect(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    rig.run()
    rig.world.disconnect(ANNA, shop.id)
    rig.world.pass_time(hours=2)
    assert rig.run().readings == 0
    assert rig.standing(shop).left_at == rig.world.clock.now()
    rig.world.pass_time(hours=2)
    [again] = rig.world.connect("chloe")
    assert len(rig.stored(again)) == 180
    rig.run()
    assert rig.standing(again).left_at is None
    assert len(rig.stored(again)) == 180


def test_an_erased_user_leaves_no_spend_behind(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    rig.run()
    rig.world.container.erase_user()(ANNA)
    assert rig.stored(shop) == []
    assert rig.spend_store.imports() == []
    rig.run()
    assert rig.spend_store.imports() == []


def test_connections_from_before_the_import_are_found_without_any_fact(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    facts = rig.world.container.outbox_feed()
    last = facts.read("spend", limit=500)[-1]
    facts.passed("spend", last.position)
    rig.run()
    assert rig.standing(shop).progress.read_back_to == rig.today - timedelta(days=89)


def test_a_withheld_account_says_so_and_neither_its_grant_nor_another_account_suffers(rig: Rig) -> None:
    first, second = rig.world.connect("ana", 0, 1)
    rig.books(second)
    rig.run()
    assert "does not let this connection read" in rig.why(first)
    assert rig.standing(first).progress.retry_at
    assert len(rig.stored(second)) == 180
    assert rig.world.platform.refreshes == 0
    assert rig.world.grant_of(first).schedule.last_failure is None


def test_a_dead_token_is_replaced_by_the_way_of_every_other_and_the_reading_goes_on(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    rig.world.pass_time(minutes=2)
    rig.reports.dead.add(rig.world.vend_of(shop).access.reveal())
    turn = rig.run()
    assert rig.world.platform.refreshes == 1
    assert (turn.failures, len(rig.stored(shop))) == (0, 180)


def test_who_must_connect_again_costs_no_call_and_is_read_at_once_after_a_reconnect(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    rig.world.pass_time(days=400)
    rig.world.sweep()
    rig.run()
    assert "has to be made again" in rig.why(shop)
    assert rig.reports.calls == []
    [again] = rig.world.connect("chloe")
    rig.books(again)
    rig.run()
    assert len(rig.stored(again, days=7)) == 14
    assert rig.why(again) == ""


def test_a_failure_waits_longer_each_time_and_is_forgotten_after_a_success(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    rig.reports.planned.extend([Unavailable("maintenance")] * 2)
    pauses = []
    for _ in range(2):
        assert rig.run().failures == 1
        assert "did not answer" in rig.why(shop)
        pauses.append(rig.standing(shop).due_at - rig.world.clock.now())
        rig.world.clock.advance(pauses[-1])
    assert pauses == [timedelta(minutes=1), timedelta(minutes=2)]
    rig.run()
    assert (rig.standing(shop).progress.failures, rig.why(shop)) == (0, "")


def test_throttling_ends_the_slice_blames_no_account_and_is_learnt_by_all() -> None:
    clock = SimulatedClock()
    budget = ProcessBudget(10, clock)
    rig = a_rig(World(clock, given_budget=budget))
    first, second = rig.world.connect("ana", 0, 1)
    rig.books(first)
    rig.books(second)
    rig.reports.planned.append(Throttled(timedelta(seconds=40)))
    turn = rig.run()
    assert (turn.readings, turn.failures, len(rig.reports.calls)) == (0, 0, 1)
    assert budget.take(APP, 1, Lane.PEOPLE, within=timedelta(seconds=2)).because == Throttled(timedelta(seconds=40))
    rig.world.pass_time(seconds=41)
    assert rig.run().failures == 0
    assert rig.stored(first)


def test_reports_that_time_out_again_and_again_stop_neither_refreshes_nor_clicks() -> None:
    clock = SimulatedClock()
    budget = ProcessBudget(10, clock)
    rig = a_rig(World(clock, given_budget=budget))
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    rig.reports.planned.extend([ReportTimedOut("slow")] * 50)
    rig.run()
    assert rig.why(shop)
    assert budget.stopped(APP) is None
    assert budget.take(APP, 1, Lane.BACKGROUND, within=timedelta(seconds=2)).count == 1


def test_a_platform_that_answers_nobody_is_not_asked_for_everybody(rig: Rig) -> None:
    connections = [c for user in ("ana", "ben", "chloe") for c in rig.world.connect(user)]
    assert len({c.id for c in connections}) > LOST_IN_A_ROW
    rig.reports.planned.extend([Unavailable("maintenance")] * 50)
    turn = rig.run()
    assert len(rig.reports.calls) == LOST_IN_A_ROW
    assert turn.stopped_because


def test_too_large_questions_shrink_and_the_size_is_kept_for_the_next_ones(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    rig.reports.longest_question = 4
    rig.run()
    assert len(rig.stored(shop)) == 180
    assert rig.standing(shop).progress.longest_window <= 4


def test_an_import_that_is_interrupted_goes_on_where_it_was(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    books = rig.books(shop)
    asked = count(1)

    def stopping() -> bool:
        return next(asked) % 23 == 0

    for _ in range(60):
        rig.importer(for_at_most=SLICE, stopping=stopping)
        rig.world.pass_time(seconds=30)
    assert rig.why(shop) == ""
    assert amounts(rig.stored(shop)) == {key: a for key, a in amounts(books).items() if key[0] > rig.today - timedelta(days=90)}


def test_an_account_lost_in_mid_import_has_its_own_line_and_what_was_read_stays(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)

    def lose(_: str) -> None:
        if len(rig.reports.calls) == 6:
            del rig.reports.books[shop.advertiser.id]

    rig.reports.before_call = lose
    rig.run()
    assert "does not let this connection read" in rig.why(shop)
    assert len(rig.stored(shop)) >= 14


def test_a_fault_of_ours_with_one_account_holds_up_no_other(rig: Rig) -> None:
    first, second = rig.world.connect("ana", 0, 1)
    rig.books(second)
    rig.reports.books[first.advertiser.id] = MemoryBooks(rows=[None])  # type: ignore[list-item] # what no platform does
    turn = rig.run()
    assert turn.failures == 1
    assert "internal error" in rig.why(first)
    assert len(rig.stored(second)) == 180


def test_gmv_max_is_read_beside_the_auction_and_apart_from_it(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    account = shop.advertiser.id
    sold = [
        Spend(account, CampaignId("9"), "Shop ads", rig.today - timedelta(days=ago), SpendKind.GMV_MAX, "EUR", Decimal(ago + 1))
        for ago in range(90)
    ]
    rig.books(shop, shops={SHOP: sold})
    rig.run()
    assert amounts(rig.stored(shop, kinds=[SpendKind.GMV_MAX])) == amounts(sold)
    assert len(rig.stored(shop, kinds=[SpendKind.AUCTION])) == 180


def test_newest_days_alone_do_not_ask_for_shops_where_there_are_none(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    rig.run()
    rig.reports.calls.clear()
    rig.world.pass_time(hours=1)
    assert rig.run().readings == 1
    assert "stores" not in rig.reports.calls


def test_shops_of_an_account_without_any_are_looked_for_once_a_day(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    for _ in range(24):
        rig.run()
        rig.world.pass_time(hours=1)
        rig.world.sweep()
    assert rig.why(shop) == ""
    assert rig.reports.calls.count("stores") == 1
    rig.world.pass_time(hours=2)
    rig.run()
    assert rig.reports.calls.count("stores") == 2


class BudgetForShops(FreeBudget):
    """A budget whose calls for reports of shops may be used up for some hours."""

    used_up = False

    def take(self, app: AppId, wanted: int, lane: Lane, *, within: timedelta, person: OwnerId | None = None) -> Permits:
        if self.used_up and lane is Lane.SHOP_REPORTS:
            return Permits(0, timedelta(hours=5))
        return super().take(app, wanted, lane, within=within, person=person)


def test_used_up_calls_for_shops_hold_up_neither_the_newest_days_of_campaigns_nor_another_account() -> None:
    rig = a_rig(World(given_budget=(budget := BudgetForShops())))
    [shop, other] = rig.world.connect("ana", 0, 1)
    sold = [
        Spend(shop.advertiser.id, CampaignId("9"), "", rig.today - timedelta(days=ago), SpendKind.GMV_MAX, "USD", Decimal(1))
        for ago in range(90)
    ]
    rig.books(shop, shops={SHOP: sold})
    rig.books(other)
    rig.run(timedelta(0))
    rig.importer.account(rig.of(shop))
    budget.used_up = True
    for _ in range(3):
        rig.run()
        rig.world.pass_time(hours=1)
    assert (rig.why(shop), rig.why(other)) == ("", "")
    assert rig.standing(other).progress.read_back_to == rig.today - timedelta(days=89)
    newest = rig.standing(shop).progress.recent_read_at
    assert newest is not None
    assert newest >= rig.world.clock.now() - timedelta(hours=2)
    assert len(rig.stored(shop, kinds=[SpendKind.GMV_MAX])) == 7
    budget.used_up = False
    for _ in range(3):
        rig.run()
        rig.world.pass_time(hours=1)
    assert len(rig.stored(shop, days=88, kinds=[SpendKind.GMV_MAX])) == 88


def test_an_importer_that_was_overtaken_stores_nothing(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)

    def overtake(_: str) -> None:
        if len(rig.reports.calls) == 1:
            rig.world.clock.advance(LEASE)
            assert rig.spend_store.take(rig.of(shop), lease=LEASE)

    rig.reports.before_call = overtake
    rig.run()
    assert rig.stored(shop) == []


def test_one_account_is_read_at_once_by_name(rig: Rig) -> None:
    [shop] = rig.world.connect("chloe")
    rig.books(shop)
    rig.run()
    rig.books(shop)
    turn = rig.importer.account(rig.of(shop))
    assert turn
    assert turn.readings == 1
    assert rig.importer.account(SpendAccount(ANNA, rig.of(shop).account + "9")) is None  # type: ignore[arg-type] # an id is text
