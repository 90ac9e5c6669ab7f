from __future__ import annotations

import re

import pytest

from documented import description_of
from entrypoints.http import codes
from http_house import House

LATER = {codes.RATE_LIMITED.name}
REDIRECTS_ONLY = {
    "TIKTOK_AUTH_DENIED",
    "TIKTOK_INVALID_STATE",
    "TIKTOK_TOKEN_EXCHANGE_FAILED",
    "TIKTOK_NO_ADVERTISERS",
    "TIKTOK_ACCOUNT_MISMATCH",
}


def test_every_row_of_the_api_is_described(house: House) -> None:
    document = house.get("/schema/openapi.json", owner=None).json()
    assert document["openapi"].startswith("3.1")
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert described == {
        ("GET", "/api/auth/tiktok"),
        ("GET", "/api/auth/tiktok/callback"),
        ("GET", "/api/auth/tiktok/pending"),
        ("POST", "/api/auth/tiktok/select-account"),
        ("POST", "/api/auth/tiktok/refresh"),
        ("GET", "/api/cron/tiktok-refresh"),
        ("POST", "/api/cron/tiktok-refresh"),
        ("GET", "/api/platforms"),
        ("DELETE", "/api/platforms/{connection}"),
        ("POST", "/api/internal/tiktok/access-token"),
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/metrics"),
    }


def test_every_code_that_can_arise_is_described_with_an_example(house: House) -> None:
    document = description_of(house.app).document
    described: set[str] = set()
    for item in document["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                for name, example in response.get("content", {}).get("application/problem+json", {}).get("examples", {}).items():
                    assert example["value"]["code"] == name
                    assert example["value"]["status"] == int(status)
                    described.add(name)
    framework = {codes.METHOD_NOT_ALLOWED.name}
    assert described == set(codes.SENTENCES) - LATER - REDIRECTS_ONLY - framework


def test_what_needs_a_session_or_a_secret_says_so(house: House) -> None:
    document = description_of(house.app).document
    schemes = document["components"]["securitySchemes"]
    assert schemes["session"]["name"] == "__Secure-authjs.session-token"
    for path, item in document["paths"].items():
        for operation in item.values():
            for need in operation.get("security", []):
                assert need.keys() <= schemes.keys()
            open_to_all = path.startswith("/health") or path in {"/api/auth/tiktok", "/api/auth/tiktok/callback"}
            assert bool(operation.get("security")) is not open_to_all, path


@pytest.mark.parametrize(
    "path", ("/schema", "/schema/page/swagger-ui-bundle.js", "/schema/page/swagger-ui.css", "/schema/page/start.js")
)
def test_the_page_loads_nothing_from_elsewhere(house: House, path: str) -> None:
    answer = house.get(path, owner=None)
    assert answer.status_code == 200
    assert answer.content
    if path == "/schema":
        addresses = re.findall(r"(?:src|href|url)=[\"']([^\"']+)", answer.text)
        assert addresses
        for address in addresses:
            assert address.startswith("/schema/")
            assert house.get(address, owner=None).status_code == 200
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "<script>" not in answer.text


def test_only_the_files_of_the_page_are_served(house: House) -> None:
    for name in ("index.html", "..%2f__init__.py", "swagger-ui-bundle.js.map"):
        assert house.get(f"/schema/page/{name}", owner=None).status_code == 404
