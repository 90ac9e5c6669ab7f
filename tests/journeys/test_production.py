"""Production as docs/production.md has it: its commands and settings, its wheel and lock, over Redis and RabbitMQ.

Two workers, two beats and a PgBouncer: an account is connected, its tokens are refreshed and handed out, everything is stopped
and started again. It needs the package index.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.tiktok_simulator.running_simulator import RunningSimulator
from adapters.tiktok_simulator.server import running_simulator
from domain.tokens import Secret
from support import servers
from support.processes import Running, eventually, run, running
from support.session_cookies import a_session_cookie

ROOT = Path(__file__).parents[2]
PLACE = "/srv/tiktok-connect"
UNREACHABLE = re.compile(
    r"dns error|failed to fetch|error sending request|connection error|network is unreachable|name resolution|max retries|"
    r"no matching distribution found for pip",
    re.IGNORECASE,
)
LIFE, SWEEP_EVERY = "6", "1"
"""Seconds that an access token lives, and between two sweeps."""

PROCESSES = ("serve", "worker", "worker", "beat", "beat")


def block(heading: str, language: str) -> str:
    """The first block of code under a heading of docs/production.md."""
    chapter = (ROOT / "docs/production.md").read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", chapter, re.DOTALL)
    assert found, heading
    return found[1]


def clone_to(folder: Path) -> Path:
    """What a clone of this state would hold."""
    listed = subprocess.check_output(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Step 1, with another folder in the place of /srv/tiktok-connect: an environment of the wheel and the locked versions."""
    clone, place = clone_to(tmp_path_factory.mktemp("clone")), tmp_path_factory.mktemp("srv")
    script = block("1. Install", "sh").replace(PLACE, str(place))
    environment = {**os.environ, "DEV_VENV": sys.prefix}  # the clone's own would be the same, and take its time
    answer = subprocess.run(["sh", "-eu"], input=script, cwd=clone, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode and UNREACHABLE.search(answer.stderr):
        pytest.skip("the package index can't be reached from here")
    assert answer.returncode == 0, answer.stderr[-3000:]
    return place


def settings(heading: str) -> dict[str, str]:
    """The settings of a block of the document."""
    lines = [line.partition(" #")[0].strip() for line in block(heading, "sh").splitlines()]
    return dict(line.split("=", 1) for line in lines if line)


@dataclass(frozen=True)
class Production:
    """What runs out of the installed environment, in a folder of its own with a `.env`."""

    folder: Path
    command: tuple[str, ...]
    address: str
    service_secret: str
    tiktok: RunningSimulator
    person: httpx.Client

    def configure(self, **changes: str) -> None:
        """Step 3: the documented settings, each with a value of this rehearsal, and what the simulator needs."""
        documented = settings("3. Configure")
        assert not documented.keys() - changes.keys(), "the document sets what is not rehearsed"
        file = self.folder / ".env"
        file.write_text("".join(f"{name}={value}\n" for name, value in changes.items()))
        file.chmod(0o600)

    def run(self, *arguments: str) -> None:
        answer = run(*arguments, folder=self.folder, command=self.command)
        assert answer.returncode == 0, f"{arguments}: {answer.stdout}{answer.stderr}"

    def start(self, stack: ExitStack, session: int) -> list[Running]:
        """Step 5, by hand."""
        options = {"serve": ("--port", self.address.rpartition(":")[2])}
        started = [
            stack.enter_context(
                running(name, *options.get(name, ()), folder=self.folder, name=f"{name}-{n}-of-{session}", command=self.command)
            )
            for n, name in enumerate(PROCESSES)
        ]
        eventually(self.is_ready, why=started[0].told)
        for worker in started[1:3]:
            worker.says(" ready.")
        return started

    def is_ready(self) -> bool:
        try:
            return self.person.get("/health/ready").status_code == 200
        except httpx.TransportError:
            return False

    def connect(self) -> str:
        """A person's way through the consent page; returns the connection's id."""
        consent = self.person.get("/api/auth/tiktok").headers["location"]
        [account, *_] = self.tiktok.machine.accounts("chloe")
        back = self.tiktok.control.consent(consent, user="chloe", advertiser_ids=[account.advertiser_id])
        assert "success=true" in self.person.get(back).headers["location"]
        return str(self.connection()["id"])

    def connection(self) -> dict[str, Any]:
        [connection] = self.person.get("/api/platforms").raise_for_status().json()["connections"]
        return dict(connection)

    def vend(self, connection: str) -> str:
        headers = {"Authorization": f"Bearer {self.service_secret}"}
        body = {"connectionId": connection}
        answer = httpx.post(f"{self.address}/api/internal/tiktok/access-token", json=body, headers=headers, timeout=10)
        return str(answer.raise_for_status().json()["accessToken"])

    def lives_on(self, connection: str, why: Running) -> None:
        """Its tokens are refreshed, and a service gets one that works."""
        generation = self.connection()["generation"]
        eventually(lambda: self.connection()["generation"] > generation, why=why.told)
        assert self.tiktok.control.is_live(self.vend(connection)) == [True]


@pytest.fixture
def production(place: Path, tmp_path: Path) -> Iterator[Production]:
    address, auth_secret = f"http://127.0.0.1:{servers.free_port()}", Secret("an-auth-secret-of-this-rehearsal")
    cookie = a_session_cookie(secret=auth_secret, now=datetime.now(UTC), sub="user-1")  # noqa: TID251 -- serve's clock is the real one
    with (
        running_simulator(access_token_seconds=int(LIFE)) as tiktok,
        httpx.Client(base_url=address, cookies={"authjs.session-token": cookie}, timeout=20) as person,
    ):
        made = Production(
            tmp_path, (str(place / "venv/bin/tiktok-connect"),), address, "a-secret-of-this-rehearsal", tiktok, person
        )
        key = subprocess.check_output([*made.command, "keys", "generate"], cwd=tmp_path, text=True).strip()
        made.configure(
            TIKTOK_APP_ID=tiktok.app_id,
            TIKTOK_APP_SECRET=tiktok.app_secret,
            TIKTOK_REDIRECT_URI=f"{address}/api/auth/tiktok/callback",
            DASHBOARD_URL=address,
            AUTH_SECRET=auth_secret.reveal(),
            TOKEN_ENCRYPTION_KEYS=key,
            DATABASE_URL="to be set",
            CELERY_BROKER_URL="to be set",
            REDIS_URL="to be set",
            JOURNAL_DIR=str(tmp_path / "journal"),
            SERVICE_TOKENS=f"importer:{made.service_secret}",
            TRUSTED_PROXIES="127.0.0.1/32",
            TIKTOK_API_URL=tiktok.api_url,
            TIKTOK_AUTH_URL=tiktok.auth_url,
            SWEEP_INTERVAL_SECONDS=SWEEP_EVERY,
            DATABASE_POOL_SIZE="8",
        )
        yield made


@pytest.mark.timeout(1200)  # it installs a whole environment first
@pytest.mark.parametrize("broker", ["redis_server", "rabbitmq_server"])
def test_production_runs_as_its_document_says(
    broker: str,
    production: Production,
    postgres_server: servers.Postgres,
    postgres_url: str,
    redis_url: str,
    request: pytest.FixtureRequest,
) -> None:
    file = production.folder / ".env"
    with servers.pgbouncer(postgres_server, sessions=10) as pooler, ExitStack() as stack:
        urls = (pooler.url(postgres_url), request.getfixturevalue(broker).url(), redis_url)
        for name, url in zip(("DATABASE_URL", "CELERY_BROKER_URL", "REDIS_URL"), urls, strict=True):
            file.write_text(file.read_text().replace(f"{name}=to be set", f"{name}={url}"))
        production.run("migrate")
        production.run("doctor")
        started = production.start(stack, 1)
        connection = production.connect()
        production.lives_on(connection, started[1])
        stop(started)
        started = production.start(stack, 2)
        production.lives_on(connection, started[1])
        production.run("refresh", "--connection", connection)
        production.run("doctor")
        stop(started)
        stats = production.tiktok.control.stats()
        assert (stats["reuses"], stats["familiesRevoked"]) == (0, 0)


def stop(processes: list[Running]) -> None:
    """All at once, as systemd does."""
    for process in processes:
        process.process.terminate()
    assert [process.process.wait(60) for process in processes] == [0] * len(processes)
    assert [process.log.name for process in processes if "Traceback" in process.told()] == []
