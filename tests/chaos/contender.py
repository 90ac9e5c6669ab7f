"""One of several processes that renew the same grants: it sweeps, clicks and vends with many threads at random.

Run as a program it says `ready`, begins at the first line of its input, goes on until the second or the end of it, and tells what
it met, as JSON.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from adapters.sql import tables
from application.vend_token import ByConnection, Vended
from domain.errors import Refusal, StoreUnavailable
from domain.ids import ConnectionId
from entrypoints.container import Container, build
from entrypoints.settings import load_settings

PATIENCE = 60.0
"""Seconds after the end in which every thread must have come to its own: far more than one deed takes."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to do, in the JSON of the command line."""

    threads: int
    seed: str
    pause: float = 0
    """Seconds, at the most, that a thread rests after a deed."""


@dataclass
class Met:
    """How often each deed ended in each way, tracebacks of what nobody foresaw, and threads that never came back."""

    endings: Counter[str] = field(default_factory=Counter)
    unforeseen: list[str] = field(default_factory=list)
    stuck: int = 0

    def json(self) -> str:
        return json.dumps(vars(self))

    def __add__(self, other: Met) -> Met:
        return Met(self.endings + other.endings, self.unforeseen + other.unforeseen, self.stuck + other.stuck)


class Contender:
    """The use-cases of one process, and its threads."""

    def __init__(self, container: Container, order: Order) -> None:
        self.container, self.order, self.met = container, order, Met()
        self.sweeps, self.clicks, self.vends = container.sweep_due_grants(), container.rotate_grant(), container.vend_token()
        with container.database().reading() as connection:
            rows = connection.execute(select(tables.connections.c.id, tables.connections.c.owner))
            self.owners = {ConnectionId(row.id): row.owner for row in rows}
        self.over, self.lock, self.sweeping = threading.Event(), threading.Lock(), threading.Semaphore(2)

    def compete(self, wait_for_the_end: Callable[[], object]) -> None:
        """Until the end, and until what the journal keeps is stored."""
        upkeep_thread = self.container.upkeep_thread()
        upkeep_thread.start()
        threads = [threading.Thread(target=self.work, args=(n,), daemon=True) for n in range(self.order.threads)]
        for thread in threads:
            thread.start()
        wait_for_the_end()
        self.over.set()
        deadline = time.monotonic() + PATIENCE
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0))
        self.met.stuck = sum(thread.is_alive() for thread in threads)
        if self.met.stuck:
            faulthandler.dump_traceback(all_threads=True)
        upkeep_thread.stop()
        while not self.container.journal().empty() and time.monotonic() < deadline:
            self.attempt("drain", self.drain)

    def work(self, number: int) -> None:
        chance = random.Random(f"{self.order.seed}-{number}")
        while not self.over.is_set():
            connection = chance.choice(list(self.owners))
            match chance.choices(("sweep", "click", "vend"), (1, 10, 10)):
                case ["sweep"]:
                    self.attempt("sweep", self.sweep)
                case ["click"]:
                    self.attempt("click", lambda connection=connection: self.click(connection))
                case _:
                    self.attempt("vend", lambda connection=connection: self.vend(connection))
            time.sleep(chance.random() * self.order.pause)

    def attempt(self, name: str, do: object) -> None:
        assert callable(do)
        try:
            endings = do()
        except StoreUnavailable as away:
            endings = [f"StoreUnavailable {away}"]
        except Refusal as refusal:
            endings = [type(refusal).__name__]
        except Exception:  # noqa: BLE001 (whatever it is, the test shall show it)
            self.met.unforeseen.append(traceback.format_exc())
            return
        with self.lock:
            self.met.endings.update(f"{name}: {ending}" for ending in endings)

    def sweep(self) -> list[str]:
        """As in a worker beside a cron call: more sweeps at once would only wait for the same hands."""
        if not self.sweeping.acquire(blocking=False):
            return ["no hands"]
        try:
            return self.swept()
        finally:
            self.sweeping.release()

    def swept(self) -> list[str]:
        report = self.sweeps(for_at_most=timedelta(seconds=1), stopping=self.over.is_set)
        stopped_by = [f"stopped by {type(report.stopped_by).__name__}"] if report.stopped_by else []
        return ["done", *(swept.ended.value for swept in report.swept.values()), *stopped_by]

    def click(self, connection: ConnectionId) -> list[str]:
        return [type(self.clicks(connection, owner=self.owners[connection], asked_at=self.container.clock().now())).__name__]

    def vend(self, connection: ConnectionId) -> list[str]:
        vended = self.vends(ByConnection(connection))
        return ["Vended degraded" if isinstance(vended, Vended) and vended.degraded else type(vended).__name__]

    def drain(self) -> list[str]:
        self.container.claims().journal_upkeep()
        return ["done"]


def main() -> None:
    contender = Contender(build(load_settings(os.environ)), Order(**json.loads(sys.argv[1])))
    print("ready", flush=True)  # noqa: T201 (said to the test that started it)
    sys.stdin.readline()
    contender.compete(sys.stdin.readline)
    print(contender.met.json(), flush=True)  # noqa: T201 (the same)
    os._exit(0 if not contender.met.stuck else 1)


if __name__ == "__main__":
    main()
