from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.testing import TestClient

from domain.tokens import Secret
from entrypoints.http.app import create_app
from entrypoints.settings import EncryptionKey, Settings
from support.http_application import METRICS_TOKEN, House, over
from support.world import World


@pytest.mark.parametrize(
    "path", ("/api/platforms", "/api/nothing", "/health/live", "/schema/openapi.json", "/nowhere", "/api/auth/tiktok")
)
def test_every_answer_protects_browsers(house: House, path: str) -> None:
    headers = house.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert str(UUID(headers["x-request-id"])) == headers["x-request-id"]
    assert (headers.get("cache-control") == "no-store") is path.startswith("/api")


def test_each_request_leaves_one_line_without_its_address(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "entrypoints.http.middleware")
    state, browser = house.begin()
    house.come_back(state, browser, auth_code="a-code-nobody-may-see")
    house.get("/api/somewhere-else")
    lines = [r for r in caplog.records if r.name == "entrypoints.http.middleware"]
    told: list[Any] = [(r.method, r.route, r.status) for r in lines]  # type: ignore[attr-defined] # logged beside the message
    assert told == [("GET", "/api/auth/tiktok", 307), ("GET", "/api/auth/tiktok/callback", 307), ("GET", "(none)", 404)]
    for line in lines:
        assert state not in str(line.__dict__)
        assert "nobody-may-see" not in str(line.__dict__)


def test_figures_count_by_route_and_never_by_address(house: House) -> None:
    house.delete("/api/platforms/7")
    house.get("/api/somewhere")
    house.client.request("BREW", "/api/platforms", headers=house.headers())
    figures = house.get("/metrics", owner=None, Authorization=f"Bearer {METRICS_TOKEN}")
    assert figures.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    pid = os.getpid()
    assert (
        f'http_requests_total{{method="DELETE",pid="{pid}",route="/api/platforms/{{connection}}",status="404"}} 1.0'
        in figures.text
    )
    assert f'http_requests_total{{method="GET",pid="{pid}",route="(none)",status="404"}} 1.0' in figures.text
    assert 'method="other"' in figures.text
    assert "somewhere" not in figures.text
    assert "BREW" not in figures.text


def test_the_fleet_is_measured_too_unless_the_database_is_away(house: House) -> None:
    scraping = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    assert "tiktok_connect_grants_due 0.0" in house.client.get("/metrics", headers=scraping).text
    house.world.database.away = True
    answer = house.client.get("/metrics", headers=scraping)
    assert answer.status_code == 200
    assert "http_requests_total" in answer.text
    assert "tiktok_connect_grants" not in answer.text


@pytest.mark.parametrize("headers", ({}, {"Authorization": "Bearer wrong"}, {"X-Forwarded-For": "127.0.0.1"}))
def test_figures_are_for_those_with_the_token(house: House, headers: dict[str, str]) -> None:
    answer = house.client.get("/metrics", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


def test_without_a_token_nobody_elsewhere_knows_of_the_figures(open_house: Callable[..., House]) -> None:
    house = open_house(METRICS_TOKEN=None)
    assert house.client.get("/metrics").status_code == 404


def test_this_machine_needs_no_token(serve_house: Callable[..., str]) -> None:
    assert httpx.get(f"{serve_house(METRICS_TOKEN=None)}/metrics").status_code == 200


@pytest.mark.parametrize("header", ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "Forwarded", "X-Real-IP", "Via"))
def test_a_proxy_on_this_machine_is_not_this_machine(serve_house: Callable[..., str], header: str) -> None:
    answer = httpx.get(f"{serve_house(METRICS_TOKEN=None)}/metrics", headers={header: "127.0.0.1"})
    assert answer.status_code == 404


def demo_settings(folder: Path) -> Settings:
    return Settings.for_demo(
        address="http://127.0.0.1:8000",
        simulator_address="http://127.0.0.1:9000",
        folder=folder,
        encryption_key=EncryptionKey("demo", Secret("00" * 32)),
        session_key=Secret("a-session-key-of-more-than-32-characters"),
        sweep_interval=timedelta(seconds=5),
    )


def test_the_demo_has_one_address(world: World, tmp_path: Path) -> None:
    with TestClient(create_app(over(world, demo_settings(tmp_path)))) as client:
        answer = client.get("/api/auth/tiktok?connectionId=7", headers={"Host": "localhost:8000"}, follow_redirects=False)
        assert answer.status_code == 307
        assert answer.headers["location"] == "http://127.0.0.1:8000/api/auth/tiktok?connectionId=7"
        assert "set-cookie" not in answer.headers
        canonical = client.get("/health/live", headers={"Host": "127.0.0.1:8000"}, follow_redirects=False)
        assert canonical.status_code == 200


def test_outside_the_demo_localhost_is_a_host_like_any_other(house: House) -> None:
    assert house.get("/health/live", owner=None, Host="localhost").status_code == 200
