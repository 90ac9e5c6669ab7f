"""The database goes away exactly between TikTok's answer and its settlement: the journal has the only live pair in the world.

Short: 20 answers a database, and one stop of PostgreSQL. Long: 200, and ten stops.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle, repeat
from pathlib import Path
from typing import Any

import pytest

from adapters.sql.migrations import migrate
from chaos.cuts import CutClaims, CuttingPlatform
from chaos.hurried_worker import ALWAYS_DUE, SWEEP_EVERY, hurried
from chaos.population import judged, populate
from chaos.victims import Fleet
from domain.connection_state import ConnectionState
from domain.errors import StoreUnavailable
from domain.grant_health import Active, Degraded
from domain.outcomes import Reason
from entrypoints.container import Container, build
from entrypoints.settings import load_settings
from support import servers
from support.deployment import deployment
from support.processes import eventually

OUTAGE = 5
"""Seconds that PostgreSQL is away: nobody holds on to an answer for so long, so that the journal alone has it."""

SOON = 20
"""Seconds in which even a busy machine stores what the journal keeps, once the database is back; others need two."""


@contextmanager
def a_fleet(folder: Path, url: str, size: int) -> Iterator[Fleet]:
    """Grants that are always due, at a strict TikTok."""
    sweeps = str(int(SWEEP_EVERY.total_seconds()))
    environ = {"DATABASE_URL": url, "TIKTOK_QPS": "200", "SWEEP_INTERVAL_SECONDS": sweeps}
    with deployment(folder, migrated=False, environ=environ, access_token_seconds=ALWAYS_DUE) as here:
        hurried(here.container)
        members = populate(here, size)
        here.tiktok.control.configure(rotation_mode="strict", latency_ms=50)
        yield Fleet(here, members)


@contextmanager
def kept_in_touch(container: Container) -> Iterator[None]:
    """With the thread that every long-lived process has."""
    upkeep_thread = container.upkeep_thread()
    upkeep_thread.start()
    try:
        yield
    finally:
        upkeep_thread.stop()


def sweep_for(container: Container, seconds: float) -> None:
    with suppress(StoreUnavailable):
        container.sweep_due_grants()(for_at_most=timedelta(seconds=seconds))


# by injection, answer by answer


@dataclass(frozen=True, slots=True)
class Injected:
    """What cutting off single answers came to."""

    database: str
    answers_cut_off: int
    cuts: int
    rotations: int
    slowest_return: float
    """Seconds from the end of a cut until all its answers were stored."""
    claims_before_drains: int
    lost: int


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_an_answer_that_the_database_does_not_take_is_stored_as_soon_as_it_does(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    url, cuts = request.getfixturevalue(f"migrated_{kind}_url"), 200 if long else 20
    with a_fleet(tmp_path, url, 200) as fleet:
        container = fleet.here.container
        inner, journal, clock = container.stored_claims(), container.journal(), container.clock()
        claims = CutClaims(inner, journal, clock, spans=cycle((4.5, 0.1, 1, 10) if long else (4.5, 0.1, 1)), left=cuts)
        container.stored_claims.override(claims)
        with kept_in_touch(container):
            while claims.left:
                sweep_for(container, 1)
            eventually(lambda: claims.cut is None and journal.empty())
        verdict = judged(fleet.here, fleet.members)
        slowest = round(max(claims.returned_after), 1)
        figures = Injected(
            kind, cuts, len(claims.returned_after), verdict.rotations, slowest, claims.overtaken_by_claims, verdict.dead
        )
    tell(figures)
    verdict.assert_nothing_is_lost()
    assert verdict.in_doubt == 0, verdict
    assert (figures.claims_before_drains, figures.lost) == (0, 0), figures
    assert slowest < SOON, figures


# by stopping PostgreSQL


@dataclass(slots=True)
class Stopped:
    """What stops of PostgreSQL came to."""

    stops: int = 0
    answers_in_journal: list[int] = field(default_factory=list)
    """Of each stop."""
    seconds_to_drain: list[float] = field(default_factory=list)
    """Of each stop: from the moment at which PostgreSQL answered again."""
    lost: int = 0
    verdict: Any = None


@pytest.mark.timeout(900)
def test_a_stop_of_postgresql_between_answer_and_settlement_loses_nothing(
    tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    figures = Stopped()
    with servers.postgres() as server:
        url = server.new_database()
        migrate(url)
        with a_fleet(tmp_path, url, 100) as fleet:
            container = fleet.here.container
            platform = CuttingPlatform(container.platform(), server.stop)
            container.platform.override(platform)
            journal = container.journal()
            with kept_in_touch(container):
                for _ in range(10 if long else 1):
                    platform.armed = True
                    while platform.armed:
                        sweep_for(container, 5)
                    time.sleep(OUTAGE)
                    figures.answers_in_journal.append(len(journal.kept()))
                    server.start()
                    back_at = time.monotonic()
                    eventually(journal.empty)
                    figures.seconds_to_drain.append(round(time.monotonic() - back_at, 1))
                    figures.stops += 1
                    figures.lost += len(fleet.dead(fleet.grants()))
                eventually(lambda: swept_clean(fleet))
                figures.verdict = verdict = judged(fleet.here, fleet.members)
            platform.platform.close()  # type: ignore[attr-defined] # the adapter's, not the port's
    tell(figures)
    verdict.assert_nothing_is_lost()
    assert figures.lost == 0
    assert min(figures.answers_in_journal) > 0, figures
    assert max(figures.seconds_to_drain) < SOON, figures


def swept_clean(fleet: Fleet) -> bool:
    """Sweep, since an attempt of which nothing was sent is known only when it is taken up; True when nothing is unknown."""
    sweep_for(fleet.here.container, 0.5)
    return all(g.schedule.attempt is None and not g.schedule.in_doubt for g in fleet.grants())


# and by a host that is dead for longer


@dataclass(frozen=True, slots=True)
class Healed:
    """What became of answers whose host was dead when another one swept."""

    answers: int
    reported_in_doubt: int
    healed: int
    seconds_to_heal: float


def test_a_refusal_of_another_host_is_reported_as_doubt_and_the_late_drain_heals_it(
    migrated_sqlite_url: str, tmp_path: Path, tell: Callable[[object], None]
) -> None:
    with a_fleet(tmp_path, migrated_sqlite_url, 6) as fleet, kept_in_touch(fleet.here.container):
        with another_host(fleet) as first:
            inner, journal = first.stored_claims(), first.journal()
            away = CutClaims(inner, journal, first.clock(), spans=repeat(3600), left=6, rate=1, stored_unheard=0)
            first.stored_claims.override(away)
            with pytest.raises(StoreUnavailable):
                first.sweep_due_grants()()
            eventually(lambda: len(journal.kept()) == 6)
        eventually(lambda: refused(fleet))
        other = fleet.here.container
        views = [view for member in fleet.members for view in other.list_connections()(member.owner)]
        told = [view for view in views if (view.state, view.reason) == (ConnectionState.DEGRADED, "rotation_in_doubt")]
        reported = sum(isinstance(h := g.health, Degraded) and h.reason is Reason.ROTATION_IN_DOUBT for g in fleet.grants())
        began = time.monotonic()
        with another_host(fleet) as first, kept_in_touch(first):
            eventually(first.journal().empty)
        figures = Healed(6, reported, sum(g.health == Active() for g in fleet.grants()), round(time.monotonic() - began, 1))
        verdict = judged(fleet.here, fleet.members)
    tell(figures)
    assert (len(told), figures.reported_in_doubt, figures.healed) == (6, 6, 6), figures
    assert (verdict.dead, verdict.behind, verdict.not_active) == (0, 0, 0), verdict


@contextmanager
def another_host(fleet: Fleet) -> Iterator[Container]:
    """A process of another host, with a journal of that host's; it is dead at the end of the block."""
    environ = {**fleet.here.environ, "JOURNAL_DIR": str(fleet.here.folder / "journal-of-another-host")}
    container = hurried(build(load_settings(environ)))
    try:
        yield container
    finally:
        container.executor().shutdown()
        container.platform().close()
        container.database().dispose()


def refused(fleet: Fleet) -> bool:
    sweep_for(fleet.here.container, 0.5)
    return not any(g.health == Active() for g in fleet.grants())
