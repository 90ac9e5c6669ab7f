import pytest

from support.scriptless_browser import PlainBrowser

BROWSERS = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/nothing", "/dashboard/nothing", "/apis", "/static/connect/nothing.css", "/%ff"])
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
