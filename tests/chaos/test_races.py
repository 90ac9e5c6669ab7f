"""Processes full of threads that renew the same grants, at a TikTok that revokes whatever is shown a spent refresh token.

Every refresh token that was sent twice would show: it costs its whole family. Short: a few seconds each, on all the threads;
`--long`: a minute each; on a machine without time, longer, until so much was renewed that there was a race.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import text

from chaos.contender import Order
from chaos.contest import contend, most_within
from chaos.population import Verdict, judged, populate
from support.deployment import Deployment, deployment
from support.processes import eventually

GRANTS = 200
LIVES = (20, 2, 40, 5)
"""Seconds that tokens live, one after the other: sweeps always find some due, and vending finds some near their end."""

SECOND = timedelta(seconds=1)
ENOUGH = 150
"""Renewals that make a race, however long a machine takes for them."""

AT_THE_LATEST = 120.0
"""Seconds in which even a starved machine has made them."""

JITTER = SECOND / 10
"""By how much the way to the platform may differ from call to call, on a machine that has other work: its log has arrivals."""

EXPECTED = {
    *("sweep: no hands", "sweep: done", "sweep: renewed", "sweep: unsent", "sweep: overtaken"),
    *("click: Rotated", "click: InFlight", "click: BudgetSpent", "click: PlatformUnavailable"),
    *("vend: Vended", "vend: Vended degraded", "vend: InFlight", "vend: BudgetSpent", "vend: PlatformUnavailable"),
    "drain: done",
    *("click: StoreUnavailable ConnectionTimeout: timeout", "vend: StoreUnavailable ConnectionTimeout: timeout"),
}
"""How deeds may end where nothing is wrong. BudgetSpent: a person's two seconds in the budget's queue were up;
PlatformUnavailable: so were all the turns that a call may miss on a busy machine; ConnectionTimeout: PostgreSQL, starved beside
64 threads, had not let another session in. In all of them nothing was sent."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a race came to."""

    workers: str
    seconds: float
    """From TikTok's first call to its last."""
    verdict: Verdict
    rotations_a_second: float
    endings: dict[str, int]
    most_calls_in_a_second: int
    most_calls_within_jitter: int
    """In any second less `JITTER`."""
    most_calls_in_ten_seconds: int
    deadlocks: int | None = None


@contextmanager
def a_deployment(folder: Path, database_url: str, *, qps: int) -> Iterator[Deployment]:
    environ = {"DATABASE_URL": database_url, "TIKTOK_QPS": str(qps)}
    with deployment(folder, migrated=False, environ=environ, access_token_seconds=LIVES[0], latency_ms=20) as here:
        here.tiktok.control.configure(rotation_mode="reuse-revokes-family")
        yield here


@contextmanager
def changing_lives(here: Deployment) -> Iterator[None]:
    """New tokens live now for long, now for a moment only."""
    over = threading.Event()

    def change() -> None:
        for life in cycle(LIVES):
            here.tiktok.control.configure(access_token_seconds=life)
            if over.wait(0.3):
                return

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def race(here: Deployment, *, processes: int, threads: int, seconds: float, pause: float = 0) -> Figures:
    """Run it, and look for what must never be."""
    members = populate(here, GRANTS)

    def wait_for_the_end() -> None:
        time.sleep(seconds)
        eventually(lambda: here.tiktok.control.stats()["refreshes"] >= ENOUGH, within=AT_THE_LATEST)

    with changing_lives(here):
        order = Order(threads, str(random.random()), pause)
        met = contend(here, processes=processes, order=order, wait_for_the_end=wait_for_the_end)
    verdict, calls = judged(here, members), [call.time for call in here.tiktok.control.log()]
    took = (max(calls) - min(calls)) / SECOND
    figures = Figures(
        f"{processes} processes of {threads} threads",
        took,
        verdict,
        verdict.rotations / took,
        dict(met.endings),
        most_within(calls, SECOND),
        most_within(calls, SECOND - JITTER),
        most_within(calls, 10 * SECOND),
    )
    assert met.unforeseen == []
    assert met.stuck == 0
    verdict.assert_nothing_is_lost()
    assert verdict.in_doubt == 0, figures
    return figures


def deadlocks(here: Deployment) -> int:
    """How many PostgreSQL had to end in this database."""
    with here.container.database().reading() as connection:
        counted = connection.scalar(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
    assert isinstance(counted, int)
    return counted


@pytest.mark.timeout(240)
def test_sixty_four_threads_of_four_processes_spend_no_refresh_token_twice(
    new_postgres_url: str, tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    """Short: 3 s. Long: 60 s."""
    with a_deployment(tmp_path, new_postgres_url, qps=300) as here:
        figures = race(here, processes=4, threads=16, seconds=60 if long else 3)
        tell(figures := replace(figures, deadlocks=deadlocks(here)))
    assert figures.deadlocks == 0
    assert set(figures.endings) <= EXPECTED


@pytest.mark.timeout(240)
def test_sixteen_threads_of_two_processes_spend_no_refresh_token_twice_on_sqlite(
    migrated_sqlite_url: str, tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    """Short: 3 s. Long: 60 s."""
    with a_deployment(tmp_path, migrated_sqlite_url, qps=300) as here:
        figures = race(here, processes=2, threads=8, seconds=60 if long else 3)
    tell(figures)
    assert {e for e in figures.endings if "StoreUnavailable" not in e} <= EXPECTED


@pytest.mark.timeout(240)
def test_whatever_the_crowd_the_budget_is_kept_by_all_processes_together(
    new_postgres_url: str, tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    """Short: 6 s. Long: 60 s. TikTok's own log is what counts, in any one second. With 16 threads, not 64: what is tested is the
    pace that they keep together, and not how a machine without time for them stumbles.
    """
    qps = 30
    with a_deployment(tmp_path, new_postgres_url, qps=qps) as here:
        figures = race(here, processes=4, threads=4, seconds=60 if long else 6, pause=0.2)
    tell(figures)
    assert set(figures.endings) <= EXPECTED
    assert figures.most_calls_within_jitter <= qps
    assert figures.most_calls_in_ten_seconds <= 10 * qps
