"""Spend in the dashboard's database after its server was down for a day, and after an old dump of it was put back."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import pytest

from chaos.spend_schedule import TWICE, SpendSchedule
from domain.mirror_freeze_reasons import FreezeReason
from support import servers
from support.builders import HOUR, MINUTE
from support.dashboard_database import ANNA, BEN, DashboardDatabase, dashboard_database
from support.databases import Kept, in_sql


@pytest.fixture
def kept(request: pytest.FixtureRequest, kind: str, migrated_file: Path, tmp_path: Path) -> Iterator[Kept]:
    if kind == "sqlite":
        kept = in_sql(f"sqlite:///{copy(migrated_file, tmp_path / 'ours.db')}")
    else:
        kept = in_sql(request.getfixturevalue("new_postgres_url"))
    yield kept
    kept.close()


@pytest.fixture
def theirs() -> Iterator[DashboardDatabase]:
    """On a server of its own, that can be stopped."""
    with servers.postgres() as server, dashboard_database(server) as dashboard:
        yield dashboard


@pytest.fixture
def schedule(kept: Kept, theirs: DashboardDatabase) -> Iterator[SpendSchedule]:
    """Two people, each with an account in pounds and one in yen, whose days were delivered."""
    schedule = SpendSchedule(kept, theirs)
    for which in range(8):
        schedule.reads(which)
    for _ in range(2):
        schedule.world.clock.advance(10 * MINUTE)
        schedule.world.deliver()
    schedule.check_books()
    yield schedule
    schedule.close()


def what_happens_meanwhile(schedule: SpendSchedule) -> None:
    """Corrections, campaigns that are gone from their days, new days; one account is let go of, and one comes back."""
    for hour in range(24):
        schedule.world.clock.advance(HOUR)
        schedule.reads(hour)
        if hour == 5:
            schedule.disconnects(0)
        if hour == 9:
            schedule.connects([ANNA, BEN].index(ANNA))
        if hour == 20:
            schedule.disconnects(3)
        schedule.world.turn()


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_day_without_the_dashboards_server_arrives_once_each_afterwards(
    schedule: SpendSchedule, theirs: DashboardDatabase
) -> None:
    before = theirs.ask("SELECT * FROM ad_spend ORDER BY id")
    theirs.server.stop()
    what_happens_meanwhile(schedule)
    theirs.server.start()
    theirs.reopen()
    assert theirs.ask("SELECT * FROM ad_spend ORDER BY id") == before
    for _ in range(4):
        schedule.world.clock.advance(10 * MINUTE)
        schedule.world.turn()
        assert theirs.ask(TWICE) == []
    assert not schedule.kept.deliveries.accounts()
    schedule.check_books()


def dump_of(dashboard: DashboardDatabase) -> bytes:
    tool = dashboard.server.binaries / "pg_dump"
    if not tool.exists():
        servers.missing("pg_dump")
    return subprocess.run([tool, "--dbname", dashboard.owner_url], check=True, capture_output=True).stdout


def put_back(dashboard: DashboardDatabase, dump: bytes) -> None:
    """Into a database of the same name that is made anew."""
    dashboard.close()
    dashboard.server.drop_database(dashboard.owner_url)
    dashboard.server.create_database(dashboard.owner_url)
    options = ["--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", dashboard.owner_url]
    subprocess.run([dashboard.server.binaries / "psql", *options], input=dump, check=True, capture_output=True)
    dashboard.reopen()


@pytest.mark.parametrize("kind", ["postgres"])
def test_a_dump_that_was_put_back_is_mended_by_a_rebuild(schedule: SpendSchedule, theirs: DashboardDatabase) -> None:
    dump = dump_of(theirs)
    what_happens_meanwhile(schedule)
    schedule.connects(1)
    for _ in range(2):
        schedule.world.clock.advance(10 * MINUTE)
        schedule.world.deliver()
    schedule.check_books()
    put_back(theirs, dump)
    old = theirs.ask("SELECT * FROM ad_spend ORDER BY id")
    for _ in range(3):
        schedule.world.clock.advance(MINUTE)
        schedule.reads(1)
        schedule.world.turn()
    frozen = schedule.world.note.frozen
    assert frozen is not None
    assert frozen.reason is FreezeReason.OTHER_TABLE
    assert theirs.ask("SELECT * FROM ad_spend ORDER BY id") == old, "a frozen mirror delivers nothing"
    schedule.rebuild()
    for _ in range(3):
        schedule.world.clock.advance(10 * MINUTE)
        schedule.world.deliver()
        assert theirs.ask(TWICE) == []
    assert not schedule.kept.deliveries.accounts()
    schedule.check_books()
    check = schedule.world.container.check_delivered_spend()()
    assert (check.different, check.hindered, check.waiting) == ({}, {}, 0)
