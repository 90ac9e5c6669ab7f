"""One user with many threads, and one service in a loop, beside honest users: real HTTP over sockets, over PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from chaos.contest import ROOT, TESTS
from chaos.test_hostile_neighbours import answers
from chaos.visitors import JWT_SECRET
from domain.tokens import Expiring
from support.deployment import SERVICE_TOKEN, Deployment, deployment
from support.processes import BARE, eventually

QPS, LIFE = 30, 60
MOST_TIMES_SLOWER = 2
MOST_IN_VAIN = 10
"""Of 40 connects and clicks in the short form: what a busy machine may cost. Of unfair neighbours it was four of five."""


@dataclass
class Times:
    """How long honest users waited until they had what they wanted, in seconds."""

    connects: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    in_vain: list[str] = field(default_factory=list)
    """What they were answered first, where it was not that."""


class Neighbourhood:
    """A deployment that serves, and what people do there."""

    def __init__(self, here: Deployment) -> None:
        self.here = here
        [account, *_] = here.tiktok.machine.accounts("chloe")
        self.account = account.advertiser_id
        self.users = 0

    def bearer(self, user: str) -> str:
        ends = int((self.here.container.clock().now() + timedelta(hours=1)).timestamp())
        return jwt.encode({"alg": "HS256"}, {"sub": user, "exp": ends}, OctKey.import_key(JWT_SECRET))

    def client(self, user: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.bearer(user)}"}
        return httpx.Client(base_url=self.here.address, headers=headers, timeout=120)

    def connect(self, client: httpx.Client) -> str | None:
        """Begin, and come back with a code of TikTok's. None: it succeeded; else what came of it."""
        begun = client.get("/api/auth/tiktok")
        if begun.status_code != 307:
            return f"begin: {begun.status_code} {begun.json()['code']}"
        [state] = parse_qs(urlsplit(begun.headers["location"]).query)["state"]
        code = self.here.tiktok.control.grant_code("chloe", [self.account])
        answer = client.get("/api/auth/tiktok/callback", params={"state": state, "auth_code": code})
        led_to = urlsplit(answer.headers.get("location", "")).query
        return None if "success=true" in led_to else f"connect: {answer.status_code} {led_to}"

    def connection(self, client: httpx.Client) -> str:
        while (answer := client.get("/api/platforms")).status_code == 503:
            time.sleep(0.1)
        [connection] = answer.json()["connections"]
        return str(connection["id"])

    def click(self, client: httpx.Client, connection: str) -> str | None:
        """Refresh one's connection. None: it succeeded; else what came of it."""
        answer = client.post("/api/auth/tiktok/refresh", json={"connectionId": connection})
        return None if answer.status_code == 200 else f"click: {answer.status_code} {answer.json()['code']}"

    def honest(self, count: int, times: Times) -> None:
        """So many users connect, and click once; whoever is told to come again does."""
        for _ in range(count):
            self.users += 1
            with self.client(f"honest-{self.users}") as client:
                times.connects.append(seconds_until(partial(self.connect, client), times.in_vain))
                connection = self.connection(client)
                times.clicks.append(seconds_until(partial(self.click, client, connection), times.in_vain))

    @contextmanager
    def attacked(self, deed: str, tally: Counter[str], *, bearer: str, connection: str) -> Iterator[None]:
        """Until the end of the block a process does it as fast as it can; how often each status was answered is added up."""
        secrets = {"ATTACKER_BEARER": bearer, "ATTACKER_CONNECTION": connection}
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "chaos.attackers", deed, self.here.address.rpartition(":")[2]],
            env={**BARE, **secrets, "PYTHONPATH": f"{ROOT / 'src'}:{TESTS}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Linux shares processors among sessions: threads of the attackers' own take nothing of ours
        ) as process:
            try:
                yield
                output, _ = process.communicate(timeout=120)
                tally.update(json.loads(output))
            finally:
                process.kill()


def seconds_until(succeeds: Callable[[], str | None], in_vain: list[str]) -> float:
    """How long it took, repetitions included. A machine with ten times the work may need some."""
    began = time.monotonic()
    while answer := succeeds():
        in_vain.append(answer)
        assert len(in_vain) <= MOST_IN_VAIN, in_vain
    return time.monotonic() - began


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


@pytest.mark.timeout(900)
def test_one_users_threads_and_one_services_loop_cost_honest_users_nothing(
    new_postgres_url: str, tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    """Short: 20 honest users beside all attackers, of whom a few may have to come again.

    Long: ten times 10 without attackers and 10 beside them, in turn. Nobody comes again, and the p95 is at most twice as long.
    """
    rounds, count = (10, 10) if long else (1, 20)
    environ = {
        "DATABASE_URL": new_postgres_url,
        "AUTH_JWT_KEY": JWT_SECRET,
        "TIKTOK_QPS": str(QPS),
        "SWEEP_INTERVAL_SECONDS": "5",
    }
    alone, beside, late = Times(), Times(), 0
    told = {deed: Counter[str]() for deed in ("callbacks", "begins", "clicks", "vends")}
    with deployment(tmp_path, migrated=False, environ=environ, latency_ms=20, access_token_seconds=LIFE) as here:
        neighbourhood, port = Neighbourhood(here), here.address.rpartition(":")[2]
        with here.start("serve", "--port", port), here.start("worker"), here.start("beat"):
            eventually(lambda: answers(here), why=lambda: "serve does not answer")
            with neighbourhood.client("mallory") as mallory:
                eventually(lambda: neighbourhood.connect(mallory) is None, within=60)
                own = neighbourhood.connection(mallory)
            bearers = {deed: neighbourhood.bearer("mallory" if deed == "clicks" else f"user of {deed}") for deed in told}
            bearers["vends"] = SERVICE_TOKEN
            for _ in range(rounds):
                if long:
                    neighbourhood.honest(count, alone)
                with ExitStack() as attacks:
                    for deed, tally in told.items():
                        attacks.enter_context(neighbourhood.attacked(deed, tally, bearer=bearers[deed], connection=own))
                    neighbourhood.honest(count, beside)
                late += late_grants(here)
    figures = {"answers to attackers": {deed: dict(tally) for deed, tally in told.items()}, "late": late}
    assert all("429" in told[deed] for deed in ("callbacks", "begins", "clicks")), figures
    assert set().union(*told.values()) <= {"200", "307", "429"}, figures
    assert late == 0, figures
    if long:
        times_slower = {
            "connects": p95(beside.connects) / p95(alone.connects),
            "clicks": p95(beside.clicks) / p95(alone.clicks),
        }
        assert not alone.in_vain + beside.in_vain, (alone.in_vain, beside.in_vain)
        tell(figures | {"p95 alone": (p95(alone.connects), p95(alone.clicks)), "p95 beside, times as long": times_slower})
        assert max(times_slower.values()) <= MOST_TIMES_SLOWER, times_slower


def late_grants(here: Deployment) -> int:
    """Grants whose access token has ended, at this moment."""
    with here.container.store().read() as work:
        grants = work.grants.get(work.grants.page(after=None, limit=1000))
    now = here.container.clock().now()
    return sum(isinstance(grant.tokens, Expiring) and grant.tokens.access_expires_at <= now for grant in grants)
