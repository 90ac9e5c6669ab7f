from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.testing import TestClient

from application.list_spend_lines import ListSpendLines
from domain.spend_columns import SpendLine
from domain.tokens import Secret
from entrypoints.http import middleware
from entrypoints.http.app import create_app
from entrypoints.settings import EncryptionKey, Settings
from support.http_application import METRICS_TOKEN, House, a_cookie, over
from support.processes import eventually
from support.world import ANNA, World


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
    assert 'http_requests_total{method="DELETE",route="/api/platforms/{connection}",status="404"} 1.0' in figures.text
    assert 'http_requests_total{method="GET",route="(none)",status="404"} 1.0' in figures.text
    assert 'method="other"' in figures.text
    assert "somewhere" not in figures.text
    assert "BREW" not in figures.text


def test_the_fleet_is_measured_too_unless_the_database_is_away(house: House) -> None:
    scraping = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    assert "tiktok_connect_grants_due 0.0" in house.client.get("/metrics", headers=scraping).text
    house.world.database.away = True
    answer = house.client.get("/metrics", headers=scraping)
    assert answer.status_code == 200
    assert "tiktok_connect_database_up 0.0" in answer.text
    assert "tiktok_connect_grants" not in answer.text


BY_A_PROXY = "4bf92f35-77b3.4da6:a3ce/929d+0e=0e@47_36"


def test_the_request_id_of_a_trusted_proxy_is_taken_over(
    serve_house: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "entrypoints.http.middleware")
    address = serve_house(TRUSTED_PROXIES="127.0.0.0/8")
    answer = httpx.get(f"{address}/api/platforms", headers={"X-Request-ID": BY_A_PROXY})
    assert answer.headers.get_list("x-request-id") == [BY_A_PROXY]


@pytest.mark.parametrize("given", ("", "a b", "a" * 129, "id;drop", "<b>", "a,b"))
def test_a_request_id_that_could_be_anything_is_not(serve_house: Callable[..., str], given: str) -> None:
    answer = httpx.get(f"{serve_house(TRUSTED_PROXIES='127.0.0.0/8')}/health/live", headers=[("X-Request-ID", given)])
    assert str(UUID(answer.headers["x-request-id"])) == answer.headers["x-request-id"]


def test_two_request_ids_are_none(serve_house: Callable[..., str]) -> None:
    twice = [("X-Request-ID", "one"), ("X-Request-ID", "two")]
    answer = httpx.get(f"{serve_house(TRUSTED_PROXIES='127.0.0.0/8')}/health/live", headers=twice)
    assert str(UUID(answer.headers["x-request-id"])) == answer.headers["x-request-id"]


@pytest.mark.parametrize("trusted", (None, "10.0.0.0/8"))
def test_nobody_else_names_a_request(serve_house: Callable[..., str], trusted: str | None) -> None:
    answer = httpx.get(f"{serve_house(TRUSTED_PROXIES=trusted)}/health/live", headers={"X-Request-ID": BY_A_PROXY})
    assert str(UUID(answer.headers["x-request-id"])) == answer.headers["x-request-id"]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for longer than a moment."""
    monkeypatch.setattr(middleware, "ANSWER_WITHIN", timedelta(milliseconds=200))


@pytest.mark.usefixtures("hurried")
def test_an_answer_in_pieces_has_its_time_for_each_of_them(
    serve_house: Callable[..., str], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, stuck = threading.Event(), threading.Event()

    def pieces(*_args: object, **_named: object) -> Iterator[list[SpendLine]]:
        for _ in range(5):
            time.sleep(0.1)
            yield []
        if stuck.is_set():
            released.wait(20)

    monkeypatch.setattr(ListSpendLines, "__call__", pieces)
    address = f"{serve_house()}/api/spend?from=2030-01-01&to=2030-01-02"
    headers = {"Cookie": a_cookie(ANNA, world.clock.now()), "Accept": "text/csv"}
    assert httpx.get(address, headers=headers).text.startswith("date,campaignId")
    stuck.set()
    try:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(address, headers=headers)
    finally:
        released.set()


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("path", "accepted", "kind"),
    [
        ("/api/platforms", "*/*", "application/problem+json"),
        ("/api/platforms", "text/html", "application/problem+json"),
        ("/dashboard/platforms", "text/html,*/*", "text/html; charset=utf-8"),
    ],
)
def test_what_takes_too_long_is_answered_in_time(open_house: Callable[..., House], path: str, accepted: str, kind: str) -> None:
    house, released = open_house(), threading.Event()
    house.container.list_connections.override(lambda *_: released.wait(20))
    try:
        answer = house.get(path, Accept=accepted)
    finally:
        released.set()
    assert (answer.status_code, answer.headers["content-type"]) == (503, kind)
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize("path", ("/api/auth/tiktok/refresh", "/api/auth/tiktok/select-account"))
def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_error_of_ours(
    house: House, serve_house: Callable[..., str], caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level(logging.INFO, "entrypoints.http.middleware")
    address = httpx.URL(serve_house())
    headers = "".join(f"{name}: {value}\r\n" for name, value in house.headers().items())
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\n{headers}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    with socket.create_connection((address.host, address.port or 0)) as client:
        client.sendall(head.encode())
        time.sleep(0.2)
    eventually(lambda: "request" in caplog.messages)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


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


@pytest.mark.parametrize("host", ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[", "", "10.0.0.7"))
def test_the_demo_answers_to_no_other_name(world: World, tmp_path: Path, host: str) -> None:
    with TestClient(create_app(over(world, demo_settings(tmp_path)))) as client:
        for path in ("/", "/api/platforms", "/login", "/health/live", "/static/connect/pages.css"):
            assert client.get(path, headers={"Host": host}, follow_redirects=False).status_code == 404


def test_the_figures_are_not_for_pages_whose_name_leads_to_this_machine(serve_house: Callable[..., str]) -> None:
    address = serve_house(METRICS_TOKEN=None)
    for host, status in (("rebound.example", 404), ("localhost:8000", 200), ("127.0.0.1", 200)):
        assert httpx.get(f"{address}/metrics", headers={"Host": host}).status_code == status


def test_behind_tls_browsers_are_told_to_stay_there_without_a_word_about_subdomains(open_house: Callable[..., House]) -> None:
    encrypted = open_house().client.get("/health/live").headers
    assert encrypted["strict-transport-security"] == "max-age=31536000"
    plain = open_house(
        DASHBOARD_URL="http://localhost:3000", TIKTOK_REDIRECT_URI="http://localhost:3000/api/auth/tiktok/callback"
    )
    assert "strict-transport-security" not in plain.client.get("/health/live").headers


def test_no_other_site_holds_a_window_of_ours_or_loads_what_is_ours(house: House) -> None:
    for path in ("/health/live", "/api/platforms", "/dashboard/platforms", "/static/connect/pages.css", "/nowhere"):
        headers = house.get(path).headers
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_outside_the_demo_localhost_is_a_host_like_any_other(house: House) -> None:
    assert house.get("/health/live", owner=None, Host="localhost").status_code == 200
