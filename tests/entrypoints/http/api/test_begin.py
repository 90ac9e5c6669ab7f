from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest

from entrypoints.http import error_codes_and_sentences as codes
from entrypoints.http.auth.authjs import PLAIN_NAME
from entrypoints.http.dashboard_addresses import Addresses
from support.http_application import DASHBOARD, House
from support.session_cookies import a_session_cookie
from support.world import BERT, START

LOGIN = f"{DASHBOARD}/login?callbackUrl=%2Fapi%2Fauth%2Ftiktok"
NOBODYS = "00000000-0000-4000-8000-999999999999"


def test_connecting_leads_to_the_consent_page_with_a_new_state_each_time(house: House) -> None:
    first = house.get("/api/auth/tiktok")
    assert first.status_code == 307
    assert first.headers["cache-control"] == "no-store"
    there = urlsplit(first.headers["location"])
    assert f"{there.scheme}://{there.netloc}{there.path}" == "https://platform.invalid/consent"
    [state] = parse_qs(there.query)["state"]
    assert len(state) >= 43
    assert house.get("/api/auth/tiktok").headers["location"] != first.headers["location"]


def test_of_state_and_browser_only_digests_are_stored(house: House) -> None:
    state, browser = house.begin()
    [consent] = house.world.database.rows.consents.values()
    assert consent.state_digest == sha256(state.encode()).hexdigest()
    assert consent.browser_digest == sha256(browser.encode()).hexdigest()
    assert state not in repr(house.world.database.rows)
    assert browser not in repr(house.world.database.rows)


def test_without_a_session_one_signs_in_first(house: House) -> None:
    answer = house.get("/api/auth/tiktok", owner=None)
    assert (answer.status_code, answer.headers["location"]) == (307, LOGIN)
    assert "set-cookie" not in answer.headers


def test_an_authorization_header_that_fails_is_401_whatever_the_cookie_says(house: House) -> None:
    answer = house.get("/api/auth/tiktok", Authorization="Bearer nonsense")
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


def test_the_browser_is_known_by_a_cookie_that_scripts_and_other_sites_do_not_get(house: House) -> None:
    cookie = house.get("/api/auth/tiktok").headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    value, *attributes = rest.split("; ")
    assert name == "__Host-tiktok-connect"
    assert len(value) >= 43
    assert sorted(a.lower() for a in attributes) == ["httponly", "max-age=3600", "path=/", "samesite=lax", "secure"]


def test_all_tabs_of_a_browser_share_the_cookie(house: House) -> None:
    _, browser = house.begin()
    again = house.get("/api/auth/tiktok", browser=browser)
    assert again.cookies["__Host-tiktok-connect"] == browser


def test_a_cookie_that_cannot_be_ours_is_replaced(house: House) -> None:
    for planted in ("x", "a b", "y" * 500):
        assert house.get("/api/auth/tiktok", browser=planted).cookies["__Host-tiktok-connect"] != planted


def test_on_plain_http_the_cookie_has_no_prefix(open_house: Callable[..., House]) -> None:
    house = open_house(
        DASHBOARD_URL="http://127.0.0.1:8000", TIKTOK_REDIRECT_URI="http://127.0.0.1:8000/api/auth/tiktok/callback"
    )
    session = f"{PLAIN_NAME}={a_session_cookie(now=START)}"
    cookie = house.client.get("/api/auth/tiktok", headers={"Cookie": session}).headers["set-cookie"]
    assert cookie.startswith("tiktok-connect=")
    assert "secure" not in cookie.lower()


@pytest.mark.parametrize(
    "header",
    (
        {"RSC": "1"},
        {"Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Mode": "navigate", "RSC": "1"},
    ),
)
def test_a_prefetch_starts_nothing(house: House, header: dict[str, str]) -> None:
    for owner in ("anna", None):
        answer = house.client.get("/api/auth/tiktok", headers=house.headers(owner) | header)
        assert (answer.status_code, answer.content) == (204, b"")
        assert "set-cookie" not in answer.headers
    assert not house.world.database.rows.consents


def test_a_navigation_is_no_prefetch(house: House) -> None:
    assert house.get("/api/auth/tiktok", Sec_Fetch_Mode="navigate").status_code == 307


@pytest.mark.parametrize("unknown", (NOBODYS, "7", "' OR 1=1"))
def test_only_a_connection_of_ones_own_can_be_reconnected(house: House, unknown: str) -> None:
    foreign = house.connected(owner=BERT)
    for connection in (unknown, foreign.id):
        answer = house.client.get("/api/auth/tiktok", params={"connectionId": connection}, headers=house.headers())
        assert (answer.status_code, answer.json()["code"]) == (404, "CONNECTION_NOT_FOUND")


@pytest.mark.parametrize("header", ({"Sec-Fetch-Mode": "navigate"}, {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}))
def test_a_person_with_an_old_link_reads_on_the_dashboard_what_is_wrong(house: House, header: dict[str, str]) -> None:
    for unknown in (NOBODYS, "7"):
        answer = house.client.get("/api/auth/tiktok", params={"connectionId": unknown}, headers=house.headers() | header)
        assert answer.status_code == 307
        assert answer.headers["location"] == Addresses(DASHBOARD).failure(codes.CONNECTION_NOT_FOUND)
        assert "set-cookie" not in answer.headers
    assert not house.world.database.rows.consents


def test_with_the_database_away_nothing_begins(house: House) -> None:
    house.world.database.away = True
    answer = house.get("/api/auth/tiktok")
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    answer = house.get("/api/auth/tiktok", Accept="text/html")
    assert answer.headers["location"] == Addresses(DASHBOARD).failure(codes.UNAVAILABLE)
    house.world.database.away = False
    assert house.get("/api/auth/tiktok").status_code == 307
