"""The books close: in random worlds no day that is called settled is wrong, here or there, and what breaks that is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.memory.spend_deliveries import MemorySpendDeliveries
from adapters.wab.connection_mirror import WabConnectionMirror
from adapters.wab.spend_sink import WabSpendSink
from application import deliver_spend
from application.ports.spend_deliveries import VersionedDay
from application.spend import read_days
from application.spend.auction_readings import AuctionReader
from domain.delivered_spend import delivered_rows
from domain.report_pages import PagedReport
from domain.spend_calendar import AccountCalendar
from domain.spend_day import DayReading, DayUpdate, update_by
from support.dashboard_database import DashboardDatabase
from support.random_spend_worlds import CURRENCIES, END_OF_SUMMER, START_OF_SUMMER, ZONES, RealDashboard, SpendWorld

WORLDS, WORLDS_AT_LENGTH, WORLDS_WITH_A_FAULT = 40, 1_000, 40
REAL_WORLDS, REAL_WORLDS_AT_LENGTH = 2, 60
"""Whose dashboard is a real PostgreSQL."""

MET = {
    *ZONES,
    *CURRENCIES,
    f"New York on {START_OF_SUMMER}",
    f"New York on {END_OF_SUMMER}",
    "cut",
    "an ordered report",
    "an invalid metric",
    "too large",
    "timed out",
    "no control total",
    "GMV Max",
    "in no campaign",
    "gone from a corrected day",
    "corrected weeks later",
    "changed while it was read",
    "an absent list",
    "a lost row",
    "a day that is there as ours",
    "a day that does not fit",
}
"""What is somewhere in a thousand worlds."""


def live_in(worlds: Iterable[int], real: RealDashboard | None = None) -> Counter[str]:
    """In each of these: how many had what. Raises AssertionError."""
    met = Counter[str]()
    for seed in worlds:
        world = SpendWorld(seed, real)
        world.live()
        met.update(world.met.keys())
    return met


@pytest.mark.timeout(7200)
def test_no_settled_day_is_wrong_in_any_world(*, long: bool, tell: Callable[[object], None]) -> None:
    """At length: a thousand worlds."""
    worlds = WORLDS_AT_LENGTH if long else WORLDS
    met = live_in(range(worlds))
    tell({"worlds": worlds, **dict(sorted(met.items()))})
    assert not long or met.keys() >= MET


@pytest.mark.timeout(3600)
def test_no_settled_day_is_wrong_in_the_dashboards_own_database(
    new_dashboard: DashboardDatabase, *, long: bool, tell: Callable[[object], None]
) -> None:
    """At length: sixty worlds, others than those in memory."""
    mirror, sink = WabConnectionMirror(new_dashboard.url), WabSpendSink(new_dashboard.url)
    number = REAL_WORLDS_AT_LENGTH if long else REAL_WORLDS
    worlds = range(WORLDS_AT_LENGTH, WORLDS_AT_LENGTH + number)
    try:
        met = live_in(worlds, RealDashboard(new_dashboard, mirror, sink))
    finally:
        sink.dispose()
        mirror.dispose()
    tell({"worlds in PostgreSQL": number, **dict(sorted(met.items()))})


def skip_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PagedReport, "with_page", lambda self, page: replace(self, pages=(*self.pages, page, page)))


def believe_a_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SpendWorld, "lose", lambda _self, page, _number: replace(page, is_cut=False))


def ignore_the_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AccountCalendar, "of", lambda _name: AccountCalendar(ZoneInfo("UTC")))


def keep_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = update_by

    def rounded(reading: DayReading, *arguments: object, **named: object) -> DayUpdate:
        rows = tuple(replace(row, spend=Decimal(float(row.spend) * 1.1 / 1.1)) for row in reading.rows)
        return exact(replace(reading, rows=rows), *arguments, **named)  # type: ignore[arg-type] # as they come

    monkeypatch.setattr(read_days, "update_by", rounded)


def ask_for_no_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AuctionReader, "_totals", lambda _self, _window: None)


def lose_a_row_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver_spend, "delivered_rows", lambda spend: delivered_rows(spend)[:-1])


def forget_corrections_there(monkeypatch: pytest.MonkeyPatch) -> None:
    exact, delivered = MemorySpendDeliveries.undelivered, set[date]()

    def only_once(self: MemorySpendDeliveries, *arguments: Any, **named: Any) -> list[VersionedDay]:
        days = [one for one in exact(self, *arguments, **named) if one.day not in delivered or one.version == 1]
        delivered.update(one.day for one in days)
        return days

    monkeypatch.setattr(MemorySpendDeliveries, "undelivered", only_once)


FAULTS = (skip_a_page, believe_a_cut, ignore_the_zone, keep_floats, ask_for_no_total, lose_a_row_there, forget_corrections_there)


@pytest.mark.parametrize("plant", FAULTS)
def test_a_planted_fault_is_found(plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        live_in(range(WORLDS_WITH_A_FAULT))
