from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import StoreUnavailable, Unstorable
from domain.outcomes import (
    Failure,
    InDoubt,
    Issued,
    Misconfigured,
    NotPermitted,
    OurFault,
    Reason,
    Refused,
    Throttled,
    Unavailable,
)
from domain.tokens import Secret
from entrypoints.http.error_codes_and_sentences import SENTENCES
from support.http_application import DASHBOARD, House
from support.simulator_as_ad_platform import SimulatorAsAdPlatform
from support.world import ANNA, BERT

PLATFORMS, SELECT = "/dashboard/platforms", "/dashboard/platforms/tiktok/select"
SUCCESS = (PLATFORMS, {"success": "true", "platform": "tiktok_ads"})


def failure(code: str) -> tuple[str, dict[str, str]]:
    return PLATFORMS, {"error": SENTENCES[code], "code": code}


def test_one_selectable_account_is_connected_at_once(house: House) -> None:
    assert house.consent("chloe") == SUCCESS
    [connection] = house.get("/api/platforms").json()["connections"]
    assert connection["accountName"] == "Chloe's Candles"


def test_several_accounts_are_to_be_chosen_from(house: House) -> None:
    path, query = house.consent("ana")
    assert path == SELECT
    assert house.get(f"/api/auth/tiktok/pending?id={query['pendingTokenId']}").status_code == 200


def test_what_is_connected_already_is_simply_connected_again(house: House) -> None:
    house.world.connect("ana")
    assert house.consent("ana") == SUCCESS


def test_a_guarded_reconnect_that_reaches_its_account_succeeds(house: House) -> None:
    [connection, *_] = house.world.connect("ana", 0)
    assert house.consent("ana", connectionId=connection.id) == SUCCESS


def test_a_guarded_reconnect_with_another_login_moves_nothing(house: House) -> None:
    [connection, *_] = house.world.connect("ana", 0)
    assert house.consent("ben", connectionId=connection.id) == failure("TIKTOK_ACCOUNT_MISMATCH")


@pytest.mark.parametrize("user", ("dan", "emma"))
def test_a_login_without_an_open_account_is_told_so(house: House, user: str) -> None:
    assert house.consent(user) == failure("TIKTOK_NO_ADVERTISERS")


def test_code_is_read_where_auth_code_is_missing(house: House) -> None:
    state, browser = house.begin()
    assert house.come_back(state, browser, code=house.world.code("chloe").reveal()) == SUCCESS


@pytest.mark.parametrize("query", ({}, {"error": "access_denied"}, {"auth_code": ""}))
def test_no_code_means_that_the_person_did_not_consent(house: House, query: dict[str, str]) -> None:
    state, browser = house.begin()
    assert house.come_back(state, browser, **query) == failure("TIKTOK_AUTH_DENIED")


def test_an_error_beside_a_code_wins(house: House) -> None:
    state, browser = house.begin()
    code = house.world.code("chloe").reveal()
    assert house.come_back(state, browser, error="access_denied", auth_code=code) == failure("TIKTOK_AUTH_DENIED")


def test_an_unknown_state_is_refused(house: House) -> None:
    _, browser = house.begin()
    for state in ("", "nonsense", "x" * 4000):
        assert house.come_back(state, browser, auth_code="code") == failure("TIKTOK_INVALID_STATE")


def test_the_state_of_another_browser_or_user_is_refused(house: House) -> None:
    code = house.world.code("chloe").reveal()
    state, browser = house.begin()
    assert house.come_back(state, None, auth_code=code) == failure("TIKTOK_INVALID_STATE")
    assert house.come_back(state, "another-browser-of-hers", auth_code=code) == failure("TIKTOK_INVALID_STATE")
    assert house.come_back(state, browser, owner=BERT, auth_code=code) == failure("TIKTOK_INVALID_STATE")
    assert house.come_back(state, browser, auth_code=code) == SUCCESS


def test_a_state_lives_ten_minutes(house: House) -> None:
    state, browser = house.begin()
    house.world.pass_time(minutes=10)
    assert house.come_back(state, browser, auth_code=house.world.code("chloe").reveal()) == failure("TIKTOK_INVALID_STATE")


def test_a_repeat_is_sent_where_the_first_was_without_an_exchange(house: House) -> None:
    state, browser = house.begin()
    code = house.world.code("ana").reveal()
    first = house.come_back(state, browser, auth_code=code)
    assert house.come_back(state, browser, auth_code=code) == first
    house.world.pass_time(minutes=10)
    assert house.come_back(state, browser, auth_code=code) == failure("TIKTOK_INVALID_STATE")


def test_a_repeat_during_the_exchange_waits_for_it(house: House) -> None:
    platform, entered, leave = house.world.platform, threading.Event(), threading.Event()
    exchanges: list[Secret] = []
    exchange = platform.exchange

    def slow(code: Secret) -> Issued | Failure:
        exchanges.append(code)
        entered.set()
        assert leave.wait(10)
        return exchange(code)

    platform.exchange = slow  # type: ignore[method-assign] # of this one platform
    state, browser = house.begin()
    code = house.world.code("chloe").reveal()
    answers: list[Any] = []
    callers = [threading.Thread(target=lambda: answers.append(house.come_back(state, browser, auth_code=code))) for _ in range(3)]
    callers[0].start()
    assert entered.wait(10)
    for caller in callers[1:]:
        caller.start()
    assert house.get("/api/platforms").status_code == 200
    leave.set()
    for caller in callers:
        caller.join(10)
    assert answers == [SUCCESS] * 3
    assert len(exchanges) == 1


def test_without_a_session_the_state_is_used_up_and_nothing_of_it_is_repeated(house: House) -> None:
    state, browser = house.begin()
    code = house.world.code("chloe").reveal()
    answer = house.client.get(
        "/api/auth/tiktok/callback", params={"state": state, "auth_code": code}, headers=house.headers(None, browser=browser)
    )
    assert answer.headers["location"] == f"{DASHBOARD}/login?callbackUrl=%2Fapi%2Fauth%2Ftiktok"
    assert house.come_back(state, browser, auth_code=code) == failure("TIKTOK_INVALID_STATE")


def test_an_authorization_header_that_fails_is_401_and_leaves_the_state_for_the_browser(house: House) -> None:
    state, browser = house.begin()
    query = {"state": state, "auth_code": house.world.code("chloe").reveal()}
    headers = house.headers(ANNA, browser=browser) | {"Authorization": "Bearer nonsense"}
    answer = house.client.get("/api/auth/tiktok/callback", params=query, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
    assert house.come_back(state, browser, auth_code=query["auth_code"]) == SUCCESS


def test_without_a_session_and_database_one_still_gets_to_sign_in(house: House) -> None:
    state, browser = house.begin()
    house.world.database.away = True
    assert house.come_back(state, browser, owner=None, auth_code="code")[0] == "/login"


@pytest.mark.parametrize(
    ("why", "code"),
    (
        (Throttled(timedelta(seconds=7)), "TIKTOK_THROTTLED"),
        (Unavailable("refused"), "TIKTOK_UNAVAILABLE"),
        (InDoubt("504"), "TIKTOK_UNAVAILABLE"),
        (Misconfigured("secret"), "TIKTOK_MISCONFIGURED"),
        (Refused(Reason.AUTHORISATION_WITHDRAWN, 40110), "TIKTOK_TOKEN_EXCHANGE_FAILED"),
        (OurFault(40002), "TIKTOK_TOKEN_EXCHANGE_FAILED"),
        (NotPermitted(40001), "TIKTOK_TOKEN_EXCHANGE_FAILED"),
    ),
)
def test_an_exchange_that_fails_is_told_by_its_kind(house: House, why: Failure, code: str) -> None:
    state, browser = house.begin()
    house.world.platform.away = why
    assert house.come_back(state, browser, auth_code="a-code") == failure(code)


def test_with_the_database_away_the_person_is_told(house: House) -> None:
    state, browser = house.begin()
    house.world.database.away = True
    assert house.come_back(state, browser, auth_code="a-code") == failure("UNAVAILABLE")
    house.world.database.away = False
    assert house.come_back(state, browser, auth_code=house.world.code("chloe").reveal()) == SUCCESS


def test_texts_of_the_address_are_never_repeated(house: House) -> None:
    state, browser = house.begin()
    answer = house.client.get(
        "/api/auth/tiktok/callback",
        params={"state": state, "error": "access_denied", "error_description": "call 0800 555"},
        headers=house.headers(browser=browser),
    )
    assert "0800" not in answer.headers["location"]


def test_the_platform_of_these_tests_is_asked_through_the_real_use_cases(house: House) -> None:
    assert isinstance(house.container.complete_connect().platform, SimulatorAsAdPlatform)


@pytest.mark.parametrize(
    ("surprise", "code"),
    (
        (Unstorable("DataError 22P05"), "UNAVAILABLE"),
        (StoreUnavailable("OperationalError"), "UNAVAILABLE"),
        (RuntimeError("nobody foresaw this"), "INTERNAL"),
    ),
)
def test_whatever_happens_after_the_code_is_spent_a_person_is_sent_back_with_a_sentence(
    house: House, surprise: Exception, code: str
) -> None:
    def fail() -> None:
        raise surprise

    house.world.platform.on_reach = fail
    assert house.consent("chloe") == failure(code)
