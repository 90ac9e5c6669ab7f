"""What things cost, in statements, round trips, bytes and calls: these are the same on every machine, as seconds are not.

Each count is the one of today. More is a regression; who needs less writes the lesser one here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from litestar.testing import TestClient
from sqlalchemy import text

from adapters.memory.clock import MemoryClock
from adapters.memory.executor import SerialExecutor
from adapters.sql.claims_and_settlements import SqlClaims
from application.rotation.outage_aware_claims import HOLD_BACK, Contact
from domain.ids import AppId, ConnectionId
from domain.outcomes import Issued
from domain.tokens import FIRST_VERSION, Secret
from entrypoints.container import Container, build
from entrypoints.http.app import create_app
from support.deployment import deployment
from support.http_application import DASHBOARD, VENDING, a_cookie, some_settings
from support.round_trips import RoundTrips
from support.stored_grants import LIVES, make_all_due, store_grants

GRANTS = 40

VEND, PAGE = (4, 6), (6, 12)
"""Statements and round trips of one request, what begins and ends its transactions included."""

GRANT_BYTES, GRANT_INDEX_BYTES = 2_100, 720
"""The former with its connection, its reach and all indexes; the latter of the indexes of its own row."""


class WillingPlatform:
    """It answers every refresh at once."""

    def __init__(self, app: AppId) -> None:
        self.app = app

    def refresh(self, _token: Secret, _version: str = FIRST_VERSION) -> Issued:
        return Issued(Secret(secrets.token_hex(32)), Secret(secrets.token_hex(32)), LIVES)


@dataclass(frozen=True, slots=True)
class Site:
    """Grants in a real database, and the container over it, in which no time passes but by sleeping."""

    container: Container
    connections: list[ConnectionId]
    clock: MemoryClock

    @property
    def on_postgres(self) -> bool:
        return self.container.database().is_postgres

    def counted(self) -> RoundTrips:
        return RoundTrips(self.container.database().engine)


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    url = str(request.getfixturevalue(f"migrated_{request.param}_url"))
    settings = some_settings(DATABASE_URL=url, JOURNAL_DIR=str(tmp_path / "journal"), TIKTOK_QPS="1000")
    container, clock = build(settings), MemoryClock()
    container.clock.override(clock)
    container.platform.override(WillingPlatform(settings.tiktok.app_id))
    container.executor.override(SerialExecutor())
    claims = SqlClaims(container.database(), host=container.host(), ids=container.ids(), keys=container.keys(), clock=clock)
    container.stored_claims.override(claims)  # by the same clock, however long this machine stands still
    container.claims().contact = Contact(since=clock.monotonic() - HOLD_BACK, last=clock.monotonic())
    yield Site(container, store_grants(container, GRANTS), clock)
    container.database().dispose()


def test_a_rotation_says_no_more_to_the_database(site: Site) -> None:
    """Of one sweep over forty grants, its beginning and its end included."""
    sweep = site.container.sweep_due_grants()
    make_all_due(site.container)
    assert sweep().refreshed == GRANTS, "the first one of a process asks for more"
    make_all_due(site.container)
    trips = site.counted()
    assert sweep().refreshed == GRANTS
    trips.stop()
    attempt = 0 if site.on_postgres else 1  # SQLite, which is no trip away, has a statement of its own for the history
    assert trips.statements / GRANTS <= 2.3 + attempt
    assert trips.round_trips / GRANTS <= 4.7 + attempt


def test_a_vend_of_a_fresh_token_says_no_more_to_the_database(site: Site) -> None:
    with TestClient(create_app(site.container), base_url=DASHBOARD) as client:

        def vend() -> int:
            path, bearer = "/api/internal/tiktok/access-token", {"Authorization": f"Bearer {VENDING}"}
            return client.post(path, json={"connectionId": site.connections[0]}, headers=bearer).status_code

        assert vend() == 200, "the first one counts ten in the limit of its service"
        trips = site.counted()
        assert vend() == 200
        trips.stop()
    assert (trips.statements, trips.round_trips) == VEND, trips.said


def test_a_page_says_no_more_to_the_database(site: Site) -> None:
    with TestClient(create_app(site.container), base_url=DASHBOARD) as client:

        def look() -> int:
            return client.get("/dashboard/platforms", headers={"Cookie": a_cookie("owner-1", site.clock.now())}).status_code

        assert look() == 200
        trips = site.counted()
        assert look() == 200
        trips.stop()
    assert (trips.statements, trips.round_trips) == PAGE, trips.said


def test_a_grant_takes_no_more_room(migrated_postgres_url: str, tmp_path: Path) -> None:
    """On PostgreSQL, with its connection, its reach and all indexes, without room for changes."""
    count = 2000
    container = build(some_settings(DATABASE_URL=migrated_postgres_url, JOURNAL_DIR=str(tmp_path / "journal")))
    store_grants(container, count)
    size = "SELECT sum(pg_total_relation_size(name::regclass)) FROM (VALUES ('grants'), ('connections'), ('reach')) AS t (name)"
    indexes = "SELECT sum(pg_indexes_size(name::regclass)) FROM (VALUES ('grants')) AS t (name)"
    with container.database().reading() as connection:
        whole, of_indexes = (connection.scalar(text(query)) / count for query in (size, indexes))
    container.database().dispose()
    assert whole <= GRANT_BYTES
    assert of_indexes <= GRANT_INDEX_BYTES


def test_a_connect_makes_no_more_calls(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        here.connect()
        paths = [request.path.removeprefix("/open_api/v1.3") for request in here.tiktok.control.requests()]
    assert [path for path in paths if path.startswith(("/oauth2", "/advertiser", "/user"))] == [
        "/oauth2/access_token/",
        "/oauth2/advertiser/get/",
        "/advertiser/info/",
    ]
