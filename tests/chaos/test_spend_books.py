"""The books close: in random worlds no day that is called settled is wrong, and what breaks that is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from application.spend import read_days
from domain.report_pages import PagedReport
from domain.spend_calendar import AccountCalendar
from domain.spend_day import DayReading, DayUpdate, update_by
from support.random_spend_worlds import SpendWorld

WORLDS, WORLDS_AT_LENGTH, WORLDS_WITH_A_FAULT = 50, 1_000, 40


def live_in(worlds: int) -> None:
    """In each of so many. Raises AssertionError."""
    for seed in range(worlds):
        SpendWorld(seed).live()


def test_no_settled_day_is_wrong_in_any_world(*, long: bool, tell: Callable[[object], None]) -> None:
    """At length: a thousand worlds."""
    worlds = WORLDS_AT_LENGTH if long else WORLDS
    live_in(worlds)
    tell({"worlds": worlds})


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


@pytest.mark.parametrize("plant", (skip_a_page, believe_a_cut, ignore_the_zone, keep_floats))
def test_a_planted_fault_is_found(plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        live_in(WORLDS_WITH_A_FAULT)
