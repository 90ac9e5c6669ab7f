"""What it costs to find and claim what is due among many grants, and the room that they take."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path
from typing import Any, cast

import psycopg
from sqlalchemy import event

from adapters.sql import tables
from application.ports.claims_and_settlements import Due
from application.rotation.claim_results import Ended, Rotation
from application.rotation.sweep_in_batches import SweepReport
from benchmarks import svg_plots
from benchmarks.measurement import Figures, Goal, Verdict
from benchmarks.report import Section
from domain.grant import Grant
from domain.ids import GrantId
from entrypoints.container import Container, build
from entrypoints.operations import migrate_schema
from entrypoints.settings import load_settings
from support import servers
from support.environ import an_environ
from support.stored_grants import a_grant, store_grants

SIZES, DUE = (10_000, 100_000, 1_000_000, 5_000_000), (0, 500, 50_000)
CLAIMED, SWEPT, MEGABYTE = 500, 1_000_000, 1_000_000
FEW = 20
"""Where no more than one in so many is due, an index has to be used."""

CHANGED = {
    "id": "'n' || n",
    "owner": "'owner-' || n",
    "fingerprint": "md5(n::text) || md5((n + 1)::text)",
    "connected": "true",
    **{
        name: f"{name} + n % 36000 * interval '1 second'"
        for name in ("due_at", "access_expires_at", "urgent_at", "issued_at", "refresh_expires_at", "reach_known_at")
    },
}
"""What a copy of the first grant has otherwise: each is due at a time of its own within ten hours."""

ROOM = "SELECT pg_table_size('grants'), pg_indexes_size('grants')"
PREDICATES = "SELECT coalesce(pg_get_expr(indpred, indrelid), 'true') FROM pg_index WHERE indrelid = 'grants'::regclass"

Times = dict[tuple[int, int], Figures]
Database = psycopg.Connection[Any]


def measure(folder: Path, *, rounds: int, most: int) -> Section:
    """The whole benchmark, on PostgreSQL."""
    sizes = tuple(size for size in SIZES if size <= most)
    with servers.postgres() as postgres:
        url = postgres.new_database()
        settings = load_settings(an_environ(DATABASE_URL=url, JOURNAL_DIR=str(folder / "journal")))
        migrate_schema(settings.storage.database_url)
        container = build(settings)
        store_grants(container, 1)
        times, rooms, plans, present = Times(), list[tuple[object, ...]](), set[str](), 1
        with psycopg.connect(url, autocommit=True) as database:
            for size in sizes:
                fill(database, present, size)
                present = size
                rooms.append((f"{size:,}".replace(",", " "), *(f"{part / size:.0f}" for part in only_row(database, ROOM))))
                for due in DUE:
                    make_due(database, min(due, size // 2))
                    times[size, due] = claim_times(container, rounds, plans, few=FEW * due <= size)
            indexes = indexes_of_a_settle(database)
        container.database().dispose()
        memory = growth_of_a_report(a_grant(container, 0, container.clock().now()))
    return section(sizes, times, rooms, plans, indexes, memory)


def fill(database: Database, present: int, size: int) -> None:
    names = [column.name for column in tables.grants.columns if column.computed is None]
    values = ", ".join(CHANGED.get(name, name) for name in names)
    [template] = only_row(database, "SELECT id FROM grants ORDER BY length(id) DESC LIMIT 1")
    database.execute(
        f"INSERT INTO grants ({', '.join(names)}) SELECT {values}"  # noqa: S608 (names of ours)
        f" FROM grants, generate_series({present}, {size - 1}) AS n WHERE id = '{template}'".encode()
    )
    database.execute("VACUUM ANALYZE grants")


def make_due(database: Database, count: int) -> None:
    """So many are due, the others are not."""
    database.execute("UPDATE grants SET due_at = due_at + interval '2 days' WHERE due_at <= clock_timestamp()")
    now_due = "UPDATE grants SET due_at = clock_timestamp() - interval '1 second'"
    database.execute(f"{now_due} WHERE id IN (SELECT id FROM grants ORDER BY id LIMIT {count})".encode())  # noqa: S608 (a number)
    database.execute("VACUUM ANALYZE grants")


def claim_times(container: Container, rounds: int, plans: set[str], *, few: bool) -> Figures:
    """Milliseconds to count what is due, and to claim 500 of it. That `few` of many are found by an index is asserted."""
    claims, app, policy = container.stored_claims(), container.app(), container.policy()
    runs = list[float]()
    for number in range(rounds + 1):
        explained = Explained(container) if few and number == 0 else None
        began = time.perf_counter()
        claims.count_due(app, Due())
        taken = claims.take_due(app, limit=CLAIMED, lease=policy.lease, due=Due())
        runs.append(1000 * (time.perf_counter() - began))
        claims.release(taken)
        if explained:
            plans |= explained.stop()
    return Figures.of(runs[1:])


class Explained:
    """The plan of each look at what is due. A plan that goes through the whole table is an AssertionError."""

    def __init__(self, container: Container) -> None:
        self._engine, self._indexes = container.database().engine, set[str]()
        event.listen(self._engine, "before_cursor_execute", self._explain)

    def stop(self) -> set[str]:
        """The indexes that were used."""
        event.remove(self._engine, "before_cursor_execute", self._explain)
        return self._indexes

    def _explain(self, _: object, cursor: object, statement: str, parameters: object, *__: object) -> None:
        if "due_at" in statement and statement.startswith("SELECT"):
            asked = cast("psycopg.Cursor[Any]", cursor)
            asked.execute(f"EXPLAIN {statement}".encode(), cast("Any", parameters))
            plan = "\n".join(str(line) for [line] in asked.fetchall())
            assert "Seq Scan on grants" not in plan, plan
            self._indexes |= {word.strip("(),") for word in plan.split() if word.startswith("ix_grants")}


def indexes_of_a_settle(database: Database) -> int:
    """In how many indexes a healthy grant's row stands: PostgreSQL writes to all of them where one indexed column changes."""
    [template] = only_row(database, "SELECT id FROM grants ORDER BY id DESC LIMIT 1")
    predicates = [predicate for [predicate] in database.execute(PREDICATES).fetchall()]
    held = (only_row(database, f"SELECT {held} FROM grants WHERE id = '{template}'") for held in predicates)  # noqa: S608 (as above)
    return sum(bool(is_held) for [is_held] in held)


def growth_of_a_report(grant: Grant) -> float:
    """Megabytes by which the report of a sweep over a million grants grows."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    report = SweepReport()
    for number in range(SWEPT):
        grant.id = GrantId(f"0192f0c0-0000-7000-8000-{number:012}")
        report.take(Rotation(grant, Ended.ROTATED))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / MEGABYTE


def only_row(database: Database, query: str) -> tuple[Any, ...]:
    found = database.execute(query.encode()).fetchone()
    assert found is not None
    return tuple(found)


def section(
    sizes: tuple[int, ...], times: Times, rooms: list[tuple[object, ...]], plans: set[str], indexes: int, memory: float
) -> Section:
    """The tables, and how the goals were met."""
    names = [f"{size:,}".replace(",", " ") for size in sizes]
    smallest, largest = times[sizes[0], CLAIMED], times[sizes[-1], CLAIMED]
    rows = [(name, *(times[size, due] for due in DUE)) for name, size in zip(names, sizes, strict=True)]
    plot = {f"{due} due": [times[size, due].median for size in sizes] for due in DUE}
    return Section(
        "What a sweep costs",
        f"Milliseconds to count what is due and to claim {CLAIMED} of it. Where at most one in {FEW} is due, no plan "
        "goes through the table: they use "
        f"{', '.join(f'`{plan}`' for plan in sorted(plans))}, and a plan that did would end the benchmark.",
        [
            (("Grants", *(f"{due} due" for due in DUE)), rows),
            (("Grants", "Bytes a grant, table", "Bytes a grant, indexes"), rooms),
        ],
        [
            Verdict(
                Goal(f"due query and claim of {CLAIMED}, {names[-1]} grants to {names[0]}", "at most", 5),
                Figures.of([largest.median / smallest.median]),
            ),
            Verdict(
                Goal(f"the same, share of a minute at {names[-1]} grants", "at most", 1, " %"),
                Figures.of(run / 600 for run in largest.runs),
            ),
            Verdict(
                Goal("indexes that a settle writes", "at most", 3),
                Figures.of([indexes]),
                "each serves a question that is asked of all grants, and four hold a time that every rotation moves",
            ),
            Verdict(
                Goal("memory growth of a sweep over a million due grants", "at most", 20, " MB"),
                Figures.of([memory]),
                "a sweep's report holds one entry for each grant that it met, by which it is counted once",
            ),
        ],
        {"sweep.svg": svg_plots.lines("Counting and claiming 500", sizes, plot, unit="ms", x_unit="grants")},
    )
