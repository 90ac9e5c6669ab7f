from __future__ import annotations

import pytest

from entrypoints.http.auth.origin import write_allowed
from entrypoints.http.auth.request_headers import RequestHeaders

ALLOWED = frozenset({"https://dash.example.org", "https://admin.example.org"})


def cookie_write_allowed(*fields: tuple[str, str]) -> bool:
    return write_allowed(RequestHeaders(fields), "cookie", ALLOWED)


@pytest.mark.parametrize("origin", sorted(ALLOWED))
def test_a_page_of_the_dashboard_may_write(origin: str) -> None:
    assert cookie_write_allowed(("origin", origin))
    assert cookie_write_allowed(("origin", origin), ("sec-fetch-site", "cross-site"))


@pytest.mark.parametrize(
    "origin",
    (
        "https://evil.example",
        "http://dash.example.org",
        "https://dash.example.org:8443",
        "https://dash.example.org.evil.example",
        "https://dash.example.org/",
        "https://dash.example.org, https://evil.example",
        "null",
        "",
    ),
)
def test_any_other_origin_is_refused_whatever_else_is_sent(origin: str) -> None:
    assert not cookie_write_allowed(("origin", origin))
    assert not cookie_write_allowed(("origin", origin), ("sec-fetch-site", "same-origin"))
    assert not cookie_write_allowed(("origin", origin), ("host", origin.removeprefix("https://")))


def test_two_origins_are_refused() -> None:
    assert not cookie_write_allowed(("origin", "https://dash.example.org"), ("origin", "https://evil.example"))


@pytest.mark.parametrize(
    ("site", "allowed"), (("same-origin", True), ("same-site", False), ("cross-site", False), ("none", False), ("", False))
)
def test_without_an_origin_the_browser_must_say_same_origin(site: str, allowed: bool) -> None:
    assert cookie_write_allowed(("sec-fetch-site", site)) is allowed


def test_with_neither_a_write_is_refused() -> None:
    assert not cookie_write_allowed()
    assert not cookie_write_allowed(("referer", "https://dash.example.org/"), ("host", "dash.example.org"))


def test_a_verified_bearer_request_is_exempt() -> None:
    assert write_allowed(RequestHeaders((("origin", "https://evil.example"),)), "bearer", ALLOWED)
