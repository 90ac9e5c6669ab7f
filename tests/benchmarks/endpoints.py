"""Endpoints under load, beside a bare handler with one read; and a callback with many accounts while a sweep takes the budget."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from adapters.tiktok_simulator.advertisers import Advertiser
from benchmarks.load import Answered, request
from benchmarks.measurement import Figures, Goal, Verdict
from benchmarks.report import Section
from chaos.population import populate
from domain.consent import Connected
from domain.ids import ConnectionId, OwnerId
from domain.tokens import Secret
from support import servers
from support.deployment import BROWSER, Deployment, deployment
from support.processes import BARE, eventually
from support.session_cookies import AUTH_SECRET, a_session_cookie
from support.stored_grants import make_all_due, store_grants

TESTS = Path(__file__).parents[1]
AT_ONCE = (1, 16, 64)
CONNECTIONS, SERVICES, PEOPLE = 200, 40, 200
"""Enough that no limit on one service or one user is what is measured."""
ACCOUNTS, LATENCY, CALLBACKS, BACKLOG = 300, 200, 20, 600

Measured = dict[tuple[str, int], list[Answered]]


def measure(folder: Path, *, rounds: int, seconds: float) -> Section:
    """The whole benchmark, over PostgreSQL."""
    with servers.postgres(durable=True) as postgres:
        measured = under_load(postgres.new_database(), folder / "load", rounds, seconds)
        callbacks = callbacks_beside_a_sweep(postgres.new_database(), folder / "callback")
    return section(measured, callbacks)


def under_load(database_url: str, folder: Path, rounds: int, seconds: float) -> Measured:
    """Each endpoint in turn, and the bare handler, in the same rounds."""
    folder.mkdir()
    services = ",".join(f"s{n}:{secret_of(n)}" for n in range(SERVICES))
    port, bare_port, measured = servers.free_port(), servers.free_port(), Measured()
    environ = {"DATABASE_URL": database_url, "SERVICE_TOKENS": services, "AUTH_SECRET": AUTH_SECRET.reveal()}
    with deployment(folder, environ=environ, port=port) as here, bare(database_url, bare_port):
        connections = store_grants(here.container, CONNECTIONS)
        asked = requests(connections)
        with here.start("serve", "--port", str(port)) as serving:
            serving.says("listening", within=60)
            eventually(lambda: is_up(port), within=60)
            for number in range(rounds + 1):
                for at_once in AT_ONCE:
                    for name, texts in asked.items():
                        answered = ask(bare_port if name == "bare handler" else port, at_once, seconds, texts)
                        if number:
                            measured.setdefault((name, at_once), []).append(answered)
    return measured


def requests(connections: Sequence[ConnectionId]) -> dict[str, list[str]]:
    now, path = datetime.now(UTC), "/api/internal/tiktok/access-token"  # noqa: TID251 (a session as of today)
    people = [a_session_cookie(name="authjs.session-token", id=f"owner-{n}", now=now) for n in range(PEOPLE)]
    cookies = [f"authjs.session-token={cookie}" for cookie in people]
    vends = [
        request(
            "POST",
            path,
            body=json.dumps({"connectionId": connection}),
            Content_Type="application/json",
            Authorization=f"Bearer {secret_of(number % SERVICES)}",
        )
        for number, connection in enumerate(connections)
    ]
    return {
        "bare handler": [request("GET", f"/{connection}") for connection in connections],
        "vend": vends,
        "platforms": [request("GET", "/api/platforms", Cookie=cookie) for cookie in cookies],
        "begin": [request("GET", "/api/auth/tiktok", Cookie=cookie) for cookie in cookies],
    }


def secret_of(service: int) -> str:
    return f"a-secret-of-the-service-{service}"


def ask(port: int, connections: int, seconds: float, texts: Sequence[str]) -> Answered:
    order = json.dumps({"port": port, "connections": connections, "seconds": seconds, "requests": texts})
    command, environ = [sys.executable, "-P", "-m", "benchmarks.load"], {**BARE, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, env=environ, input=order, check=True, capture_output=True, text=True)
    return Answered(*json.loads(done.stdout))


def is_up(port: int) -> bool:
    try:
        return ask(port, 1, 0.01, [request("GET", "/health/live")]).failed == 0
    except subprocess.CalledProcessError:
        return False


@contextmanager
def bare(database_url: str, port: int) -> Iterator[None]:
    """The bare handler's process."""
    command = [sys.executable, "-P", "-m", "benchmarks.bare_handler", str(port)]
    environ = {**BARE, "PYTHONPATH": f"{TESTS.parent / 'src'}:{TESTS}", "DATABASE_URL": database_url}
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: is_up(port), within=60)
            yield
        finally:
            process.kill()


def callbacks_beside_a_sweep(database_url: str, folder: Path) -> list[float]:
    """Seconds that callbacks take, one after the other, while a sweep has more to do than the budget allows."""
    folder.mkdir()
    with deployment(folder, environ={"DATABASE_URL": database_url}, latency_ms=LATENCY) as here:
        accounts = [
            Advertiser(advertiser_id=f"72{number:017}", name=f"Shop {number}", currency="EUR", timezone="Europe/Berlin")
            for number in range(ACCOUNTS)
        ]
        here.tiktok.control.set_accounts("many", accounts)
        here.tiktok.control.configure(latency_ms=0)
        populate(here, BACKLOG)
        here.tiktok.control.configure(latency_ms=LATENCY)
        make_all_due(here.container)
        upkeep = here.container.upkeep_thread()
        upkeep.start()
        stop = threading.Event()
        sweeping = threading.Thread(target=lambda: here.container.sweep_due_grants()(stopping=stop.is_set))
        sweeping.start()
        try:
            return [one_callback(here, number) for number in range(CALLBACKS)]
        finally:
            stop.set()
            sweeping.join()
            upkeep.stop()


def one_callback(here: Deployment, number: int) -> float:
    owner = OwnerId(f"somebody-{number}")
    url = here.container.begin_connect()(owner, BROWSER)
    query = parse_qs(urlsplit(here.tiktok.control.consent(url, user="many")).query)
    began = time.perf_counter()
    ending = here.container.complete_connect()(owner, BROWSER, state=query["state"][0], code=Secret(query["auth_code"][0]))
    took = time.perf_counter() - began
    assert not isinstance(ending, Connected), "there are many accounts to choose from"
    return took


def section(measured: Measured, callbacks: Sequence[float]) -> Section:
    """The tables, and how the goals were met."""
    rows = [
        (
            name,
            at_once,
            Figures.of(run.a_second for run in runs),
            *(Figures.of(getattr(run, part) for run in runs) for part in ("p50", "p95", "p99")),
            sum(run.failed for run in runs),
        )
        for (name, at_once), runs in sorted(measured.items(), key=lambda item: (item[0][1], item[0][0]))
    ]
    vends, bares = (Figures.of(run.a_second for run in measured[name, 16]) for name in ("vend", "bare handler"))
    ordered = sorted(callbacks)
    worst = ordered[int(0.99 * (len(ordered) - 1))]
    return Section(
        "Endpoints",
        "One process of the API over PostgreSQL. The bare handler is the same framework and server with one indexed read "
        f"through the same engine. The callback has {ACCOUNTS} accounts, each call to TikTok takes {LATENCY} ms, and a sweep "
        f"with {BACKLOG} due grants takes the whole budget of 10 calls a second meanwhile: {len(ordered)} of them took "
        f"{ordered[len(ordered) // 2]:.2f} s in the middle and {worst:.2f} s at the 99th percentile.",
        [(("Endpoint", "Connections", "Answers a second", "p50 ms", "p95 ms", "p99 ms", "Failed"), rows)],
        [
            Verdict(
                Goal("vend of a fresh token, to the bare handler, 16 connections", "at least", 0.7),
                vends.over(bares),
                "a vend makes four statements in its transaction (the grant, its reach, its connections) and opens the token",
            ),
            Verdict(
                Goal(f"callback with {ACCOUNTS} accounts under a full budget, p99", "at most", 3, " s"),
                Figures.of([worst]),
                "its calls come one after the other, and each waits for a turn kept for people",
            ),
        ],
    )
