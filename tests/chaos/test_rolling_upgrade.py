"""An upgrade while people click and services ask: the first version that reads newer rows beside the one of today, on one
PostgreSQL, and back again. The old one is taken from the history of this clone. TikTok revokes whatever is shown a spent token.
"""

from __future__ import annotations

import io
import random
import subprocess
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select

from adapters.sql import tables
from adapters.sql.schema_state import head
from chaos.visitors import JWT_SECRET
from domain.grant import Grant
from domain.grant_health import Active
from domain.tokens import Expiring, TokenKind
from support import processes, servers
from support.deployment import SERVICE_TOKEN, Deployment, deployment
from support.processes import Running, eventually

ROOT = Path(__file__).parents[2]
READS_NEWER_ROWS = "src/adapters/sql/migrations/versions/0005_which_programs_it_suits.py"
"""It came with the commit from which on programs read what a newer one writes."""

PEOPLE = 16
LIFE = 30
TRIES = 6
"""How often somebody comes again who is told to; more is a failed request."""

ANSWERED_EACH = 25
"""Requests that each server answers in each step of the upgrade."""


def first_that_reads_newer_rows() -> str:
    """Its commit, by the history of this clone."""
    found = git("log", "--diff-filter=A", "--format=%H", "--", READS_NEWER_ROWS).decode().split()
    if not found:
        pytest.skip("the history of this clone does not reach back to the first version that reads newer rows")
    return found[-1]


def git(*arguments: str) -> bytes:
    command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), *arguments]  # the clone may be another user's
    answer = subprocess.run(command, capture_output=True, check=False)
    return answer.stdout if answer.returncode == 0 else b""


@pytest.fixture(scope="module")
def old_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(fileobj=io.BytesIO(git("archive", first_that_reads_newer_rows(), "src"))) as archive:
        archive.extractall(folder, filter="data")
    return folder / "src"


@dataclass
class Site:
    """Servers of two versions over one database, and the addresses to which people are sent."""

    here: Deployment
    old_source: Path
    stack: ExitStack
    addresses: list[str] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    connections: dict[str, str] = field(default_factory=dict)
    """Each person's connection."""
    running: dict[str, Running] = field(default_factory=dict)

    def environ(self, *, old: bool) -> dict[str, str]:
        return self.here.environ | ({"PYTHONPATH": str(self.old_source)} if old else {})

    def run(self, *arguments: str, old: bool) -> subprocess.CompletedProcess[str]:
        return processes.run(*arguments, folder=self.here.folder, environ=self.environ(old=old))

    def start(self, name: str, *arguments: str, old: bool) -> None:
        journal = {"JOURNAL_DIR": str(self.here.folder / f"journal-{name}")}
        process = processes.running(
            *arguments, folder=self.here.folder, environ=self.environ(old=old) | journal, name=f"{name}-{len(self.running)}"
        )
        self.running[name] = self.stack.enter_context(process)

    def serve(self, name: str, *, old: bool) -> str:
        address = f"http://127.0.0.1:{servers.free_port()}"
        self.start(name, "serve", "--port", address.rpartition(":")[2], old=old)
        eventually(lambda: ready(address), why=self.running[name].told)
        self.addresses.append(address)
        return address

    def end(self, name: str, address: str | None = None) -> None:
        """First people are sent elsewhere, as a balancer does; then the process is told to end."""
        if address:
            self.addresses.remove(address)
        time.sleep(0.5)
        assert self.running.pop(name).terminate() == 0

    def upgraded(self) -> str:
        return "\n".join([*self.failed, *(f"{name}: {running.told()[-2000:]}" for name, running in self.running.items())])

    def go_on(self) -> None:
        """Until every server has answered some more, and workers have rotated."""
        before, rotated = Counter(self.answered), self.here.tiktok.control.stats()["refreshes"]
        eventually(
            lambda: (
                all(self.answered[a] >= before[a] + ANSWERED_EACH for a in self.addresses)
                and self.here.tiktok.control.stats()["refreshes"] > rotated + PEOPLE
            ),
            why=self.upgraded,
        )
        assert self.failed == [], self.upgraded()


def ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/ready", timeout=10).status_code == 200
    except httpx.TransportError:
        return False


def bearer(person: str) -> dict[str, str]:
    claims = {"sub": person, "exp": 4_000_000_000}
    return {"Authorization": "Bearer " + jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(JWT_SECRET))}


def connect(site: Site, address: str, person: str) -> None:
    """A consent, through the dashboard's own doors."""
    [account, *_] = site.here.tiktok.machine.accounts("chloe")
    with httpx.Client(base_url=address, headers=bearer(person), timeout=30) as client:
        consent = client.get("/api/auth/tiktok")
        callback = site.here.tiktok.control.consent(
            consent.headers["location"], user="chloe", advertiser_ids=[account.advertiser_id]
        )
        parts = urlsplit(callback)
        assert "success=true" in client.get(f"{parts.path}?{parts.query}").headers["location"]
        [connection] = client.get("/api/platforms").json()["connections"]
    site.connections[person] = connection["id"]


def visit(site: Site, over: threading.Event, chance: random.Random) -> None:
    """Click and vend, at whichever server people are sent to."""
    with httpx.Client(timeout=30) as client:
        while not over.wait(chance.random() * 0.1):
            person = chance.choice(list(site.connections))
            click = chance.random() < 0.2
            path = "/api/auth/tiktok/refresh" if click else "/api/internal/tiktok/access-token"
            headers = bearer(person) if click else {"Authorization": f"Bearer {SERVICE_TOKEN}"}
            ask(site, client, path, {"connectionId": site.connections[person]}, headers, chance)


def ask(
    site: Site, client: httpx.Client, path: str, body: dict[str, str], headers: dict[str, str], chance: random.Random
) -> None:
    """Once more where that is what the answer says."""
    told = ""
    for _ in range(TRIES):
        address = chance.choice(site.addresses)
        try:
            answer = client.post(address + path, json=body, headers=headers)
        except httpx.HTTPError as error:
            site.failed.append(f"{path} at {address}: {type(error).__name__}")
            return
        if answer.status_code == 200:
            site.answered[address] += 1
            return
        told = f"{path} at {address}: {answer.status_code} {answer.text[:200]}"
        if answer.status_code not in {429, 503}:
            break
        time.sleep(float(answer.headers["retry-after"]))
    site.failed.append(told)


@contextmanager
def visitors(site: Site, count: int) -> Iterator[None]:
    over = threading.Event()
    threads = [threading.Thread(target=visit, args=(site, over, random.Random(n))) for n in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def all_grants(here: Deployment) -> list[Grant]:
    with here.container.database().reading() as connection:
        ids = list(connection.scalars(select(tables.grants.c.id)))
    with here.container.store().read() as work:
        return work.grants.get(ids)


def refresh_token(here: Deployment, grant: Grant) -> str:
    assert isinstance(grant.tokens, Expiring)
    return here.container.sealer().open(grant.tokens.refresh, grant.place, TokenKind.REFRESH).reveal()


@pytest.mark.timeout(600)
def test_an_upgrade_and_the_way_back_cost_no_request_and_no_token(
    postgres_server: servers.Postgres, redis_url: str, old_source: Path, tmp_path: Path
) -> None:
    environ = {
        "DATABASE_URL": postgres_server.new_database(),
        "CELERY_BROKER_URL": redis_url,
        "SWEEP_INTERVAL_SECONDS": "2",
        "TIKTOK_QPS": "100",
        "DATABASE_POOL_SIZE": "8",
        "AUTH_JWT_KEY": JWT_SECRET,
    }
    with ExitStack() as stack:
        here = stack.enter_context(deployment(tmp_path, migrated=False, environ=environ, access_token_seconds=LIFE))
        here.tiktok.control.configure(rotation_mode="reuse-revokes-family")
        site = Site(here, old_source, stack)
        assert site.run("migrate", old=True).returncode == 0
        old = site.serve("old serve", old=True)
        site.start("old worker", "worker", old=True)
        site.start("old beat", "beat", old=True)
        for number in range(PEOPLE):
            connect(site, old, f"person-{number}")
        with visitors(site, 4):
            site.go_on()
            assert site.run("migrate", old=False).returncode == 0
            site.go_on()
            assert ready(old)
            assert "newer version" in site.run("migrate", old=True).stdout or head() == "0005"
            new = site.serve("new serve", old=False)
            site.start("new worker", "worker", old=False)
            site.start("new beat", "beat", old=False)
            site.go_on()
            connect(site, new, "newcomer")
            site.end("old serve", old)
            site.end("old worker")
            site.end("old beat")
            site.go_on()
            old = site.serve("old serve", old=True)
            site.start("old worker", "worker", old=True)
            site.start("old beat", "beat", old=True)
            site.go_on()
            site.end("new serve", new)
            site.end("new worker")
            site.end("new beat")
            site.go_on()
        for name in list(site.running):
            site.end(name)
        stats, grants = here.tiktok.control.stats(), all_grants(here)
        assert (stats["reuses"], stats["familiesRevoked"]) == (0, 0)
        assert len(grants) == PEOPLE + 1
        assert [grant.health for grant in grants if not isinstance(grant.health, Active)] == []
        assert here.tiktok.control.is_live(*(refresh_token(here, grant) for grant in grants)).count(False) == 0
        assert site.failed == []
