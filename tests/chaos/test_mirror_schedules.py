"""Random schedules of what befalls two databases, over the real mirror: ours and the dashboard's, each a real PostgreSQL.

What can happen is what the model in `tests/model/mirror` has, but for standbys and our own backups. Short: a few schedules, the
same ones each time. `--long`: 200, other ones each time; a failure prints what repeats it.
"""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chaos.mirror_schedule import LIKELIHOODS, Schedule
from support import servers
from support.dashboard_database import DashboardDatabase, dashboard_database

Databases = Callable[[], tuple[str, DashboardDatabase, DashboardDatabase]]

STEPS = st.tuples(st.sampled_from([name for name, times in LIKELIHOODS.items() for _ in range(times)]), st.integers(0, 29))


@pytest.fixture
def databases(postgres_server: servers.Postgres, new_postgres_url: str, new_dashboard: DashboardDatabase) -> Iterator[Databases]:
    """Ours, the dashboard's, and another dashboard's, each of them emptied."""

    def emptied() -> tuple[str, DashboardDatabase, DashboardDatabase]:
        postgres_server.empty(new_postgres_url)
        new_dashboard.let_in(allowed=True)
        new_dashboard.do("ALTER TABLE ad_platform_connections DISABLE ROW LEVEL SECURITY")
        new_dashboard.empty()
        staging.empty()
        return new_postgres_url, new_dashboard, staging

    with dashboard_database(postgres_server) as staging:
        yield emptied


def carried_out(schedule: Schedule, steps: list[tuple[str, int]]) -> None:
    try:
        for name, which in steps:
            schedule.happens(name, which)
        schedule.ends()
    finally:
        schedule.close()


@pytest.mark.parametrize(
    "names",
    [
        ["truncated"],
        ["truncated_with_users"],
        ["hidden"],
        ["table_is_made_anew"],
        ["second_deployment"],
        ["disconnects"],
        ["grant_is_refused"],
        ["disconnects_by_the_old_route", "look", "half_a_day", "half_a_day", "half_a_day"],
        ["address_is_wrong", "connects"],
    ],
    ids=" ".join,
)
def test_what_befalls_three_owners_ends_well(databases: Databases, names: list[str]) -> None:
    """One thing at a time, so that each rule is met."""
    carried_out(Schedule(*databases(), 3, Counter()), [(name, 0) for name in names])


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("owners", "short", "at_length"), [(1, 5, 90), (3, 4, 90), (30, 1, 20)])
def test_both_sides_agree_whatever_happens(
    databases: Databases,
    owners: int,
    short: int,
    at_length: int,
    *,
    long: bool,
    tell: Callable[[object], None],
) -> None:
    told = Counter[str]()

    @settings(
        max_examples=at_length if long else short,
        derandomize=not long,
        database=None,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink] if long else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=st.lists(STEPS, min_size=40 if long else 25, max_size=40 if long else 25))
    def schedules(steps: list[tuple[str, int]]) -> None:
        told["schedules"] += 1
        carried_out(Schedule(*databases(), owners, told), steps)

    schedules()
    tell(dict(sorted(told.items())))
