"""Users with dead grants and fast fingers beside honest ones, in real time, at processes that run.

`serve`, a worker and beat over SQLite, at 10 calls a second. 40 honest owners have tokens of 60 s; the dead grants were withdrawn
at TikTok. Simulated time has the same, and more of it: `test_fleet_in_simulated_time.py`.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import cycle
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from chaos.population import Member, populate
from chaos.visitors import JWT_SECRET
from domain.grant_health import Active
from domain.ids import OwnerId
from domain.tokens import Expiring
from support.deployment import Deployment, deployment
from support.processes import eventually

HONEST, LIFE, SWEEP_EVERY = 40, 60, 5


class Clicker:
    """One hostile owner: two clicks a second at one dead grant after the other."""

    def __init__(self, here: Deployment, dead: list[Member]) -> None:
        ends = int((here.container.clock().now() + timedelta(hours=1)).timestamp())
        signed = jwt.encode({"alg": "HS256"}, {"sub": dead[0].owner, "exp": ends}, OctKey.import_key(JWT_SECRET))
        self.here, self.dead, self.headers = here, dead, {"Authorization": f"Bearer {signed}"}
        self.told: Counter[int] = Counter()

    def click(self, over: threading.Event) -> None:
        with httpx.Client(base_url=self.here.address, headers=self.headers, timeout=20) as client:
            for member in cycle(self.dead):
                answer = client.post("/api/auth/tiktok/refresh", json={"connectionId": member.connection})
                self.told[answer.status_code] += 1
                if over.wait(0.5):
                    return


def expired(here: Deployment, members: list[Member]) -> int:
    """Honest grants without a valid token at this moment, or that are not active."""
    with here.container.store().read() as work:
        grants = work.grants.get(member.grant for member in members)
    now = here.container.clock().now()
    served = [g for g in grants if isinstance(g.tokens, Expiring) and g.tokens.access_expires_at > now and g.health == Active()]
    return len(members) - len(served)


@pytest.mark.timeout(1800)
def test_hostile_users_cost_honest_ones_no_second(tmp_path: Path, tell: Callable[[object], None], *, long: bool) -> None:
    """Short: 40 hostile users, for 6 s. Long: for 5 minutes, and one alone with 60 dead grants."""
    for hostile, grants in ((1, 60), (40, 4)) if long else ((40, 4),):
        folder = tmp_path / f"of-{hostile}"
        folder.mkdir()
        tell(beside(hostile, grants, folder, seconds=300 if long else 6))


def beside(hostile: int, grants: int, folder: Path, *, seconds: int) -> dict[str, object]:
    """Honest users beside hostile ones: nobody honest was without a token in any second."""
    environ = {"SWEEP_INTERVAL_SECONDS": str(SWEEP_EVERY), "AUTH_JWT_KEY": JWT_SECRET}
    with deployment(folder, environ=environ, access_token_seconds=LIFE, latency_ms=50) as here:
        dead = [populate(here, grants, user="ana", owner=OwnerId(f"hostile-{n}")) for n in range(hostile)]
        here.tiktok.control.on_loop(partial(here.tiktok.machine.revoke_user, "ana"))
        honest = populate(here, HONEST)
        port = here.address.rpartition(":")[2]
        with here.start("serve", "--port", port), here.start("worker"), here.start("beat"):
            eventually(lambda: answers(here), why=lambda: "serve does not answer")
            over, clickers = threading.Event(), [Clicker(here, members) for members in dead]
            threads = [threading.Thread(target=clicker.click, args=(over,)) for clicker in clickers]
            for thread in threads:
                thread.start()
            without, until = Counter[int](), time.monotonic() + seconds
            while time.monotonic() < until:
                without[expired(here, honest)] += 1
                time.sleep(1)
            over.set()
            for thread in threads:
                thread.join()
        told = sum((clicker.told for clicker in clickers), Counter[int]())
        refreshes = here.tiktok.control.stats()["refreshes"]
        figures = {"seconds by honest owners without a token": dict(without), "clicks": dict(told), "refreshes": refreshes}
        assert set(without) == {0}, figures
        assert set(told) <= {401, 429, 503}, figures
        return figures


def answers(here: Deployment) -> bool:
    try:
        return httpx.get(f"{here.address}/health/ready", timeout=20).status_code == 200
    except httpx.TransportError:
        return False
