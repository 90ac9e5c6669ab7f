"""A whole deployment on this machine: a folder, a simulator of TikTok, the environment, and processes over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import update

from adapters.sql import tables
from adapters.tiktok_simulator.running_simulator import RunningSimulator
from adapters.tiktok_simulator.server import running_simulator
from adapters.tiktok_simulator.simulated_users import DEFAULT_APPS
from domain.consent import Connected
from domain.ids import ConnectionId, OwnerId
from domain.tokens import Secret
from entrypoints.container import Container, build
from entrypoints.operations import migrate_schema
from entrypoints.settings import load_settings
from support import processes, servers
from support.environ import an_environ

SERVICE_TOKEN = "a-service-token-of-these-tests"
BROWSER = "a-browser"


@dataclass(frozen=True)
class Deployment:
    """Its processes share `folder` and `environ`; `container` is this process's own look at the same database."""

    folder: Path
    tiktok: RunningSimulator
    environ: dict[str, str]
    address: str
    container: Container

    def run(self, *arguments: str) -> CompletedProcess[str]:
        return processes.run(*arguments, folder=self.folder, environ=self.environ)

    def start(self, *arguments: str, name: str = "") -> AbstractContextManager[processes.Running]:
        return processes.running(*arguments, folder=self.folder, environ=self.environ, name=name)

    def connect(self, owner: str = "anna", user: str = "ana") -> ConnectionId:
        """Connect the first account of a TikTok user, by the real use-cases."""
        url = self.container.begin_connect()(OwnerId(owner), BROWSER)
        [account, *_] = self.tiktok.machine.accounts(user)
        callback = self.tiktok.control.consent(url, user=user, advertiser_ids=[account.advertiser_id])
        query = parse_qs(urlsplit(callback).query)
        ending = self.container.complete_connect()(
            OwnerId(owner), BROWSER, state=query["state"][0], code=Secret(query["auth_code"][0])
        )
        assert isinstance(ending, Connected), ending
        views = self.container.list_connections()(OwnerId(owner))
        return next(v.connection.id for v in views if v.connection.advertiser.id == account.advertiser_id)

    def make_all_due(self) -> None:
        """As if half of every token's life had passed."""
        with self.container.database().writing() as connection:
            connection.execute(update(tables.grants).values(due_at=self.container.clock().now()))
            connection.commit()

    def end_all_access(self) -> None:
        """As if every access token had lived its life."""
        with self.container.database().writing() as connection:
            connection.execute(update(tables.grants).values(access_expires_at=self.container.clock().now()))
            connection.commit()

    def leave_in_doubt(self) -> None:
        """As if every grant's renewal had been begun just before its process died."""
        with self.container.database().writing() as connection:
            now = self.container.clock().now()
            connection.execute(update(tables.grants).values(due_at=now, in_doubt=True))
            connection.commit()

    def generation(self, connection: ConnectionId) -> int:
        """How often its tokens were renewed, counted from 1."""
        with self.container.store().read() as work:
            grant = work.grants.of_connection(connection)
        assert grant is not None
        return grant.generation


@contextmanager
def deployment(
    folder: Path,
    *,
    migrated: bool = True,
    environ: dict[str, str] | None = None,
    access_token_seconds: int = 86_400,
    latency_ms: int = 0,
    auth_version: str = "v1.3",
    port: int | None = None,
    apps: Mapping[str, str] = DEFAULT_APPS,
) -> Iterator[Deployment]:
    """A deployment in this folder, at a TikTok whose tokens live, and whose answers take, that long."""
    address = f"http://127.0.0.1:{port or servers.free_port()}"
    with running_simulator(apps=apps, access_token_seconds=access_token_seconds, latency_ms=latency_ms) as simulator:
        usual = {
            "TIKTOK_APP_ID": simulator.app_id,
            "TIKTOK_APP_SECRET": simulator.app_secret,
            "TIKTOK_API_URL": simulator.api_url,
            "TIKTOK_AUTH_URL": simulator.auth_url,
            "TIKTOK_AUTH_API_URL": f"{simulator.url}/open_api/{auth_version}",
            "TIKTOK_REDIRECT_URI": f"{address}/api/auth/tiktok/callback",
            "DASHBOARD_URL": address,
            "DATABASE_URL": f"sqlite:///{folder / 'connect.db'}",
            "JOURNAL_DIR": str(folder / "journal"),
            "SPEND_IMPORT": "off",  # what is told of calls and logs is about tokens; who imports spend says so
            "SERVICE_TOKENS": f"tests:{SERVICE_TOKEN}",
        }
        complete = an_environ(**(usual | (environ or {})))
        settings = load_settings(complete)
        if migrated:
            migrate_schema(settings.storage.database_url)
        container = build(settings)
        try:
            yield Deployment(folder, simulator, complete, address, container)
        finally:
            container.platform().close()
            container.reports().close()
            container.database().dispose()
