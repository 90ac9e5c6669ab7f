"""The same house with nothing replaced: SQLite, the TikTok client, and a simulator of TikTok behind a socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapters.clock import SystemClock
from entrypoints.http.app import create_app
from entrypoints.http.auth.authjs import PLAIN_NAME
from support.application_on_a_socket import served
from support.deployment import SERVICE_TOKEN, Deployment, deployment
from support.openapi_checked_client import Description, description_of
from support.session_cookies import AUTH_SECRET, a_session_cookie

CRON_SECRET = "the-secret-of-the-scheduler"


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployment]:
    with deployment(tmp_path, environ={"AUTH_SECRET": AUTH_SECRET.reveal(), "CRON_SECRET": CRON_SECRET}) as one:
        yield one


@pytest.fixture
def browser(deployed: Deployment) -> Iterator[httpx.Client]:
    """Anna's browser, whose every answer is checked against the description."""
    app = create_app(deployed.container)
    description: Description = description_of(app)

    def check(response: httpx.Response) -> None:
        response.read()
        description.check(response)

    with served(app) as address, httpx.Client(base_url=address, event_hooks={"response": [check]}, timeout=20) as client:
        client.cookies.set(PLAIN_NAME, a_session_cookie(id="anna", now=SystemClock().now()))
        client.headers["Origin"] = deployed.environ["DASHBOARD_URL"]
        yield client


def consent(deployed: Deployment, browser: httpx.Client, user: str, **query: str) -> str:
    """Connect, click at TikTok, come back; where that leads."""
    begun = browser.get("/api/auth/tiktok", params=query)
    callback = deployed.tiktok.control.consent(begun.headers["location"], user=user)
    return browser.get(callback.removeprefix(deployed.environ["DASHBOARD_URL"])).headers["location"]


def test_a_whole_journey(deployed: Deployment, browser: httpx.Client) -> None:
    assert browser.get("/health/ready").json()["status"] == "ready"
    assert consent(deployed, browser, "chloe").endswith("/dashboard/platforms?success=true&platform=tiktok_ads")
    [connection] = browser.get("/api/platforms").json()["connections"]
    assert (connection["accountName"], connection["generation"]) == ("Chloe's Candles", 1)
    assert browser.post("/api/auth/tiktok/refresh", json={"connectionId": connection["id"]}).status_code == 200
    assert deployed.tiktok.control.stats()["refreshes"] == 1
    vended = browser.post(
        "/api/internal/tiktok/access-token",
        json={"connectionId": connection["id"]},
        headers={"Authorization": f"Bearer {SERVICE_TOKEN}"},
    )
    assert deployed.tiktok.control.is_live(vended.json()["accessToken"]) == [True]
    assert browser.delete(f"/api/platforms/{connection['id']}").status_code == 200
    assert browser.get("/api/platforms").json() == {"connections": []}
    cron = browser.post("/api/cron/tiktok-refresh", headers={"Authorization": f"Bearer {CRON_SECRET}"})
    assert cron.json()["success"] is True
    assert deployed.tiktok.control.stats()["revocations"] == 1
    assert deployed.tiktok.control.is_live(vended.json()["accessToken"]) == [False]


def test_choosing_among_several(deployed: Deployment, browser: httpx.Client) -> None:
    place = httpx.URL(consent(deployed, browser, "ben"))
    assert place.path == "/dashboard/platforms/tiktok/select"
    offer = place.params["pendingTokenId"]
    pending = browser.get("/api/auth/tiktok/pending", params={"id": offer}).json()
    assert (len(pending["accounts"]), len(pending["unavailableAccounts"])) == (3, 1)
    chosen = [account["accountId"] for account in pending["accounts"]]
    answer = browser.post("/api/auth/tiktok/select-account", json={"pendingTokenId": offer, "accountIds": chosen})
    assert len(answer.json()["connections"]) == 3


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    (
        ("throttle", 429, "TIKTOK_THROTTLED"),
        ("http401_throttle", 429, "TIKTOK_THROTTLED"),
        ("unavailable", 503, "TIKTOK_UNAVAILABLE"),
        ("html504", 503, "TIKTOK_UNAVAILABLE"),
        ("garbage", 503, "TIKTOK_UNAVAILABLE"),
        ("misconfigured", 503, "TIKTOK_MISCONFIGURED"),
    ),
)
def test_tiktoks_bad_days_leave_the_connection_as_it_is(
    deployed: Deployment, browser: httpx.Client, kind: str, status: int, code: str
) -> None:
    consent(deployed, browser, "chloe")
    [before] = browser.get("/api/platforms").json()["connections"]
    deployed.tiktok.control.fault("/oauth2/refresh_token/", kind)  # type: ignore[arg-type]  # the words of the control API
    answer = browser.post("/api/auth/tiktok/refresh", json={"connectionId": before["id"]})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert int(answer.headers["retry-after"]) >= 1
    [after] = browser.get("/api/platforms").json()["connections"]
    assert (after["status"], after["generation"], after["tokenExpiresAt"]) == ("active", 1, before["tokenExpiresAt"])


def test_without_its_database_the_house_says_so_and_recovers(deployed: Deployment, browser: httpx.Client, tmp_path: Path) -> None:
    assert browser.get("/health/ready").status_code == 200
    deployed.container.database().dispose()
    file, away = tmp_path / "connect.db", tmp_path / "away.db"
    file.rename(away)
    file.mkdir()  # what is no file can't be opened as a database
    for path in ("/api/platforms", "/health/ready"):
        assert browser.get(path).status_code == 503
    assert browser.get("/health/live").status_code == 200
    file.rmdir()
    away.rename(file)
    assert browser.get("/health/ready").status_code == 200
    assert browser.get("/api/platforms").status_code == 200
