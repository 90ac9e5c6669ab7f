"""Connect, rotate and reconnect under each kind of tokens that TikTok gives, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.clock import SystemClock
from entrypoints.container import Container, build
from entrypoints.http.app import create_app
from entrypoints.http.auth.authjs import PLAIN_NAME
from entrypoints.settings import load_settings
from support.application_on_a_socket import served
from support.deployment import Deployment, deployment
from support.session_cookies import AUTH_SECRET, a_session_cookie

WAYS = {
    "v1.3 rotating": ("v1.3", "as-issued", "rotating", False),
    "v1.3 long-term": ("v1.3", "as-issued", "long-term", True),
    "short at v2.0": ("v2.0", "short", "long-term", False),
    "long at v2.0": ("v2.0", "long", "rotating", True),
}
"""Version, what is asked for, what v1.3 would give, and whether the tokens are long-term."""


@dataclass
class Visit:
    """Anna's browser at a deployment."""

    here: Deployment
    browser: httpx.Client

    def consent(self, **query: str) -> str:
        begun = self.browser.get("/api/auth/tiktok", params=query)
        callback = self.here.tiktok.control.consent(begun.headers["location"], user="chloe")
        return self.browser.get(callback.removeprefix(self.here.environ["DASHBOARD_URL"])).headers["location"]

    def connection(self) -> dict[str, Any]:
        [connection] = self.browser.get("/api/platforms").json()["connections"]
        return dict(connection)

    def refresh(self) -> httpx.Response:
        return self.browser.post("/api/auth/tiktok/refresh", json={"connectionId": self.connection()["id"]})


@contextmanager
def visited(here: Deployment, container: Container) -> Iterator[Visit]:
    with served(create_app(container)) as address, httpx.Client(base_url=address, timeout=20) as browser:
        browser.cookies.set(PLAIN_NAME, a_session_cookie(id="anna", now=SystemClock().now()))
        browser.headers["Origin"] = here.environ["DASHBOARD_URL"]
        yield Visit(here, browser)


@contextmanager
def deployed(folder: Path, way: str) -> Iterator[Deployment]:
    version, term, profile, _ = WAYS[way]
    environ = {"AUTH_SECRET": AUTH_SECRET.reveal(), "TIKTOK_TOKEN_TERM": term}
    with deployment(folder, environ=environ, auth_version=version) as here:
        here.tiktok.control.configure(profile=profile)
        yield here


@pytest.mark.parametrize("way", WAYS)
def test_connect_rotate_and_reconnect(tmp_path: Path, way: str) -> None:
    version, *_, long_term = WAYS[way]
    with deployed(tmp_path, way) as here, visited(here, here.container) as anna:
        assert "success=true" in anna.consent()
        first = anna.connection()
        assert (first["tokenExpiresAt"] is None) is long_term
        assert anna.refresh().json() == {"success": True, "tokenExpiresAt": anna.connection()["tokenExpiresAt"]}
        assert anna.connection()["generation"] == (1 if long_term else 2)
        here.tiktok.control.revoke("chloe")
        assert anna.refresh().status_code == 401
        assert "success=true" in anna.consent(connectionId=first["id"])
        again = anna.connection()
        assert (again["id"], again["health"]["state"], again["generation"]) == (first["id"], "ok", 1)
        assert anna.refresh().status_code == 200
        rotated = {seen.path for seen in here.tiktok.control.requests("/oauth2/refresh_token/")}
        assert rotated == (set() if long_term else {f"/open_api/{version}/oauth2/refresh_token/"})


@pytest.mark.parametrize(
    ("before", "after"),
    (("short at v2.0", "long at v2.0"), ("long at v2.0", "short at v2.0"), ("v1.3 long-term", "short at v2.0")),
)
def test_a_dead_token_of_one_term_is_healed_by_a_consent_of_the_other(tmp_path: Path, before: str, after: str) -> None:
    with deployed(tmp_path, before) as here, ExitStack() as visits:
        anna = visits.enter_context(visited(here, here.container))
        anna.consent()
        first = anna.connection()
        here.tiktok.control.revoke("chloe")
        version, term, profile, long_term = WAYS[after]
        here.tiktok.control.configure(profile=profile)
        changed = {"TIKTOK_TOKEN_TERM": term, "TIKTOK_AUTH_API_URL": f"{here.tiktok.url}/open_api/{version}"}
        container = build(load_settings(here.environ | changed))
        visits.callback(container.database().dispose)
        visits.callback(container.platform().close)
        anna = visits.enter_context(visited(here, container))
        assert "success=true" in anna.consent(connectionId=first["id"])
        healed = anna.connection()
        assert (healed["id"], healed["health"]["state"]) == (first["id"], "ok")
        assert (healed["tokenExpiresAt"] is None) is long_term
        assert anna.refresh().status_code == 200


def test_a_grant_goes_on_at_the_version_that_gave_it_after_the_setting_changed(tmp_path: Path) -> None:
    with deployed(tmp_path, "v1.3 rotating") as here, ExitStack() as visits:
        visits.enter_context(visited(here, here.container)).consent()
        changed = {"TIKTOK_TOKEN_TERM": "short", "TIKTOK_AUTH_API_URL": f"{here.tiktok.url}/open_api/v2.0"}
        container = build(load_settings(here.environ | changed))
        visits.callback(container.database().dispose)
        visits.callback(container.platform().close)
        assert visits.enter_context(visited(here, container)).refresh().status_code == 200
        assert [seen.path for seen in here.tiktok.control.requests("/oauth2/refresh_token/")] == [
            "/open_api/v1.3/oauth2/refresh_token/"
        ]
