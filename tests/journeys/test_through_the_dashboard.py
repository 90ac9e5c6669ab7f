"""A real Next.js app with the rewrites of docs/dashboard.md in front of our server, and its database beside it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send

from domain.ids import OwnerId
from entrypoints.http.app import create_app
from support import servers
from support.application_on_a_socket import served
from support.dashboard_database import DashboardDatabase
from support.deployment import Deployment, deployment
from support.nextjs_dashboard import AUTH_SECRET, Build, Dashboard, built_dashboard, running_dashboard
from support.processes import eventually

DOCUMENT = Path(__file__).parents[2] / "docs/dashboard.md"
CRON_SECRET = "a-cron-secret-of-these-tests"
LONG_CALLBACK = 25
"""Seconds: longer than any callback takes. Next.js gives up at 30."""


@dataclass
class SlowCallbacks:
    """Our application, whose callbacks are answered late once it is told so."""

    app: Litestar
    seconds: float = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["path"] == "/api/auth/tiktok/callback":
            await asyncio.sleep(self.seconds)
        await self.app(scope, receive, send)


def documented_config() -> str:
    """The block of the document, with the line that it leaves to the reader."""
    found = re.search(r"```js\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert found
    complete = found[1].replace("// { source:", "{ source:")
    assert complete != found[1]
    return complete


@dataclass(frozen=True)
class Place:
    """Both servers, the dashboard's being the only one that people know."""

    dashboard: Dashboard
    ours: Deployment
    app: SlowCallbacks

    def callback(self, browser: httpx.Client, user: str, accounts: list[str]) -> str:
        """A person's way to the consent page and through it; the address of the callback that TikTok sends them to."""
        begun = browser.get("/api/auth/tiktok")
        assert begun.status_code == 307, begun.text
        return self.ours.tiktok.control.consent(begun.headers["location"], user=user, advertiser_ids=accounts)

    def accounts(self, user: str) -> list[str]:
        return [account.advertiser_id for account in self.ours.tiktok.machine.accounts(user)]

    def connections(self, browser: httpx.Client) -> list[str]:
        """What our own list has, asked without the dashboard and with its cookie."""
        listed = httpx.get(f"{self.ours.address}/api/platforms", cookies=dict(browser.cookies)).raise_for_status()
        return [connection["id"] for connection in listed.json()["connections"]]


@contextmanager
def place(build: Build, folder: Path, database: DashboardDatabase) -> Iterator[Place]:
    port = servers.free_port()
    address = f"http://127.0.0.1:{port}"
    environ = {
        "AUTH_SECRET": AUTH_SECRET,
        "DASHBOARD_URL": address,
        "TIKTOK_REDIRECT_URI": f"{address}/api/auth/tiktok/callback",
        "CRON_SECRET": CRON_SECRET,
        "WAB_DATABASE_URL": database.url,
    }
    with deployment(folder, environ=environ, port=build.connect_port) as ours:
        app = SlowCallbacks(create_app(ours.container))
        with served(app, port=build.connect_port), running_dashboard(build, port, folder) as dashboard:
            eventually(lambda: ours.container.check_mirror().counts().note.writes)
            yield Place(dashboard, ours, app)


@pytest.mark.timeout(900)  # the first run installs packages and builds
def test_the_documents_rewrites_bring_ours_to_us_and_leave_the_dashboards_own(
    tmp_path: Path, new_dashboard: DashboardDatabase
) -> None:
    users = [OwnerId(str(uuid4())) for _ in range(2)]
    for user in users:
        new_dashboard.add_user(user)
    with (
        built_dashboard(documented_config()) as build,
        place(build, tmp_path, new_dashboard) as here,
        here.dashboard.signed_in(users[0]) as anna,
        here.dashboard.signed_in(users[1]) as ben,
        ThreadPoolExecutor(1) as meanwhile,
    ):
        assert_a_session_is_needed(here)
        connection = assert_connecting_works(here, anna)
        assert [row.id for row in new_dashboard.shown_to(users[0])] == [connection]
        offer = assert_several_accounts_come_to_our_page(here, anna)
        slow = meanwhile.submit(slow_callback, here, ben)
        assert_static_files_are_ours(anna, offer)
        assert_spend_is_ours(anna)
        assert_the_cron_endpoint_is_ours(here)
        assert_the_list_and_v4_ids_stay_the_dashboards(anna)
        assert_disconnect_is_ours(here, anna, connection)
        assert new_dashboard.shown_to(users[0]) == []
        seconds, location = slow.result()
        assert seconds > LONG_CALLBACK
        assert location == f"{here.dashboard.address}/dashboard/platforms?success=true&platform=tiktok_ads"
        assert [row.status for row in new_dashboard.shown_to(users[1])] == ["active"]


def assert_a_session_is_needed(here: Place) -> None:
    begun = httpx.get(f"{here.dashboard.address}/api/auth/tiktok")
    assert begun.headers["location"] == f"{here.dashboard.address}/login?callbackUrl=%2Fapi%2Fauth%2Ftiktok"


def assert_connecting_works(here: Place, browser: httpx.Client) -> str:
    """The cookie that Auth.js made opens our door, and the browser's own cookie of ours comes and goes through the dashboard."""
    [account, *_] = here.accounts("ana")
    back = browser.get(here.callback(browser, "ana", [account]))
    assert back.headers["location"] == f"{here.dashboard.address}/dashboard/platforms?success=true&platform=tiktok_ads"
    [connection] = here.connections(browser)
    return connection


def assert_several_accounts_come_to_our_page(here: Place, browser: httpx.Client) -> str:
    """Our page to choose on, with the line that the document leaves to the reader; returns it."""
    back = browser.get(here.callback(browser, "ana", here.accounts("ana")))
    assert back.headers["location"].startswith(f"{here.dashboard.address}/dashboard/platforms/tiktok/select?")
    shown = browser.get(back.headers["location"]).raise_for_status()
    assert "Choose accounts" in shown.text
    return shown.text


def slow_callback(here: Place, browser: httpx.Client) -> tuple[float, str]:
    """How long a callback took, and where it led."""
    callback = here.callback(browser, "chloe", here.accounts("chloe"))
    here.app.seconds = LONG_CALLBACK
    before = time.monotonic()
    answer = browser.get(callback)
    assert answer.status_code == 307, answer.text
    return time.monotonic() - before, answer.headers["location"]


def assert_static_files_are_ours(browser: httpx.Client, page: str) -> None:
    files = re.findall(r'"(/static/connect/[^"]+)"', page)
    kinds = {browser.get(file).raise_for_status().headers["content-type"].partition(";")[0] for file in files}
    assert {"text/css", "text/javascript", "image/svg+xml"} <= kinds


def assert_spend_is_ours(browser: httpx.Client) -> None:
    figures = browser.get("/api/spend", params={"from": "2026-11-01", "to": "2026-11-07"})
    assert isinstance(figures.raise_for_status().json()["rows"], list)
    page = browser.get("/dashboard/platforms/tiktok/spend", headers={"Accept": "text/html"})
    assert "/static/connect/" in page.raise_for_status().text


def assert_the_cron_endpoint_is_ours(here: Place) -> None:
    headers = {"Authorization": f"Bearer {CRON_SECRET}"}
    answer = httpx.post(f"{here.dashboard.address}/api/cron/tiktok-refresh", headers=headers, timeout=30)
    assert answer.raise_for_status().json()["success"] is True


def assert_the_list_and_v4_ids_stay_the_dashboards(browser: httpx.Client) -> None:
    own = str(uuid4())
    headers = {"Origin": str(browser.base_url).rstrip("/")}
    assert browser.get("/api/platforms").raise_for_status().json()["answeredBy"] == "the dashboard"
    assert browser.delete(f"/api/platforms/{own}", headers=headers).json() == {"answeredBy": "the dashboard", "id": own}


def assert_disconnect_is_ours(here: Place, browser: httpx.Client, connection: str) -> None:
    """With the cookie and the Origin that the browser sent: neither is optional."""
    path, origin = f"/api/platforms/{connection}", str(browser.base_url).rstrip("/")
    assert httpx.delete(f"{origin}{path}", headers={"Origin": origin}).status_code == 401
    assert browser.delete(path, headers={"Origin": "https://evil.example"}).json()["code"] == "ORIGIN_REFUSED"
    assert browser.delete(path).json()["code"] == "ORIGIN_REFUSED"
    assert browser.delete(path, headers={"Origin": origin}).raise_for_status().json()["message"].startswith("Disconnected.")
    assert here.connections(browser) == []
