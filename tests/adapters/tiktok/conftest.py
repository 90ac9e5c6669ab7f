from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from adapters.clock import SystemClock
from adapters.http_client.connections import Connections
from adapters.tiktok.ad_platform import TikTok
from domain.ids import AppId
from domain.tokens import Secret

APP_SECRET = "app-secret-of-this-test"
Connect = Callable[..., AbstractContextManager[TikTok]]


@pytest.fixture
def connect() -> Connect:
    """A client of the server at a URL: `connect(url, seconds=…)`."""

    def client(url: str, *, seconds: float = 5, connections: Connections | None = None) -> AbstractContextManager[TikTok]:
        return TikTok(
            AppId("7000"),
            Secret(APP_SECRET),
            redirect_uri="https://dashboard.example/api/auth/tiktok/callback",
            auth_url=f"{url}/portal/auth",
            api_url=f"{url}/open_api/v1.3/",
            clock=SystemClock(),
            timeout=timedelta(seconds=seconds),
            connections=connections,
        )

    return client
