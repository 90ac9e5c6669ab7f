"""The HTTP door over a world in memory, and short words for what callers do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from litestar.testing import TestClient

from adapters.ids_and_nonces import SystemNonces
from domain.advertiser import Connection
from domain.ids import OwnerId
from entrypoints.container import Container
from entrypoints.http.app import App, create_app
from entrypoints.http.auth.authjs import SECURE_NAME
from entrypoints.settings import Settings, load_settings
from support.application_on_a_socket import served
from support.environ import an_environ
from support.openapi_checked_client import DocumentedClient
from support.session_cookies import AUTH_SECRET, a_session_cookie
from support.world import ANNA, World

DASHBOARD = "https://dash.example.org"
UNKNOWN = "99999999-9999-4999-8999-999999999999"
"""An id that nothing has."""
VENDING, ERASING, READING = "the-secret-of-the-importer", "the-secret-of-the-eraser", "the-secret-of-the-reader"
CRON_SECRET, METRICS_TOKEN = "the-secret-of-the-scheduler", "the-token-of-prometheus"
JWT_SECRET = "a-shared-secret-of-more-than-32-characters"


def some_settings(**changes: str | None) -> Settings:
    """Settings with everything configured, save what is changed (None: unset)."""
    everything: dict[str, str | None] = {
        "AUTH_SECRET": AUTH_SECRET.reveal(),
        "AUTH_JWT_KEY": JWT_SECRET,
        "SERVICE_TOKENS": f"importer:{VENDING},eraser:{ERASING}:erase,reader:{READING}:spend",
        "CRON_SECRET": CRON_SECRET,
        "METRICS_TOKEN": METRICS_TOKEN,
    }
    return load_settings(an_environ(**(everything | changes)))


def a_cookie(owner: str, now: datetime) -> str:
    """The dashboard's session cookie, as a header."""
    return f"{SECURE_NAME}={a_session_cookie(name=SECURE_NAME, id=owner, now=now)}"


@dataclass
class House:
    """The application over a world; `client` checks every answer against the description."""

    world: World
    container: Container
    app: App
    client: TestClient[Any]

    def headers(self, owner: str | None = ANNA, *, browser: str | None = None, **more: str) -> dict[str, str]:
        """Those of the dashboard's page in a browser where `owner` is signed in (None: nobody)."""
        cookies = [a_cookie(owner, self.world.clock.now())] if owner else []
        cookies += [f"__Host-tiktok-connect={browser}"] if browser else []
        sent = {"Cookie": "; ".join(cookies)} if cookies else {}
        return {"Origin": DASHBOARD, **sent, **{name.replace("_", "-"): value for name, value in more.items()}}

    def get(self, path: str, owner: str | None = ANNA, **more: str) -> httpx.Response:
        return self.client.get(path, headers=self.headers(owner, **more))

    def post(self, path: str, body: object, owner: str | None = ANNA, **more: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, content=content, headers={"Content-Type": "application/json"} | self.headers(owner, **more))

    def delete(self, path: str, owner: str | None = ANNA, **more: str) -> httpx.Response:
        return self.client.delete(path, headers=self.headers(owner, **more))

    def refresh(self, connection: Connection, owner: str = ANNA) -> httpx.Response:
        return self.post("/api/auth/tiktok/refresh", {"connectionId": connection.id}, owner)

    def vend(self, secret: str | None = VENDING, **body: object) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {secret}"} if secret else {}
        return self.client.post("/api/internal/tiktok/access-token", json=body, headers=bearer)

    def cron(self, secret: str | None = CRON_SECRET, method: str = "POST") -> httpx.Response:
        bearer = {"Authorization": f"Bearer {secret}"} if secret else {}
        return self.client.request(method, "/api/cron/tiktok-refresh", headers=bearer)

    def begin(self, owner: str = ANNA, **query: str) -> tuple[str, str]:
        """To TikTok; the state that travels, and the browser's cookie."""
        answer = self.client.get("/api/auth/tiktok", params=query, headers=self.headers(owner))
        assert answer.status_code == 307, answer.text
        [state] = parse_qs(urlsplit(answer.headers["location"]).query)["state"]
        return state, answer.cookies["__Host-tiktok-connect"]

    def come_back(self, state: str, browser: str | None, *, owner: str | None = ANNA, **query: str) -> tuple[str, dict[str, str]]:
        """From TikTok; the path and the query that the browser is sent to."""
        answer = self.client.get(
            "/api/auth/tiktok/callback", params={"state": state} | query, headers=self.headers(owner, browser=browser)
        )
        assert answer.status_code == 307, answer.text
        there = urlsplit(answer.headers["location"])
        assert f"{there.scheme}://{there.netloc}" == DASHBOARD
        return there.path, {name: value for name, [value] in parse_qs(there.query).items()}

    def consent(self, user: str, *accounts: int, owner: str = ANNA, **query: str) -> tuple[str, dict[str, str]]:
        """The whole journey, over HTTP."""
        state, browser = self.begin(owner, **query)
        return self.come_back(state, browser, owner=owner, auth_code=self.world.code(user, *accounts).reveal())

    def connected(self, user: str = "ana", owner: str = ANNA) -> Connection:
        """A connection, made without HTTP."""
        [connection, *_] = self.world.connect(user, 0, owner=OwnerId(owner))
        return connection


def over(world: World, settings: Settings) -> Container:
    """The container of these settings with the world's adapters."""
    container = world.over(settings, nonces=SystemNonces()).container
    container.claims().contact = world.contact  # whose time passes with the world's
    return container


@contextmanager
def a_house(world: World, settings: Settings) -> Iterator[House]:
    """The application over a world, with its threads."""
    container = over(world, settings)
    app = create_app(container)
    with DocumentedClient(app, base_url=DASHBOARD) as checking:
        yield House(world, container, app, checking)


@contextmanager
def a_served_house(world: World, settings: Settings) -> Iterator[str]:
    """The application over a world, behind a real socket; its address."""
    with served(create_app(over(world, settings))) as address:
        yield address
