"""The load of an import: how long it takes, who waits for it, and what it keeps in memory. In simulated time."""

from __future__ import annotations

import resource
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sql.migrations import migrate
from adapters.tiktok_simulator.advertisers import Advertiser
from chaos.import_load import LOOKED_EVERY, QPS, TIME_OUT, ImportLoad
from domain.calls_kept_for_people import PEOPLES_TURN
from domain.ids import AdvertiserId, OwnerId
from domain.pacing import SLACK
from domain.spend_calendar import LONGEST_WINDOW
from domain.spend_plan import FIRST_DAYS, SpendPolicy
from entrypoints.settings import SpendSettings

SECOND = timedelta(seconds=1)
PAGE = 1_000
MEBIBYTE = 1024 * 1024


@contextmanager
def a_load(
    folder: Path, accounts: int, campaigns: int, life: timedelta, *, imports: bool = True, clicked_every: timedelta
) -> Iterator[ImportLoad]:
    url = f"sqlite:///{folder / f'spend-{imports}.db'}"
    migrate(url)
    load = ImportLoad(accounts, campaigns, url, life, import_spend=imports, clicked_every=clicked_every)
    try:
        load.grow()
        yield load
    finally:
        load.close()


@contextmanager
def traced() -> Iterator[None]:
    """Memory that is allocated here is counted: too slow for the long form."""
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def p95(times: Sequence[timedelta]) -> timedelta:
    return sorted(times)[len(times) * 95 // 100]


def calls_for(accounts: int, campaigns: int) -> int:
    """By arithmetic: the pages of each window of days, its control total, and one look for the shops of each account."""
    days, pieces = SpendPolicy().backfill_days - FIRST_DAYS, [FIRST_DAYS]
    while days > 0:
        pieces.append(min(days, LONGEST_WINDOW))
        days -= LONGEST_WINDOW
    return accounts * (1 + sum(-(-piece * campaigns // PAGE) + 1 for piece in pieces))


@pytest.mark.timeout(3 * 3600)
def test_an_import_takes_no_longer_than_its_calls_and_nobody_waits_for_it(
    tmp_path: Path, *, long: bool, tell: Callable[[object], None]
) -> None:
    """Beside it every grant is rotated, people click, and others connect. Short: 16 accounts. Long: 2 000 of 50 campaigns."""
    accounts, campaigns, life, clicked_every = (2_000, 50, 7_200, 30) if long else (16, 3, 240, 5)
    held = list[int]()
    with a_load(tmp_path, accounts, campaigns, life * SECOND, clicked_every=clicked_every * SECOND) as load:
        load.connected_every = (120 if long else 5) * SECOND
        load.looked_every = LOOKED_EVERY if long else SECOND
        needed = calls_for(accounts, campaigns)

        def look(calls: int, _pieces: int) -> None:
            if calls > needed * len(held) // 4:
                held.append(resident() if long else tracemalloc.get_traced_memory()[0])

        load.on_look = look
        with nullcontext() if long else traced():
            took = load.run(until=load.is_imported, for_at_most=6 * 3600 * SECOND)
        platform = load.fleet.platform
        needed, rotations = calls_for(accounts + len(load.first_weeks), campaigns), len(platform.left_at_rotation)
        bound = (needed + rotations) * SLACK / QPS * PEOPLES_TURN / (PEOPLES_TURN - 1) * SECOND
        load.fleet.assert_within_budget()
        load.fleet.assert_nobody_else_is_harmed()
        late = [left for left in platform.left_at_rotation if left < life * SECOND / 2 - 2 * load.fleet.sweep_every]
    with a_load(tmp_path, accounts, campaigns, life * SECOND, imports=False, clicked_every=clicked_every * SECOND) as idle:
        idle.run(until=lambda: False, for_at_most=took)
    figures = {
        "accounts": accounts,
        "took": str(took),
        "bound": str(bound),
        "report calls": load.reports.asked,
        "by arithmetic": needed,
        "rotations": rotations,
        "late": len(late),
        "first week, longest": str(max(load.first_weeks)),
        "clicks": len(load.clicks),
        "click p95": str(p95(load.clicks)),
        "without an import": str(p95(idle.clicks)),
        "MiB held at each quarter": [round(held_bytes / MEBIBYTE, 1) for held_bytes in held],
    }
    tell(figures)
    assert took <= 1.2 * bound + (not long) * (SpendSettings().beat_every + LOOKED_EVERY), figures
    assert max(load.first_weeks) <= 60 * SECOND, figures
    assert late == [], figures
    assert p95(load.clicks) <= 1.1 * p95(idle.clicks), figures
    assert held[-1] - held[1] <= (32 if long else 4) * MEBIBYTE, figures


@pytest.mark.parametrize("answers", ["never", "slowly"])
def test_an_owner_of_very_many_accounts_holds_up_nobody(answers: str, tmp_path: Path, *, long: bool) -> None:
    """Others connect meanwhile: their first days are there within a minute, and three months of who was there before it.

    Short: 200 accounts. Long: 3 000.
    """
    with a_load(tmp_path, 2, 1, 600 * SECOND, clicked_every=5 * SECOND) as load:
        load.connected_every = 15 * SECOND
        accounts = {AdvertiserId(str(700_000 + n)) for n in range(3_000 if long else 200)}
        load.world.machine.set_accounts("agency", [Advertiser(advertiser_id=account, name="A") for account in accounts])
        connection, *_ = load.world.connect("agency", owner=OwnerId("agency"))
        load.fleet.consents[load.world.grant_of(connection).id] = max(load.world.machine.state.families)
        load.reports.slow = dict.fromkeys(accounts, TIME_OUT if answers == "never" else TIME_OUT - SECOND)
        load.run(until=lambda: False, for_at_most=180 * SECOND)
        backs = [one.progress.read_back_to for one in load.spend_store.imports() if one.of.owner.startswith("user-")]
        oldest = load.clock.now().date() - timedelta(days=SpendPolicy().backfill_days - 2)
    assert [back for back in backs if back is None or back > oldest] == []
    assert len(load.first_weeks) > 5
    assert max(load.first_weeks) <= 60 * SECOND, load.first_weeks
    load.fleet.assert_within_budget()
    load.fleet.assert_nobody_else_is_harmed()


def test_one_reading_that_takes_very_long_holds_up_nobody(tmp_path: Path) -> None:
    """It is longer than a slice of the import, and every other account is read meanwhile."""
    with a_load(tmp_path, 12, 1, 600 * SECOND, clicked_every=5 * SECOND) as load:
        load.connected_every = 15 * SECOND
        load.reports.slow = {AdvertiserId("0"): 60 * SECOND}
        load.run(until=lambda: False, for_at_most=170 * SECOND)
        read = {one.of.account for one in load.spend_store.imports() if one.progress.read_back_to}
        late = [one.of.account for one in load.spend_store.imports() if not one.progress.read_back_to]
    assert len(load.first_weeks) > 5
    assert max(load.first_weeks) <= 60 * SECOND, load.first_weeks
    assert late in ([], ["0"])
    assert len(read) >= 11
