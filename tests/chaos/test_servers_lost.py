"""The servers that everything stands on go away and come back, one after the other, while workers, clicks and vends go on.

Two Redis (budget and broker) and PostgreSQL, each real, as are `serve`, two workers and beat, each with a journal of its own, as
on hosts of their own. TikTok revokes whatever is shown a spent refresh token. Short: each is away once, for 2 s. `--long`: three
times, for 2, 12 and 40 s.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from chaos.population import Member, Verdict, judged, populate
from chaos.visitors import JWT_SECRET, Visitors
from support import processes, servers
from support.deployment import Deployment, deployment
from support.processes import eventually

GRANTS = 120
VISITED = 20
"""So many of the grants are clicked and vended too; the others are renewed by workers alone, which shows when those work."""

LIFE = 10
SWEEP_EVERY = 2
AT_THE_LATEST = 60.0
"""Seconds after a server's return in which work goes on by itself."""

ANSWERS = {
    *("click: 200", "click: 429 BUDGET_SPENT", "click: 503 TIKTOK_UNAVAILABLE", "click: 503 UNAVAILABLE"),
    *("vend: 200", "vend: 429 BUDGET_SPENT", "vend: 503 TIKTOK_UNAVAILABLE", "vend: 503 UNAVAILABLE"),
}
"""All that anybody may be told meanwhile: that it worked, or to come back."""


@dataclass
class Outage:
    """One server's absence; all in seconds. `noticed`: until /health/ready said so; `well`: from the return until it did not any
    more; `rotation`: from the return until a worker renewed something.
    """

    server: str
    away: float
    noticed: float | None = None
    well: float | None = None
    rotation: float | None = None
    rotated_meanwhile: int = 0


@dataclass
class Figures:
    """What the whole came to."""

    seconds: float
    verdict: Verdict
    answers: dict[str, int]
    outages: list[Outage] = field(default_factory=list)
    undoubted: float | None = None
    """Seconds after the last return until no attempt was without a known end."""


@dataclass
class Site:
    """Everything that runs."""

    here: Deployment
    members: list[Member]
    postgres: servers.Postgres
    budget: servers.Redis
    broker: servers.Redis
    running: dict[str, processes.Running]

    def told(self) -> str:
        return "\n".join(f"{name}: {running.told()[-3000:]}" for name, running in self.running.items())

    def checks(self) -> dict[str, Any]:
        answer = httpx.get(f"{self.here.address}/health/ready", timeout=20)
        return {"status": answer.status_code, **answer.json()["checks"]}

    def ready(self) -> bool:
        try:
            return set(self.checks().values()) == {200, "ok"}
        except httpx.TransportError:
            return False

    def renewed_by_workers(self) -> int:
        families = self.here.tiktok.machine.state.families
        return sum(families[member.consent].generation for member in self.members[VISITED:])

    def journals(self) -> list[Path]:
        return [path for name in self.running for path in (self.here.folder / f"journal-{name}").glob("*.a*")]

    def in_doubt(self) -> int:
        return judged(self.here, self.members).in_doubt


@contextmanager
def a_site(folder: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        postgres = stack.enter_context(servers.postgres(durable=True))
        budget, broker = stack.enter_context(servers.redis_server()), stack.enter_context(servers.redis_server())
        environ = {
            "DATABASE_URL": postgres.new_database(),
            "REDIS_URL": budget.url(),
            "CELERY_BROKER_URL": broker.url(),
            "SWEEP_INTERVAL_SECONDS": str(SWEEP_EVERY),
            "TIKTOK_QPS": "100",
            "AUTH_JWT_KEY": JWT_SECRET,
        }
        here = stack.enter_context(deployment(folder, environ=environ, access_token_seconds=LIFE, latency_ms=50))
        here.tiktok.control.configure(rotation_mode="reuse-revokes-family")
        members, running = populate(here, GRANTS), dict[str, processes.Running]()
        commands = {
            "serve": ("serve", "--port", here.address.rpartition(":")[2]),
            **dict.fromkeys(("worker-1", "worker-2"), ("worker",)),
            "beat": ("beat",),
        }
        for name, command in commands.items():
            own = {**here.environ, "JOURNAL_DIR": str(folder / f"journal-{name}")}
            running[name] = stack.enter_context(processes.running(*command, folder=folder, environ=own, name=name))
        site = Site(here, members, postgres, budget, broker, running)
        eventually(site.ready, why=site.told)
        yield site


def lose(site: Site, server: str, take_away: Callable[[], None], give_back: Callable[[], None], *, away: float) -> Outage:
    """Take a server away and give it back; watch what is said, and when work goes on."""
    outage, rotated = Outage(server, away), site.renewed_by_workers()
    take_away()
    began = time.monotonic()
    if server != "budget":
        missing = {"status": 503, "database": "failed"} if "database" in server else {"status": 200, "broker": "degraded"}
        eventually(lambda: missing.items() <= site.checks().items(), why=lambda: str(site.checks()))
        outage.noticed = time.monotonic() - began
    time.sleep(max(began + away - time.monotonic(), 0))
    if server == "budget":  # without it each process has its share
        eventually(lambda: site.renewed_by_workers() > rotated, why=site.told)
    outage.rotated_meanwhile = site.renewed_by_workers() - rotated
    give_back()
    back, rotated = time.monotonic(), site.renewed_by_workers()
    while outage.rotation is None or outage.well is None:
        if outage.rotation is None and site.renewed_by_workers() > rotated:
            outage.rotation = time.monotonic() - back
        if outage.well is None and site.ready():
            outage.well = time.monotonic() - back
        assert time.monotonic() - back < AT_THE_LATEST, f"{outage} {site.told()}"
        time.sleep(0.05)
    return outage


@pytest.mark.timeout(900)
def test_work_goes_on_by_itself_whichever_server_was_lost_and_no_grant_with_it(
    tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    """Short: each once, for 2 s. Long: three times, for 2, 12 and 40 s."""
    with a_site(tmp_path) as site:
        postgres, budget, broker, outages = site.postgres, site.budget, site.broker, list[Outage]()
        visitors, began = Visitors(site.here, site.members[:VISITED]), time.monotonic()
        eventually(lambda: site.renewed_by_workers() > GRANTS - VISITED, why=site.told)
        with visitors.visiting(4):
            for away in (2.0, 12.0, 40.0) if long else (2.0,):
                budget.flush()
                broker.flush()
                outages += [
                    lose(site, "budget", budget.kill, budget.start, away=away),
                    lose(site, "broker", broker.kill, broker.start, away=away),
                    lose(site, "database, stopped", postgres.stop, postgres.start, away=away),
                    lose(site, "database, killed", postgres.kill, postgres.start, away=away),
                ]
                eventually(lambda: not site.journals(), why=site.told)
            back, undoubted = time.monotonic(), None
            if long:
                eventually(lambda: not site.in_doubt(), why=site.told)
                undoubted = time.monotonic() - back
        for running in site.running.values():
            running.process.send_signal(signal.SIGTERM)
        assert {name: running.process.wait(60) for name, running in site.running.items()} == dict.fromkeys(site.running, 0)
        assert site.journals() == []
        verdict = judged(site.here, site.members)
        tell(Figures(time.monotonic() - began, verdict, dict(visitors.met), outages, undoubted))
        verdict.assert_nothing_is_lost()
        assert set(visitors.met) <= ANSWERS
