"""Random schedules of readings, deliveries and people over the dashboard's real PostgreSQL and each of our databases: every day
is there once, as read.

Short: a few schedules, the same ones each time. `--long`: 200, other ones each time; a failure prints what repeats it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from shutil import copy

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chaos.spend_schedule import LIKELIHOODS, SpendSchedule
from support import servers
from support.dashboard_database import DashboardDatabase
from support.databases import Kept, in_memory, in_sql

STEPS = st.tuples(st.sampled_from([name for name, times in LIKELIHOODS.items() for _ in range(times)]), st.integers(0, 29))
SCHEDULES = {"memory": (2, 40), "sqlite": (2, 60), "postgres": (3, 100)}
"""How many over each of our databases, and how many at length."""


@pytest.fixture
def emptied(request: pytest.FixtureRequest, kind: str, migrated_file: Path, tmp_path: Path) -> Iterator[Callable[[], Kept]]:
    """A database of ours with nothing in it, as often as it is asked for."""
    if kind == "memory":
        yield in_memory
    elif kind == "sqlite":
        numbers = count()
        yield lambda: in_sql(f"sqlite:///{copy(migrated_file, tmp_path / f'{next(numbers)}.db')}")
    else:
        server: servers.Postgres = request.getfixturevalue("postgres_server")
        url: str = request.getfixturevalue("new_postgres_url")

        def emptied_again() -> Kept:
            server.empty(url)
            return in_sql(url)

        yield emptied_again


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", SCHEDULES)
def test_every_day_is_there_once_whatever_happens(
    kind: str, emptied: Callable[[], Kept], dashboard: DashboardDatabase, *, long: bool, tell: Callable[[object], None]
) -> None:
    happened, (short, at_length) = Counter[str](), SCHEDULES[kind]

    @settings(
        max_examples=at_length if long else short,
        derandomize=not long,
        deadline=None,
        database=None,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink] if long else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(STEPS, min_size=10, max_size=30))
    def schedules(steps: list[tuple[str, int]]) -> None:
        happened["schedules"] += 1
        kept = emptied()
        schedule = SpendSchedule(kept, dashboard)
        try:
            for name, which in steps:
                happened[name] += 1
                schedule.happens(name, which)
            schedule.ends()
        finally:
            schedule.close()
            kept.close()
            dashboard.let_in(allowed=True)

    schedules()
    tell({kind: dict(sorted(happened.items()))})
