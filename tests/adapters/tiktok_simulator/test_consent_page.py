from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from adapters.tiktok_simulator.consent_request import ConsentRefused
from adapters.tiktok_simulator.server import running_simulator
from support.simulated_app import WireApp

CALLBACK = "http://localhost:8000/api/auth/tiktok/callback"


def form(wire: WireApp, **fields: object) -> httpx.Response:
    content = {"app_id": wire.tiktok.app_id, "redirect_uri": CALLBACK, "state": "a&b=c", "user": "ana", **fields}
    return wire.client.post(wire.tiktok.auth_url, data=content)


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_approving_sends_the_person_back_with_a_code_under_both_names_and_the_state(wire: WireApp) -> None:
    response = form(wire, decision="approve", advertiser_ids=["7000000000000001000", "7000000000000001002"])

    assert response.status_code == 303
    assert response.headers["Location"].startswith(CALLBACK + "?")
    answer = query(response.headers["Location"])
    assert answer.keys() == {"auth_code", "code", "state"}
    assert (answer["auth_code"], answer["state"]) == (answer["code"], "a&b=c")
    data = wire.data("/oauth2/access_token/", auth_code=answer["code"])
    assert data["advertiser_ids"] == ["7000000000000001000", "7000000000000001002"]


def test_approving_with_none_gives_a_code_that_reaches_nothing(wire: WireApp) -> None:
    response = form(wire, decision="approve-none", advertiser_ids=["7000000000000001000"])

    assert wire.data("/oauth2/access_token/", auth_code=query(response.headers["Location"])["code"])["advertiser_ids"] == []


def test_denying_sends_the_person_back_with_an_error(wire: WireApp) -> None:
    response = form(wire, decision="deny")

    answer = query(response.headers["Location"])
    assert answer.keys() == {"error", "error_description", "state"}
    assert (answer["error"], answer["state"]) == ("access_denied", "a&b=c")


def test_the_redirect_uris_own_query_is_kept(wire: WireApp) -> None:
    response = form(wire, decision="deny", redirect_uri="https://app.example/back?x=1")

    assert response.headers["Location"].startswith("https://app.example/back?x=1&error=access_denied&")


def test_the_page_offers_the_accounts_of_the_chosen_user_as_check_boxes(wire: WireApp) -> None:
    params = {"app_id": wire.tiktok.app_id, "redirect_uri": CALLBACK, "state": '"><script>', "user": "ben"}
    page = wire.client.get(wire.tiktok.auth_url, params=params)

    assert page.status_code == 200
    assert page.text.count('type="checkbox"') == 4
    assert "Bean Street Coffee" in page.text
    assert "STATUS_DISABLE" in page.text
    assert "<script" not in page.text


def test_the_page_names_the_app_and_says_how_many_accounts_each_user_has(wire: WireApp) -> None:
    page = wire.client.get(wire.tiktok.auth_url, params={"app_id": wire.tiktok.app_id, "redirect_uri": CALLBACK})

    assert f"App id <code>{wire.tiktok.app_id}</code>" in page.text
    for shown in ("ana, 4 ad accounts", "chloe, 1 ad account<", "dan, no ad accounts"):
        assert shown in page.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"app_id": "unknown"},
        {"redirect_uri": "http://elsewhere.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://[broken"},
        {"redirect_uri": ""},
        {"user": "nobody"},
        {"advertiser_ids": "7000000000000002000"},
        {"decision": "perhaps"},
    ],
)
def test_a_mistaken_request_is_explained_and_redirects_nowhere(wire: WireApp, wrong: dict[str, str]) -> None:
    response = form(wire, **{"decision": "approve", **wrong})

    assert response.status_code == 400
    assert "Location" not in response.headers
    assert "cannot be granted" in response.text


def test_the_page_itself_is_refused_to_unknown_apps_and_addresses(wire: WireApp) -> None:
    params = {"app_id": wire.tiktok.app_id, "redirect_uri": "http://elsewhere.example/"}

    assert wire.client.get(wire.tiktok.auth_url, params=params).status_code == 400


def test_with_a_list_only_exactly_registered_addresses_are_redirected_to() -> None:
    with running_simulator(redirect_uris=[CALLBACK]) as tiktok:
        address = f"{tiktok.auth_url}?app_id={tiktok.app_id}&state=s&redirect_uri="

        assert query(tiktok.control.consent(address + CALLBACK, user="dan"))["state"] == "s"
        with pytest.raises(ConsentRefused):
            tiktok.control.consent(f"{address}{CALLBACK}/", user="dan")


def test_a_test_can_click_without_a_page(wire: WireApp) -> None:
    address = f"{wire.tiktok.auth_url}?app_id={wire.tiktok.app_id}&redirect_uri={CALLBACK}&state=s"
    callback = wire.tiktok.control.consent(address, user="chloe")

    data = wire.data("/oauth2/access_token/", auth_code=query(callback)["auth_code"])
    assert data["advertiser_ids"] == ["7000000000000003000"]


def test_the_landing_page_explains_itself(wire: WireApp) -> None:
    page = wire.client.get(wire.tiktok.url)

    assert page.status_code == 200
    assert wire.tiktok.api_url in page.text
    assert wire.tiktok.app_secret not in page.text
