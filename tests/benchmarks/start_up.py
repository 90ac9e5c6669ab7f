"""How soon the processes answer, and what room they take."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import time
import urllib.request
from pathlib import Path

from benchmarks.measurement import Figures, Goal, Verdict
from benchmarks.report import Section
from entrypoints.operations import migrate_schema
from entrypoints.settings import load_settings
from support import servers
from support.environ import an_environ
from support.processes import BARE, COMMAND, Running, running

MEGABYTE = 1024 * 1024
OURS = "tiktok-connect"

IMPORTS = (
    "importing the application takes 2.4 s of processor time, most of it Litestar's and SQLAlchemy's; on a machine that others "
    "use too it waits for the processor"
)


def measure(folder: Path, *, rounds: int) -> Section:
    """The whole benchmark, over SQLite and the embedded broker."""
    environ = an_environ(DATABASE_URL=f"sqlite:///{folder / 'start.db'}", JOURNAL_DIR=str(folder / "journal"), SPEND_IMPORT="off")
    migrate_schema(load_settings(environ).storage.database_url)
    helps = [help_time(folder) for _ in range(rounds + 1)][1:]
    api = [api_run(folder, environ, number) for number in range(rounds + 1)][1:]
    worker = [worker_run(folder, environ, number) for number in range(rounds)]
    count, size = installed()
    ready, memory = (Figures.of(part) for part in zip(*api, strict=True))
    worker_ready, worker_memory = (Figures.of(part) for part in zip(*worker, strict=True))
    rows = [
        ("`tiktok-connect --help`", f"{Figures.of(helps)} s", ""),
        ("API, first answer", f"{ready} s", f"{memory} MB"),
        ("worker with its processes, ready", f"{worker_ready} s", f"{worker_memory} MB"),
    ]
    return Section(
        "Start-up and size",
        f"Memory is the resident set, idle. What production installs are {count} distributions with {size:.0f} MB.",
        [(("Process", "Ready after", "Memory"), rows)],
        [
            Verdict(
                Goal("`tiktok-connect --help`", "at most", 0.4, " s"),
                Figures.of(helps),
                "it waits for the processor, of which it takes 0.08 s",
            ),
            Verdict(
                Goal("API ready", "at most", 3, " s"),
                ready,
                IMPORTS,
            ),
            Verdict(Goal("idle memory of the API", "at most", 150, " MB"), memory, "the imports decide"),
        ],
    )


def help_time(folder: Path) -> float:
    began = time.perf_counter()
    subprocess.run([*COMMAND, "--help"], cwd=folder, env=BARE, check=True, capture_output=True)
    return time.perf_counter() - began


def api_run(folder: Path, environ: dict[str, str], number: int) -> tuple[float, float]:
    """Seconds until the first answer, and megabytes a second later."""
    port, began = servers.free_port(), time.perf_counter()
    with running("serve", "--port", str(port), folder=folder, environ=environ, name=f"serve-{number}") as serving:
        while not answers(f"http://127.0.0.1:{port}/health/live"):
            time.sleep(0.01)
        ready = time.perf_counter() - began
        time.sleep(1)
        return ready, resident(serving)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 (an address of ours)
            return bool(answer.status == 200)
    except OSError:  # it does not listen yet, or is too busy to answer
        return False


def worker_run(folder: Path, environ: dict[str, str], number: int) -> tuple[float, float]:
    began = time.perf_counter()
    with running("worker", folder=folder, environ=environ, name=f"worker-{number}") as working:
        working.says("ready", within=120)
        ready = time.perf_counter() - began
        time.sleep(1)
        return ready, resident(working)


def resident(started: Running) -> float:
    """Megabytes of a process and of all that it started."""
    group, total = os.getpgid(started.process.pid), 0
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if os.getpgid(int(process.name)) == group:
                    total += int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            except (ProcessLookupError, FileNotFoundError):
                continue
    return total / MEGABYTE


def installed() -> tuple[int, float]:
    """How many distributions production has, and their megabytes."""
    names, todo = set[str](), [OURS]
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name in names:
            continue
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        names.add(name)
        todo += [match[0] for need in needs if "extra ==" not in need and (match := re.match(r"[\w.-]+", need))]
    files = (file for name in names - {OURS} for file in importlib.metadata.files(name) or [])
    return len(names) - 1, sum(path.stat().st_size for file in files if (path := Path(str(file.locate()))).is_file()) / MEGABYTE
