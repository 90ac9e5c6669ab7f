"""`./dev bench`: measure, and write the report."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import endpoints, fleet_in_simulated_time, rotation, start_up, sweep_cost
from benchmarks.report import Section, write

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "docs" / "performance.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--only", metavar="NAME,…", help="some of the benchmarks; needs --output")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each thing (default: 5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long a run of load takes (default: 2)")
    parser.add_argument("--grants", type=int, default=1_000_000, help="among how many a sweep looks (default: a million)")
    parser.add_argument("--output", type=Path, help="where the report goes (default: docs/performance.md)")
    chosen = parser.parse_args()
    names = chosen.only.split(",") if chosen.only else list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"there is no {unknown[0]}; there are {', '.join(BENCHMARKS)}")
    if chosen.only and chosen.output is None:
        parser.error("a part of the report does not replace the whole: name another file by --output")
    sections = list[Section]()
    with tempfile.TemporaryDirectory(prefix="tiktok-connect-bench-") as folder:
        for name in names:
            began, place = time.monotonic(), Path(folder) / name
            place.mkdir()
            sections.append(BENCHMARKS[name](place, chosen))
            write(
                sections, chosen.output or REPORT, machine=machine(), command=" ".join(["./dev bench", *sys.argv[1:]])
            )  # also if a later one fails
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)  # noqa: T201 (progress)


def machine() -> str:
    """What the figures were made on."""
    load = os.getloadavg()[0]
    what = f"{os.cpu_count()} processors, Python {platform.python_version()}, {platform.system()}"
    return f"{what}, with a load of {load:.0f} at the end"


BENCHMARKS: dict[str, Callable[[Path, argparse.Namespace], Section]] = {
    "rotation": lambda folder, how: rotation.measure(folder, rounds=how.rounds, seconds=how.seconds),
    "sweep": lambda folder, how: sweep_cost.measure(folder, rounds=how.rounds, most=how.grants),
    "endpoints": lambda folder, how: endpoints.measure(folder, rounds=how.rounds, seconds=how.seconds),
    "fleet": lambda *_: fleet_in_simulated_time.measure(),
    "start-up": lambda folder, how: start_up.measure(folder, rounds=how.rounds),
}

if __name__ == "__main__":
    main()
