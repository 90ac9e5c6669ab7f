"""One contender of the rotation benchmark, as a program: it rotates for so many seconds, each time that it is told to.

It prints a line when it is ready. Each line that it reads is a number of seconds; the answer is a line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.plain_loops import fenced_threads, sequential
from domain.errors import Refusal
from entrypoints.container import build
from entrypoints.settings import load_settings
from support.round_trips import RoundTrips

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNTED = "counted"
"""Before a number of seconds: count statements and round trips meanwhile, which takes time of its own."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run came to."""

    rotations: int
    seconds: float
    cpu_seconds: float
    """Of this process, all its threads."""
    statements: int = 0
    round_trips: int = 0
    said: dict[str, int] = field(default_factory=dict)
    """How often what was said to the database."""


@contextmanager
def product() -> Iterator[Callable[[float, bool], Ran]]:
    """The real use-case, out of the real container."""
    container = build(load_settings(os.environ))
    container.upkeep_thread().start()
    sweep = container.sweep_due_grants()

    def run(seconds: float, counted: bool) -> Ran:
        trips = RoundTrips(container.database().engine) if counted else None
        began, cpu = time.perf_counter(), time.process_time()
        report = sweep(for_at_most=timedelta(seconds=seconds))
        spent = time.perf_counter() - began, time.process_time() - cpu
        if trips is None:
            return Ran(report.refreshed, *spent)
        trips.stop()
        return Ran(report.refreshed, *spent, trips.statements, trips.round_trips, trips.by_kind)

    yield run
    container.platform().close()


@contextmanager
def plain(loop: Callable[[str, str, float], int]) -> Iterator[Callable[[float, bool], Ran]]:
    """A loop with nothing of ours in it."""
    database, provider = os.environ["DATABASE_URL"], os.environ["TIKTOK_AUTH_API_URL"]

    def run(seconds: float, _: bool) -> Ran:
        began, cpu = time.perf_counter(), time.process_time()
        rotations = loop(database, provider, seconds)
        return Ran(rotations, time.perf_counter() - began, time.process_time() - cpu)

    yield run


CONTENDERS: dict[str, Callable[[], AbstractContextManager[Callable[[float, bool], Ran]]]] = {
    "product": product,
    "bare": lambda: plain(fenced_threads),
    "sequential": lambda: plain(sequential),
}


def main() -> None:
    with CONTENDERS[sys.argv[1]]() as run:
        print("ready", flush=True)  # noqa: T201 (whoever starts it reads it)
        for line in sys.stdin:
            *how, seconds = line.split()
            try:
                answer = json.dumps(asdict(run(float(seconds), COUNTED in how)))
            except Refusal as refusal:
                answer = json.dumps({"failed": type(refusal).__name__})
            print(answer, flush=True)  # noqa: T201 (as above)
    os._exit(0)  # the threads of upkeep need no farewell


if __name__ == "__main__":
    main()
