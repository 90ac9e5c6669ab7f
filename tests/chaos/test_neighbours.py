"""One user with many threads, and one service in a loop, beside honest users: real HTTP over sockets, over PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from chaos.test_hostile_neighbours import answers
from chaos.visitors import JWT_SECRET
from domain.tokens import Expiring
from support.deployment import SERVICE_TOKEN, Deployment, deployment
from support.processes import eventually

THREADS, QPS, LIFE = 24, 30, 60
Deed = Callable[[httpx.Client], httpx.Response]


class Neighbourhood:
    """A deployment that serves, and what people do there."""

    def __init__(self, here: Deployment) -> None:
        self.here = here
        [account, *_] = here.tiktok.machine.accounts("chloe")
        self.account = account.advertiser_id

    def client(self, user: str) -> httpx.Client:
        ends = int((self.here.container.clock().now() + timedelta(hours=1)).timestamp())
        signed = jwt.encode({"alg": "HS256"}, {"sub": user, "exp": ends}, OctKey.import_key(JWT_SECRET))
        return httpx.Client(base_url=self.here.address, headers={"Authorization": f"Bearer {signed}"}, timeout=30)

    def service(self) -> httpx.Client:
        return httpx.Client(base_url=self.here.address, headers={"Authorization": f"Bearer {SERVICE_TOKEN}"}, timeout=30)

    def connect(self, client: httpx.Client, code: str | None = None) -> httpx.Response:
        """Begin, and come back with a code of TikTok's, or with this one."""
        begun = client.get("/api/auth/tiktok")
        if begun.status_code != 307:
            return begun
        [state] = parse_qs(urlsplit(begun.headers["location"]).query)["state"]
        code = code or self.here.tiktok.control.grant_code("chloe", [self.account])
        return client.get("/api/auth/tiktok/callback", params={"state": state, "auth_code": code})

    def honest(self, round_name: str, count: int) -> tuple[list[float], list[float]]:
        """So many users connect, and click once: how long each took, in seconds. All of them succeed."""
        connects, clicks = list[float](), list[float]()
        for n in range(count):
            with self.client(f"{round_name}-{n}") as client:
                began = time.monotonic()
                answer = self.connect(client)
                connects.append(time.monotonic() - began)
                assert "success=true" in answer.headers.get("location", ""), (answer.status_code, answer.headers, answer.text)
                [connection] = client.get("/api/platforms").json()["connections"]
                began = time.monotonic()
                clicked = client.post("/api/auth/tiktok/refresh", json={"connectionId": connection["id"]})
                clicks.append(time.monotonic() - began)
                assert clicked.status_code == 200, clicked.text
        return connects, clicks

    @contextmanager
    def hostile(self, client: httpx.Client, deed: Deed) -> Iterator[Counter[int]]:
        """So many threads do it as fast as they can."""
        over, told = threading.Event(), Counter[int]()

        def go_on() -> None:
            while not over.is_set():
                told[deed(client).status_code] += 1

        threads = [threading.Thread(target=go_on) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield told
        finally:
            over.set()
            for thread in threads:
                thread.join()


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


@pytest.mark.timeout(600)
def test_one_users_threads_and_one_services_loop_cost_honest_users_nothing(
    new_postgres_url: str, tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    """Short: all attacks at once, on 20 users. Long: on 200."""
    count = 200 if long else 20
    environ = {
        "DATABASE_URL": new_postgres_url,
        "AUTH_JWT_KEY": JWT_SECRET,
        "TIKTOK_QPS": str(QPS),
        "SWEEP_INTERVAL_SECONDS": "5",
    }
    with (
        deployment(tmp_path, migrated=False, environ=environ, latency_ms=20, access_token_seconds=LIFE) as here,
        ExitStack() as attacks,
    ):
        neighbourhood, port = Neighbourhood(here), here.address.rpartition(":")[2]
        with here.start("serve", "--port", port), here.start("worker"), here.start("beat"):
            eventually(lambda: answers(here), why=lambda: "serve does not answer")
            alone = neighbourhood.honest("alone", count)
            eve, mallory = (attacks.enter_context(neighbourhood.client(name)) for name in ("eve", "mallory"))
            neighbourhood.connect(mallory)
            [own] = mallory.get("/api/platforms").json()["connections"]
            service = attacks.enter_context(neighbourhood.service())
            deeds: list[tuple[httpx.Client, Deed]] = [
                (eve, lambda client: neighbourhood.connect(client, "garbage")),
                (mallory, lambda client: client.post("/api/auth/tiktok/refresh", json={"connectionId": own["id"]})),
                (service, lambda client: client.post("/api/internal/tiktok/access-token", json={"connectionId": own["id"]})),
            ]
            told = [attacks.enter_context(neighbourhood.hostile(client, deed)) for client, deed in deeds]
            beside = neighbourhood.honest("beside", count)
            attacks.close()
            late = late_grants(here)
        figures = {
            "connect p95, alone and beside": (round(p95(alone[0]), 2), round(p95(beside[0]), 2)),
            "click p95, alone and beside": (round(p95(alone[1]), 2), round(p95(beside[1]), 2)),
            "attackers": [dict(answers_of) for answers_of in told],
        }
        tell(figures)
        assert all(429 in answers_of for answers_of in told[:2]), figures
        assert set().union(*told) <= {200, 307, 429}, figures
        assert late == 0, figures


def late_grants(here: Deployment) -> int:
    """Grants whose access token has ended, at this moment."""
    with here.container.store().read() as work:
        grants = work.grants.get(work.grants.page(after=None, limit=1000))
    now = here.container.clock().now()
    return sum(isinstance(grant.tokens, Expiring) and grant.tokens.access_expires_at <= now for grant in grants)
