"""How many rotations a second: the product beside the bare limit and beside a sequential loop, in the same rounds."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import plain_loops, svg_plots
from benchmarks.contender import COUNTED, Ran
from benchmarks.measurement import Figures, Goal, Verdict, short
from benchmarks.report import Section
from entrypoints.container import build
from entrypoints.operations import migrate_schema
from entrypoints.settings import load_settings
from support import servers
from support.environ import an_environ
from support.processes import BARE
from support.stored_grants import make_all_due, store_grants

TESTS = Path(__file__).parents[1]
GRANTS, TRIES = 1500, 5
LATENCIES = (0, 50, 300)
ONE, TWO, BARE_LIMIT, SEQUENTIAL = "product, one process", "product, two processes", "bare limit", "sequential loop"
LARGEST_QPS = "1000"
"""The most that the settings take: the budget is not to be what is measured."""

STATEMENTS = (
    "the settle alone is BEGIN, UPDATE, the event's INSERT and COMMIT, where one statement that changes both would do; "
    "what a permit costs that is taken again comes on top (the table of what is said to PostgreSQL). Nothing was changed for it"
)
PROFILE = (
    "py-spy at 0 ms, of the time in which a thread held the interpreter: 31 % permits that are taken again since a turn was "
    "missed by more than 50 ms, 30 % the settle, 12 % the claim of the batch, 7 % the call itself; 46 % of it all in SQLAlchemy, "
    "15 % in psycopg. On a machine that others use too, turns are missed more often. Nothing was changed for it"
)


@dataclass(slots=True)
class Measured:
    """Of one database, by latency and contender."""

    rates: defaultdict[tuple[int, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: defaultdict[tuple[int, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    """Milliseconds a rotation, of the contender's processes."""
    statements: Figures = field(default_factory=lambda: Figures((0,)))
    round_trips: Figures = field(default_factory=lambda: Figures((0,)))
    said: dict[str, float] = field(default_factory=dict)
    """To the database, a rotation."""

    def rate(self, latency: int, who: str) -> Figures:
        return Figures.of(self.rates[latency, who])

    def note(self, latency: int, who: str, runs: Sequence[Ran]) -> None:
        rotations = sum(run.rotations for run in runs)
        self.rates[latency, who].append(rotations / max(run.seconds for run in runs))
        self.cpu[latency, who].append(1000 * sum(run.cpu_seconds for run in runs) / max(rotations, 1))


def measure(folder: Path, *, rounds: int, seconds: float) -> Section:
    """The whole benchmark."""
    with servers.postgres(durable=True) as postgres, provider() as port:
        on_postgres = contest(postgres.new_database(), port, folder / "postgres", rounds, seconds)
        on_sqlite = contest(f"sqlite:///{folder / 'rotation.db'}", port, folder / "sqlite", rounds, seconds)
    return section(on_postgres, on_sqlite, rounds)


def contest(database_url: str, port: int, folder: Path, rounds: int, seconds: float) -> Measured:
    """All contenders over one database, in turn."""
    folder.mkdir()
    environ = an_environ(
        DATABASE_URL=database_url,
        TIKTOK_QPS=LARGEST_QPS,
        TIKTOK_API_URL=f"http://127.0.0.1:{port}/open_api/v1.3",
        TIKTOK_AUTH_API_URL=f"http://127.0.0.1:{port}/open_api/v1.3",
        SPEND_IMPORT="off",
    )
    settings, measured = load_settings(environ), Measured()
    migrate_schema(settings.storage.database_url)
    container = build(settings)
    store_grants(container, GRANTS)
    plain_loops.seed(database_url)
    with ExitStack() as stack:
        first, second, bare, sequential = (
            stack.enter_context(contender(kind, environ, folder / str(number)))
            for number, kind in enumerate(("product", "product", "bare", "sequential"))
        )
        for latency in LATENCIES:
            set_latency(port, latency)
            for number in range(rounds + 1):
                for who, processes in ((ONE, [first]), (TWO, [first, second]), (BARE_LIMIT, [bare]), (SEQUENTIAL, [sequential])):
                    make_all_due(container)
                    runs = run_together(processes, str(seconds))
                    if number:  # the first round warms up
                        measured.note(latency, who, runs)
        set_latency(port, 0)
        counted = list[Ran]()
        for _ in range(rounds):
            make_all_due(container)
            counted += run_together([first], f"{COUNTED} {seconds}")
        last = counted[-1]
        measured.said = {what: times / max(last.rotations, 1) for what, times in last.said.items()}
        measured.statements = Figures.of(run.statements / max(run.rotations, 1) for run in counted)
        measured.round_trips = Figures.of(run.round_trips / max(run.rotations, 1) for run in counted)
    container.database().dispose()
    return measured


def run_together(processes: Sequence[subprocess.Popen[str]], order: str) -> list[Ran]:
    """Tell them to begin, and wait for all of them. Where one fails, as by a database that is too busy, all run once more."""
    for _ in range(TRIES):
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(f"{order}\n")
            process.stdin.flush()
        answers = [json.loads(line_of(process)) for process in processes]
        if not (failed := [answer["failed"] for answer in answers if "failed" in answer]):
            return [Ran(**answer) for answer in answers]
        print(f"a run is repeated: {', '.join(failed)}", file=sys.stderr, flush=True)  # noqa: T201 (progress)
    raise RuntimeError("a contender fails again and again")


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"a contender ended: {process.args!r}")
    return line


@contextmanager
def contender(kind: str, environ: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that waits for orders; its log is in the folder."""
    folder.mkdir()
    places = {"PYTHONPATH": f"{TESTS.parent / 'src'}:{TESTS}", "JOURNAL_DIR": str(folder / "journal")}
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-P", "-m", "benchmarks.contender", kind]
        with subprocess.Popen(
            command,
            cwd=folder,
            env={**BARE, **environ, **places},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process:
            try:
                assert line_of(process) == "ready\n"
                yield process
            finally:
                process.kill()


@contextmanager
def provider() -> Iterator[int]:
    """The provider's port."""
    command = [sys.executable, "-P", "-m", "benchmarks.token_provider"]
    with subprocess.Popen(command, env={**BARE, "PYTHONPATH": str(TESTS)}, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(line_of(process))
        finally:
            process.kill()


def set_latency(port: int, milliseconds: int) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("POST", "/latency", str(milliseconds))
    line.getresponse().read()
    line.close()


def section(postgres: Measured, sqlite: Measured, rounds: int) -> Section:
    """The tables, and how the goals were met."""
    contenders = (ONE, TWO, BARE_LIMIT, SEQUENTIAL)
    rows = [
        (database, f"{latency} ms", *(measured.rate(latency, who) for who in contenders))
        for database, measured in (("PostgreSQL", postgres), ("SQLite", sqlite))
        for latency in LATENCIES
    ]
    costs = [(f"{latency} ms", *(f"{Figures.of(postgres.cpu[latency, who])} ms" for who in contenders)) for latency in LATENCIES]
    said = [
        ("PostgreSQL", postgres.statements, postgres.round_trips),
        ("SQLite", sqlite.statements, sqlite.round_trips),
    ]
    groups = [f"{latency} ms" for latency in LATENCIES]
    plot = {who: [postgres.rate(latency, who).median for latency in LATENCIES] for who in contenders}
    return Section(
        "Rotations a second",
        f"The real sweep over {GRANTS} due grants, 32 calls under way a process, against a provider that answers after 0, 50 or "
        f"300 ms; {rounds} rounds. The bare limit makes the same calls from 32 threads, with one read and one durable fenced "
        "UPDATE for each. The sequential loop is a cron job: one connection after the other. PostgreSQL and SQLite make every "
        "commit durable. Statements and round trips are those of one process at 0 ms, where turns are missed the most.",
        [
            (("Database", "Latency", *contenders), rows),
            (("Processor time a rotation, PostgreSQL", *contenders), costs),
            (("A rotation at saturation", "Statements", "Round trips"), said),
            (("Said to PostgreSQL", "Times a rotation"), [(what, short(times)) for what, times in postgres.said.items()]),
        ],
        verdicts_of(postgres),
        {"rotation.svg": svg_plots.bars("Rotations a second over PostgreSQL", groups, plot, unit="1/s")},
    )


def verdicts_of(measured: Measured) -> list[Verdict]:
    """The goals are set for PostgreSQL."""

    def ratio(latency: int, mine: str, others: str) -> Figures:
        return measured.rate(latency, mine).over(measured.rate(latency, others))

    cpu = Figures.of(measured.cpu[0, ONE]).over(Figures.of(measured.cpu[0, BARE_LIMIT]))
    one, two = "rotation, one process", "rotation, two processes to one"
    return [
        Verdict(Goal(f"{one}, to the bare limit, 50 ms", "at least", 0.75), ratio(50, ONE, BARE_LIMIT), PROFILE),
        Verdict(Goal(f"{one}, to the sequential loop, 0 ms", "at least", 1), ratio(0, ONE, SEQUENTIAL), PROFILE),
        Verdict(Goal(f"{one}, to the sequential loop, 50 ms", "at least", 18), ratio(50, ONE, SEQUENTIAL), PROFILE),
        Verdict(Goal(f"{one}, to the sequential loop, 300 ms", "at least", 25), ratio(300, ONE, SEQUENTIAL), PROFILE),
        Verdict(Goal(f"{two}, 50 ms", "at least", 1.4), ratio(50, TWO, ONE), PROFILE),
        Verdict(Goal(f"{two}, 300 ms", "at least", 1.9), ratio(300, TWO, ONE), PROFILE),
        Verdict(Goal("round trips a rotation, at saturation", "at most", 1.2), measured.round_trips, STATEMENTS),
        Verdict(Goal("processor time a rotation, to the bare loop's", "at most", 1.5), cpu, PROFILE),
    ]
