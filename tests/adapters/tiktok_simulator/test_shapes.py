"""What answers look like: ids, tokens, kinds of tokens by version, paths that are not there, limits, statuses."""

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from adapters.tiktok_simulator.api import HANDLERS
from adapters.tiktok_simulator.token_minting import long_fingerprint
from support.simulated_app import SimulatedApp, WireApp, an_app

EXCHANGE = "/oauth2/access_token/"


def exchanged(wire: WireApp, version: str, **asked: object) -> dict[str, Any]:
    body = {**wire.keys, "auth_code": wire.tiktok.control.code("chloe"), **asked}
    answer: dict[str, Any] = wire.client.post(f"{wire.tiktok.url}/open_api/{version}{EXCHANGE}", json=body).json()
    return answer


def test_every_path_is_there_under_any_version_and_has_its_handler(wire: WireApp) -> None:
    for version in ("v1.2", "v1.3", "v2.0", "v3.1"):
        for endpoint, (method, _) in HANDLERS.items():
            assert wire.client.request(method, f"{wire.tiktok.url}/open_api/{version}{endpoint}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    (
        ("GET", "/open_api/v1.3/dmp/custom_audience/list/", 404, 40400),
        ("GET", "/open_api/v1.3/advertiser/info", 404, 40400),
        ("POST", "/open_api/v2.0/tt_user/oauth2/token/", 404, 40400),
        ("GET", "/open_api/advertiser/info/", 404, 40400),
        ("GET", "/elsewhere", 404, 40400),
        ("GET", "/open_api/v1.3/oauth2/access_token/", 405, 40405),
        ("POST", "/open_api/v2.0/campaign/get/", 405, 40405),
    ),
)
def test_what_is_not_there_is_told_in_tiktoks_envelope(wire: WireApp, method: str, path: str, status: int, code: int) -> None:
    answer = wire.client.request(method, wire.tiktok.url + path)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (status, code, {})
    assert answer.headers["X-TikTok-Simulator"] == "1"


def test_request_ids_have_34_digits_and_answers_come_in_both_orders_of_keys(wire: WireApp) -> None:
    first = wire.post(EXCHANGE, auth_code=wire.tiktok.control.code("ana")).text
    second = wire.ads("/user/info/", json.loads(first)["data"]["access_token"]).text
    assert [list(json.loads(text)) for text in (first, second)] == [
        ["message", "code", "data", "request_id"],
        ["code", "message", "request_id", "data"],
    ]
    for text in (first, second):
        assert re.fullmatch(r"[0-9]{14}[0-9A-F]{20}", json.loads(text)["request_id"])


def test_tokens_and_codes_look_as_tiktoks_do(wire: WireApp) -> None:
    code = wire.tiktok.control.code("ana")
    assert {"*", "!"} <= set(code)
    pair = exchanged(wire, "v2.0")["data"]
    assert re.fullmatch(r"act\.[\w-]+!5308\.va", pair["access_token"])
    assert re.fullmatch(r"rft\.[\w-]+!5339\.va", pair["refresh_token"])
    assert re.fullmatch(r"[0-9a-f]{40}", exchanged(wire, "v2.0", is_long_term=True)["data"]["access_token"])
    assert any(len(str(scope)) == 19 for scope in pair["scope"])


@pytest.mark.parametrize(
    ("profile", "version", "asked", "long_term"),
    (
        ("rotating", "v1.3", {}, False),
        ("long-term", "v1.3", {}, True),
        ("rotating", "v1.3", {"is_long_term": True}, False),
        ("long-term", "v1.3", {"is_long_term": False}, True),
        ("long-term", "v2.0", {}, False),
        ("long-term", "v2.0", {"is_long_term": False}, False),
        ("rotating", "v2.0", {"is_long_term": True}, True),
    ),
)
def test_v2_honours_the_term_and_v1_follows_the_profile(
    wire: WireApp, profile: str, version: str, asked: dict[str, object], long_term: bool
) -> None:
    wire.tiktok.control.configure(profile=profile)
    assert ("refresh_token" not in exchanged(wire, version, **asked)["data"]) is long_term


def test_accounts_are_left_out_of_the_exchange_where_an_app_says_so(wire: WireApp) -> None:
    assert "advertiser_ids" not in exchanged(wire, "v2.0", return_advertiser_ids=False)["data"]
    assert len(exchanged(wire, "v2.0", return_advertiser_ids=True)["data"]["advertiser_ids"]) == 1
    assert len(exchanged(wire, "v1.3", return_advertiser_ids=False)["data"]["advertiser_ids"]) == 1


def test_a_term_that_is_no_boolean_is_a_parameter_error_and_spends_no_code(wire: WireApp) -> None:
    body = {**wire.keys, "auth_code": wire.tiktok.control.code("chloe")}
    url = f"{wire.tiktok.url}/open_api/v2.0{EXCHANGE}"
    assert wire.client.post(url, json={**body, "is_long_term": "true"}).json()["code"] == 40002
    assert wire.client.post(url, json={**body, "is_long_term": True}).json()["code"] == 0


def test_the_year_does_not_start_again_at_a_rotation(app: SimulatedApp) -> None:
    token = app.connect()["refresh_token"]
    app.wait(hours=2)
    assert app.refresh(token) == 0
    assert app.data["refresh_token_expire_in"] == 31_536_000 - 7_200


def test_details_are_told_in_pages_and_a_page_after_the_last_is_empty(wire: WireApp) -> None:
    data = wire.connect("agency")
    ids = data["advertiser_ids"][:100]
    pages = [
        wire.ads("/advertiser/info/", data["access_token"], advertiser_ids=ids, page=page, page_size=100).json()["data"]["list"]
        for page in (1, 2)
    ]
    assert [len(page) for page in pages] == [100, 0]


def test_every_field_that_clients_ask_for_is_told_and_empty_ones_are_null(wire: WireApp) -> None:
    data = wire.connect("ana")
    fields = ["owner_bc_id", "rejection_reason", "email", "license_url", "promotion_area", "telephone_number", "timezone"]
    [told] = wire.ads("/advertiser/info/", data["access_token"], advertiser_ids=data["advertiser_ids"][:1], fields=fields).json()[
        "data"
    ]["list"]
    assert told == {**dict.fromkeys(fields[:-1]), "timezone": "Etc/GMT+5"}


def test_an_account_that_the_list_names_and_details_refuse_spoils_the_batch_in_tiktoks_words(wire: WireApp) -> None:
    data = wire.connect("ana")
    gone, *others = data["advertiser_ids"]
    wire.sim("advertisers", {"refusedInDetails": [gone]})
    answer = wire.ads("/advertiser/info/", data["access_token"], advertiser_ids=data["advertiser_ids"]).json()
    assert (answer["code"], answer["message"]) == (40001, f"The advertiser {gone} doesn't exist or has been deleted.")
    assert wire.ads("/advertiser/info/", data["access_token"], advertiser_ids=others).json()["code"] == 0
    strange = wire.ads("/advertiser/info/", data["access_token"], advertiser_ids=["7"]).json()
    assert (strange["code"], strange["message"]) == (40001, "No permission to operate advertiser 7.")


def test_a_breach_of_the_minute_locks_for_five_and_one_of_the_day_until_midnight() -> None:
    app = an_app(minute_limit=3)
    assert [app.refresh("made up") for _ in range(5)] == [40107] * 3 + [40100] * 2
    app.wait(minutes=4, seconds=59)
    assert app.refresh("made up") == 40100
    app.wait(seconds=1)
    assert app.refresh("made up") == 40107

    app = an_app(day_limit=2)
    app.wait(hours=23)
    assert [app.refresh("made up") for _ in range(3)] == [40107, 40107, 40100]
    app.wait(minutes=59)
    assert app.refresh("made up") == 40100
    app.wait(minutes=1)
    assert app.refresh("made up") == 40107


def test_failures_have_http_statuses_where_a_deployment_sees_them_so(wire: WireApp) -> None:
    def seen() -> list[tuple[int, int]]:
        answers = (wire.ads("/user/info/", "made up"), wire.post(EXCHANGE, auth_code="made up"), wire.refresh("made up"))
        return [(answer.status_code, answer.json()["code"]) for answer in answers]

    assert seen() == [(200, 40105), (200, 40110), (200, 40107)]
    assert wire.sim("config", {"errorStatus": "as-http"}).json()["errorStatus"] == "as-http"
    assert seen() == [(401, 40105), (400, 40110), (200, 40107)]


def test_requests_are_shown_with_bodies_and_headers_and_never_a_secret(wire: WireApp) -> None:
    data = wire.connect("ana")
    wire.ads("/oauth2/advertiser/get/", data["access_token"], **wire.keys)
    shown = wire.sim("requests")
    exchange, listed = shown.json()
    assert (exchange["method"], exchange["path"], exchange["status"], exchange["code"]) == (
        "POST",
        f"/open_api/v1.3{EXCHANGE}",
        200,
        0,
    )
    assert exchange["body"]["secret"] == long_fingerprint(wire.tiktok.app_secret)
    assert exchange["body"]["app_id"] == listed["query"]["app_id"] == wire.tiktok.app_id
    assert listed["headers"]["access-token"] == long_fingerprint(data["access_token"])
    assert listed["query"]["secret"] == long_fingerprint(wire.tiktok.app_secret)
    for secret in (wire.tiktok.app_secret, data["access_token"], data["refresh_token"]):
        assert secret not in shown.text
    for path in (EXCHANGE, f"/open_api/v1.3{EXCHANGE}"):
        assert [one["path"] for one in wire.sim(f"requests?path={path}").json()] == [f"/open_api/v1.3{EXCHANGE}"]
    assert wire.sim(f"requests?path=/open_api/v2.0{EXCHANGE}").json() == []


def test_a_body_that_is_no_json_is_shown_by_its_fingerprint(wire: WireApp) -> None:
    wire.client.post(wire.tiktok.api_url + EXCHANGE, content=b"secret=a-secret")
    [seen] = wire.sim("requests").json()
    assert re.fullmatch(r"sha256:[0-9a-f]{16}", seen["body"])


def test_a_consent_without_a_page(wire: WireApp) -> None:
    code = wire.sim("code", {"user": "ana", "advertiserIds": ["7000000000000001001"]}).json()["authCode"]
    assert wire.data(EXCHANGE, auth_code=code)["advertiser_ids"] == ["7000000000000001001"]
    assert len(wire.data(EXCHANGE, auth_code=wire.sim("code", {"user": "ana"}).json()["authCode"])["advertiser_ids"]) == 4
    for wrong in ({"user": "nobody"}, {"user": "ana", "appId": "7"}, {"user": "ana", "advertiserIds": ["7"]}):
        assert wire.sim("code", wrong).status_code == 400


def test_a_reset_forgets_everything_but_the_apps(wire: WireApp) -> None:
    before, token = wire.sim("config").json(), wire.connect("ana")["refresh_token"]
    wire.sim("config", {"latencyMs": 1, "minuteLimit": 5})
    wire.sim("accounts", {"user": "zoe", "advertisers": []})
    wire.sim("faults", [{"endpoint": "*", "kind": "garbage", "rate": 1}])
    wire.sim("answers", [{"path": EXCHANGE, "body": {}, "count": 9}])
    wire.sim("campaigns", {"advertiserId": "7000000000000001000", "campaigns": []})
    wire.sim("clock", {"advanceSeconds": 86_400})
    wire.sim("advertisers", {"listedTwice": ["7000000000000001000"]})
    assert wire.sim("reset", {}).status_code == 200
    assert wire.sim("config").json() == before
    for empty in ("faults", "answers", "requests", "log", "campaigns"):
        assert wire.sim(empty).json() == []
    assert "zoe" not in wire.sim("accounts").json()
    assert wire.sim("advertisers").json() == {"refusedInDetails": [], "listedTwice": []}
    assert wire.sim("is-live", [token]).json() == [False]
    assert wire.connect("ana")["refresh_token"] != token
    assert abs(wire.tiktok.machine.clock.now() - wire.tiktok.control.requests()[0].at) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    (("http://localhost:3000", True), ("http://127.0.0.1:5173", True), ("https://evil.example", False), ("null", False)),
)
def test_pages_of_this_machine_may_control_it_and_no_others(wire: WireApp, origin: str, allowed: bool) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = wire.client.options(f"{wire.tiktok.url}/_sim/config", headers=asked)
    written = wire.client.post(f"{wire.tiktok.url}/_sim/config", json={}, headers={"Origin": origin})
    assert [answer.headers.get("access-control-allow-origin") == origin for answer in (preflight, written)] == [allowed] * 2
    assert (preflight.status_code, written.status_code) == ((204, 200) if allowed else (403, 403))


def test_unknown_control_paths_say_what_there_is(wire: WireApp) -> None:
    answer = wire.sim("nothing")
    assert (answer.status_code, "/_sim/faults" in answer.json()["error"]) == (404, True)
    assert httpx.put(f"{wire.tiktok.url}/_sim/config").status_code == 405


def test_the_older_address_of_the_consent_page_is_there(wire: WireApp) -> None:
    query = {"app_id": wire.tiktok.app_id, "redirect_uri": "http://localhost/cb"}
    assert wire.client.get(f"{wire.tiktok.url}/marketing_api/auth", params=query).status_code == 200
