import gc
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from pathlib import Path, PurePath
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

from adapters.sql.migrations import migrate
from support import servers
from support.dashboard_database import DashboardDatabase, dashboard_database
from support.shared_authorities import share_authorities

# A busy machine is no counterexample: examples may take their time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

share_authorities()

FIGURES = "figures"
UNDER_CI = os.environ.get("CI") == "true"

LONGEST_FIRST = ("journeys", "chaos", "entrypoints", "model", "adapters", "architecture", "contracts", "application", "domain")
"""The rings in the order in which they are run: no worker is left with a long file while the others have nothing to do."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run those tests at length that have a long form")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Within a ring the order stays one of chance."""
    items.sort(key=lambda item: place_of(ring_of(item.nodeid)))


def pytest_collection_finish() -> None:
    """What was collected is no garbage: not looking through it again and again saves a tenth of the processor's time."""
    gc.collect()
    gc.freeze()


def ring_of(path: str) -> str:
    """The folder under tests/ in which a test is."""
    parts = PurePath(path.partition("::")[0]).parts
    return parts[1] if len(parts) > 2 else parts[-1]


def place_of(ring: str) -> int:
    """When its turn comes; a new ring is the last."""
    return LONGEST_FIRST.index(ring) if ring in LONGEST_FIRST else len(LONGEST_FIRST)


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether tests that have a long form are to run it; each says in its docstring what that is."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def tell(request: pytest.FixtureRequest, *, long: bool) -> Callable[[object], None]:
    """Have the figures of a long form shown when all tests are done."""

    def note(figures: object) -> None:
        if long:
            request.node.user_properties.append((FIGURES, repr(figures)))

    return note


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.Postgres]:
    with servers.postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: servers.Postgres) -> Iterator[str]:
    """A new, empty database for one test."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def migrated_template(postgres_server: servers.Postgres) -> str:
    url = postgres_server.new_database()
    migrate(url)
    return url.rpartition("/")[2]


@pytest.fixture
def new_postgres_url(postgres_server: servers.Postgres, migrated_template: str) -> Iterator[str]:
    """A new database with our tables, for a test that leaves more behind than rows."""
    url = postgres_server.new_database(template=migrated_template)
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def emptied_database(postgres_server: servers.Postgres, migrated_template: str) -> str:
    return postgres_server.new_database(template=migrated_template)


@pytest.fixture
def migrated_postgres_url(postgres_server: servers.Postgres, emptied_database: str) -> str:
    """A database with our tables, all empty: the same for one test after the other, since a new one takes three times as long."""
    postgres_server.empty(emptied_database)
    return emptied_database


@pytest.fixture(scope="session")
def emptied_dashboard(postgres_server: servers.Postgres) -> Iterator[DashboardDatabase]:
    with dashboard_database(postgres_server) as dashboard:
        yield dashboard


@pytest.fixture
def dashboard(emptied_dashboard: DashboardDatabase) -> DashboardDatabase:
    """The dashboard's own database, without rows: the same for one test after the other."""
    emptied_dashboard.empty()
    return emptied_dashboard


@pytest.fixture
def new_dashboard(postgres_server: servers.Postgres) -> Iterator[DashboardDatabase]:
    """The dashboard's own database, for a test that leaves more behind than rows."""
    with dashboard_database(postgres_server) as dashboard:
        yield dashboard


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def migrated_sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """A database file for one test with our tables, all empty."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'test.db')}"


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.Redis]:
    with servers.redis_server() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: servers.Redis) -> str:
    """An empty Redis for one test."""
    redis_server.flush()
    return redis_server.url()


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[servers.RabbitMQ]:
    with servers.rabbitmq() as server:
        yield server


@pytest.fixture(scope="session")
def chromium_path() -> str:
    return servers.chromium_path()


AnyReport = TypeVar("AnyReport", pytest.TestReport, pytest.CollectReport)


def _skipped_under_ci_is_failed(report: AnyReport) -> AnyReport:
    if UNDER_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"Under CI nothing is skipped. {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _skipped_under_ci_is_failed((yield))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _skipped_under_ci_is_failed((yield))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests each ring, a folder under tests/, ran, and for how many seconds in all; and what long forms told."""
    tests: dict[str, set[str]] = defaultdict(set)
    seconds: dict[str, float] = defaultdict(float)
    told: list[tuple[str, object]] = []
    for report in [
        report for reports in terminalreporter.stats.values() for report in reports if isinstance(report, pytest.TestReport)
    ]:
        ring = ring_of(report.location[0])
        tests[ring].add(report.nodeid)
        seconds[ring] += report.duration
        told += [
            (report.location[2], figures) for name, figures in report.user_properties if name == FIGURES and report.when == "call"
        ]
    for test, figures in told:
        terminalreporter.section(test)
        terminalreporter.write_line(str(figures))
    terminalreporter.section("rings")
    for ring in sorted(tests):
        terminalreporter.write_line(f"{ring:<14} {len(tests[ring]):>5} tests {seconds[ring]:>8.1f} s")
