from __future__ import annotations

import re
from collections.abc import Callable

import jsonschema
import pytest
from playwright.sync_api import sync_playwright

from entrypoints.http import error_codes_and_sentences as codes
from support.http_application import VENDING, House
from support.openapi_checked_client import description_of

LATER = set[str]()
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
        ("GET", "/api/spend"),
        ("GET", "/api/internal/spend"),
        ("DELETE", "/api/internal/users/{user}"),
        ("GET", "/health/live"),
        ("HEAD", "/health/live"),
        ("GET", "/health/ready"),
        ("HEAD", "/health/ready"),
        ("GET", "/metrics"),
    }


def test_every_body_that_the_description_shows_is_accepted(house: House) -> None:
    tried = 0
    for path, item in description_of(house.app).document["paths"].items():
        for method, operation in item.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                assert content["examples"], f"{method} {path} shows no body"
                for shown in content["examples"].values():
                    bearer = {"Authorization": f"Bearer {VENDING}"} if "internal" in path else house.headers()
                    answer = house.client.request(method, path, json=shown["value"], headers=bearer)
                    assert answer.status_code == 404, f"{shown} at {path}: {answer.text}"
                    tried += 1
    assert tried >= 6


def test_every_operation_is_named_by_a_verb(house: House) -> None:
    paths = description_of(house.app).document["paths"]
    assert {(method, path): operation["operationId"] for path, item in paths.items() for method, operation in item.items()} == {
        ("get", "/api/auth/tiktok"): "connectTikTok",
        ("get", "/api/auth/tiktok/callback"): "completeConnect",
        ("get", "/api/auth/tiktok/pending"): "listOfferedAccounts",
        ("post", "/api/auth/tiktok/select-account"): "selectAccounts",
        ("post", "/api/auth/tiktok/refresh"): "refreshTokens",
        ("post", "/api/cron/tiktok-refresh"): "refreshDueTokens",
        ("get", "/api/cron/tiktok-refresh"): "refreshDueTokensByGet",
        ("get", "/api/platforms"): "listConnections",
        ("delete", "/api/platforms/{connection}"): "disconnectAccount",
        ("post", "/api/internal/tiktok/access-token"): "vendToken",
        ("get", "/api/spend"): "showSpend",
        ("get", "/api/internal/spend"): "listSpend",
        ("delete", "/api/internal/users/{user}"): "eraseUser",
        ("get", "/health/live"): "checkLiveness",
        ("head", "/health/live"): "checkLivenessByHead",
        ("get", "/health/ready"): "checkReadiness",
        ("head", "/health/ready"): "checkReadinessByHead",
        ("get", "/metrics"): "readMetrics",
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


def test_examples_of_fields_fit_their_field(house: House) -> None:
    document = description_of(house.app).document
    known = {"components": document["components"]}
    said = [field for schema in document["components"]["schemas"].values() for field in schema.get("properties", {}).values()]
    examples = [(example, field) for field in said for example in field.get("examples", ())]
    assert len(examples) > 30
    for example, field in examples:
        jsonschema.validate(example, field | known)


def test_examples_of_responses_fit_their_response(house: House) -> None:
    document = description_of(house.app).document
    known = {"components": document["components"]}
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    responses = [response for operation in operations for response in operation["responses"].values()]
    contents = [content for response in responses for content in response.get("content", {}).values()]
    examples = [(example, content["schema"]) for content in contents for example in content.get("examples", {}).values()]
    assert len(examples) > 60
    for example, schema in examples:
        assert example.keys() <= {"summary", "value"}
        jsonschema.validate(example["value"], schema | known)


def test_what_waits_says_how_long_and_what_leads_on_says_where(house: House) -> None:
    paths = description_of(house.app).document["paths"]
    assert "Location" in paths["/api/auth/tiktok/callback"]["get"]["responses"]["307"]["headers"]
    assert "content" not in paths["/api/auth/tiktok/callback"]["get"]["responses"]["307"]
    refusals = paths["/api/auth/tiktok/refresh"]["post"]["responses"]
    assert "Retry-After" in refusals["503"]["headers"]
    assert "Retry-After" in refusals["429"]["headers"]
    assert "WWW-Authenticate" in refusals["401"]["headers"]


def test_the_page_works_in_a_browser_under_its_own_policy(serve_house: Callable[..., str], chromium_path: str) -> None:
    address = serve_house()
    complaints: list[str] = []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"]) as browser,
        browser.new_page() as page,
    ):
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if not local(request.url, address) else None)
        page.goto(f"{address}/schema")
        page.get_by_text("/api/auth/tiktok/refresh", exact=True).click()
        page.get_by_text("TIKTOK_ROTATION_IN_DOUBT").first.wait_for()
    assert complaints == []


def local(url: str, address: str) -> bool:
    return url.startswith((address, "data:"))


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
