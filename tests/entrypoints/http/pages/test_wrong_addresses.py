import time

import pytest

from support.scriptless_browser import PlainBrowser

BROWSERS = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

NO_FILES = [
    f"/static/connect/{name}"
    for name in ("token" * 3_000, "%C3%A9" * 200, "a%00b", "pages.css%00", "pages.css/x", "%2e%2e/page.html", "CON", "%ff")
]
"""What file systems answer with an error of their own: names too long, with a zero, or below a file."""


@pytest.mark.parametrize("path", ["/nothing", "/dashboard/nothing", "/apis", "/static/connect/nothing.css", "/%ff", *NO_FILES])
def test_a_browser_at_a_wrong_address_gets_a_page_with_a_way_onward(browser: PlainBrowser, path: str) -> None:
    answer = browser.client.get(path, headers={"Accept": BROWSERS})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "This page does not exist" in answer.text
    assert 'href="/dashboard/platforms"' in answer.text


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("/api", BROWSERS),
        ("/api/nothing", BROWSERS),
        ("/api/platforms/nothing/more", BROWSERS),
        ("/nothing", "*/*"),
        ("/nothing", "application/json"),
        ("/nothing", "application/json, text/html;q=0.5, */*;q=0.1"),
        ("/nothing", ""),
    ],
)
def test_the_api_and_whatever_is_no_browser_get_problem_details(browser: PlainBrowser, path: str, accepted: str) -> None:
    answer = browser.client.get(path, headers={"Accept": accepted})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "NOT_FOUND"


def test_a_wrong_address_keeps_who_is_signed_in(nora: PlainBrowser) -> None:
    for path in ("/nothing", "/dashboard/platforms/tiktok/cancel"):
        assert "Signed in as <b>Nora</b>" in nora.client.get(path, headers={"Accept": BROWSERS}).text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/dashboard/platforms/tiktok/cancel", 405),
        ("GET", "/dashboard/platforms/00000000-0000-7000-8000-000000000000/disconnect", 405),
        ("POST", "/dashboard/platforms", 405),
        ("POST", "/static/connect/pages.css", 405),
        ("DELETE", "/health/live", 405),
        ("GET", "/schema/page/nothing.js", 404),
        ("GET", "/metrics", 404),
    ],
)
def test_whatever_a_browser_is_refused_is_a_page(browser: PlainBrowser, method: str, path: str, status: int) -> None:
    answer = browser.client.request(method, path, headers={"Accept": BROWSERS})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert 'href="/dashboard/platforms"' in answer.text
    problem = browser.client.request(method, path, headers={"Accept": "*/*"})
    assert (problem.status_code, problem.headers["content-type"]) == (status, "application/problem+json")
    for name in ("allow", "www-authenticate", "retry-after"):
        assert answer.headers.get(name) == problem.headers.get(name)


def test_there_is_an_icon_for_answers_that_name_none(browser: PlainBrowser) -> None:
    answer = browser.get("/favicon.ico")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/x-icon")
    assert answer.content.startswith(b"\x00\x00\x01\x00")


def test_a_long_address_costs_no_time(browser: PlainBrowser) -> None:
    began = time.process_time()
    assert browser.client.get("/static/connect/" + "token" * 12_000).status_code == 404
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_static_files_are_kept_for_a_year(browser: PlainBrowser, method: str) -> None:
    answer = browser.client.request(method, "/static/connect/pages.css")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert bool(answer.content) is (method == "GET")
