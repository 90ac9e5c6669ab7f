"""Several contenders at once, in processes of their own, over one database and one simulator."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

from chaos.contender import PATIENCE, Met, Order
from support.deployment import Deployment
from support.processes import BARE

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent


def contend(here: Deployment, *, processes: int, order: Order, wait_for_the_end: Callable[[], object]) -> Met:
    """Let them begin and end together; what they met, all in all. Each has a journal of its own, as on a host of its own."""
    with started(here, processes, order) as contenders:
        for contender in contenders:
            assert contender.stdout is not None
            assert contender.stdout.readline() == "ready\n", log_of(here, contenders.index(contender))
        for contender in contenders:
            tell(contender, "go")
        wait_for_the_end()
        for contender in contenders:
            tell(contender, "enough")
        met = Met()
        for number, contender in enumerate(contenders):
            told, _ = contender.communicate(timeout=2 * PATIENCE)
            assert told, log_of(here, number)
            fields = json.loads(told)
            met += Met(Counter(fields["endings"]), fields["unforeseen"], fields["stuck"])
            assert not list((here.folder / f"journal-{number}").glob("*.answer")), "an answer stayed in a journal"
        return met


def tell(contender: subprocess.Popen[str], word: str) -> None:
    assert contender.stdin is not None
    with suppress(BrokenPipeError):  # of one that died its log tells
        contender.stdin.write(f"{word}\n")
        contender.stdin.flush()


@contextmanager
def started(here: Deployment, processes: int, order: Order) -> Iterator[list[subprocess.Popen[str]]]:
    contenders = list[subprocess.Popen[str]]()
    try:
        for number in range(processes):
            its_order = json.dumps(asdict(replace(order, seed=f"{order.seed}-{number}")))
            places = {"JOURNAL_DIR": str(here.folder / f"journal-{number}"), "PYTHONPATH": f"{ROOT / 'src'}:{TESTS}"}
            with (here.folder / f"contender-{number}.log").open("wb") as log:
                contenders.append(
                    subprocess.Popen(
                        [sys.executable, "-P", "-m", "chaos.contender", its_order],
                        cwd=here.folder,
                        env={**BARE, **here.environ, **places},
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=log,
                        text=True,
                    )
                )
        yield contenders
    finally:
        for contender in contenders:
            contender.kill()
            contender.communicate()


def log_of(here: Deployment, number: int) -> str:
    return (here.folder / f"contender-{number}.log").read_text()[-3000:]


def most_within(times: list[datetime], window: timedelta) -> int:
    """The most of these times that any window of this length holds, wherever it begins."""
    most, first, ordered = 0, 0, sorted(times)
    for last, time in enumerate(ordered):
        while time - ordered[first] >= window:
            first += 1
        most = max(most, last - first + 1)
    return most
