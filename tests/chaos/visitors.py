"""People who click and services that ask for tokens, all the time, at a service that runs."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from chaos.population import Member
from support.deployment import SERVICE_TOKEN, Deployment

JWT_SECRET = "a-secret-that-the-dashboard-of-these-tests-signs-with"

PAUSE = 0.2
"""Seconds that a visitor rests between two visits, at the most."""


class Visitors:
    """A few threads, each with a connection of its own. `met` counts what they were answered."""

    def __init__(self, here: Deployment, members: list[Member]) -> None:
        self.here, self.members = here, members
        self.met: Counter[str] = Counter()
        self._over, self._lock = threading.Event(), threading.Lock()
        ends = int((here.container.clock().now() + timedelta(hours=1)).timestamp())
        key = OctKey.import_key(JWT_SECRET)
        self._bearer = {m: "Bearer " + jwt.encode({"alg": "HS256"}, {"sub": m.owner, "exp": ends}, key) for m in members}

    @contextmanager
    def visiting(self, count: int) -> Iterator[None]:
        threads = [threading.Thread(target=self._visit, args=(random.Random(random.random()),)) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _visit(self, chance: random.Random) -> None:
        with httpx.Client(base_url=self.here.address, timeout=20) as client:
            while not self._over.wait(chance.random() * PAUSE):
                deed = chance.choice((self._click, self._vend))
                try:
                    answer = deed(client, chance.choice(self.members))
                    told = f"{answer.status_code} {answer.json().get('code', '')}".strip()
                except httpx.HTTPError as error:
                    told = type(error).__name__
                with self._lock:
                    self.met[f"{deed.__name__.strip('_')}: {told}"] += 1

    def _click(self, client: httpx.Client, member: Member) -> httpx.Response:
        headers = {"Authorization": self._bearer[member]}
        return client.post("/api/auth/tiktok/refresh", json={"connectionId": member.connection}, headers=headers)

    def _vend(self, client: httpx.Client, member: Member) -> httpx.Response:
        headers = {"Authorization": f"Bearer {SERVICE_TOKEN}"}
        return client.post("/api/internal/tiktok/access-token", json={"connectionId": member.connection}, headers=headers)
