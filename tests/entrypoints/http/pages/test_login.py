from urllib.parse import quote

import pytest

from entrypoints.http.auth.demo_sessions import COOKIE_NAME
from support.scriptless_browser import ADDRESS, PlainBrowser

CHOICE = "0190a7c4-0000-7000-8000-000000000007"


def test_the_demos_front_door_leads_to_the_platforms(browser: PlainBrowser) -> None:
    answer = browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{ADDRESS}/dashboard/platforms")


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back_to_the_page_they_wanted(browser: PlainBrowser) -> None:
    answer = browser.get("/dashboard/platforms/tiktok/select", pendingTokenId=CHOICE)
    wanted = quote(f"/dashboard/platforms/tiktok/select?pendingTokenId={CHOICE}", safe="")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{ADDRESS}/login?callbackUrl={wanted}")


def test_a_form_without_a_session_is_not_carried_through_the_sign_in(browser: PlainBrowser) -> None:
    answer = browser.post("/dashboard/platforms/tiktok/select", pendingTokenId="x")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ADDRESS}/login?callbackUrl=%2Fdashboard%2Fplatforms")


def test_whose_session_ended_while_choosing_comes_back_to_the_choice(browser: PlainBrowser) -> None:
    form = f"/dashboard/platforms/tiktok/select?pendingTokenId={CHOICE}"
    answer = browser.post(form, pendingTokenId=CHOICE, accountIds="1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ADDRESS}/login?callbackUrl={quote(form, safe='')}")


def test_signing_in_begins_a_session_that_scripts_cannot_read_and_goes_where_one_wanted_to_go(browser: PlainBrowser) -> None:
    answer = browser.post("/login", user="demo-nora", callbackUrl="/dashboard/platforms?code=X")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ADDRESS}/dashboard/platforms")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"{COOKIE_NAME}=")
    assert {"httponly", "path=/", "samesite=lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Signed in as <b>Nora</b>" in browser.page()


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        r"/\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "évil",
        "",
        "/evil",
        "/dashboard/platforms/../evil",
        "/dashboard/platforms/",
        "/dashboard/platforms?next=//evil.example",
    ],
)
def test_signing_in_leads_nowhere_but_to_a_path_of_this_site(browser: PlainBrowser, elsewhere: str) -> None:
    assert "evil" not in browser.get("/login", callbackUrl=elsewhere).text
    answer = browser.post("/login", user="demo-nora", callbackUrl=elsewhere)
    assert answer.headers["location"] == f"{ADDRESS}/dashboard/platforms"


@pytest.mark.parametrize(
    ("asked", "kept"),
    (
        ("/dashboard/platforms?code=X&error=evil", "/dashboard/platforms"),
        ("/dashboard/platforms/tiktok/select?pendingTokenId=a%26b", "/dashboard/platforms/tiktok/select"),
        (f"/dashboard/platforms/tiktok/select?pendingTokenId={'0' * 36}&evil=1", "/dashboard/platforms/tiktok/select"),
        ("/dashboard/platforms/tiktok/spend?from=evil", "/dashboard/platforms/tiktok/spend"),
    ),
)
def test_nothing_of_an_address_is_carried_through_the_sign_in_but_which_page_it_was(
    browser: PlainBrowser, asked: str, kept: str
) -> None:
    answer = browser.get(asked)
    assert answer.headers["location"] == f"{ADDRESS}/login?callbackUrl={quote(kept, safe='')}"
    assert browser.post("/login", user="demo-nora", callbackUrl=asked).headers["location"] == f"{ADDRESS}{kept}"


def test_nobody_unknown_can_sign_in(browser: PlainBrowser) -> None:
    answer = browser.post("/login", user="root", callbackUrl="/dashboard/platforms")
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


def test_no_other_site_signs_anybody_in(browser: PlainBrowser) -> None:
    assert browser.post("/login", user="demo-nora", origin="https://evil.example").status_code == 403
    assert browser.post("/login", user="demo-nora", origin="null").status_code == 403


def test_outside_the_demo_nobody_signs_in_here(deployed: PlainBrowser) -> None:
    answers = [deployed.get("/"), deployed.get("/login"), deployed.post("/login", user="demo-nora")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert all("Demo." not in answer.text for answer in answers)


def test_outside_the_demo_the_dashboards_own_sign_in_is_asked(deployed: PlainBrowser) -> None:
    answer = deployed.get("/dashboard/platforms")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{ADDRESS}/login?callbackUrl=%2Fdashboard%2Fplatforms")


@pytest.mark.parametrize("path", ("/login", "/dashboard/platforms/tiktok/select", "/dashboard/platforms/tiktok/cancel"))
@pytest.mark.parametrize("kind", ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=nobody-knows"))
def test_a_form_in_an_unknown_charset_is_a_bad_request(nora: PlainBrowser, path: str, kind: str) -> None:
    part = b'Content-Disposition: form-data; name="user"\r\nContent-Type: text/plain; charset=nobody-knows\r\n\r\nabc'
    headers = {"Content-Type": kind, "Origin": ADDRESS}
    answer = nora.client.post(path, content=b"--x\r\n" + part + b"\r\n--x--\r\n", headers=headers)
    assert answer.status_code == 400
