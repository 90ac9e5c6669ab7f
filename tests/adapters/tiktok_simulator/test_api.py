import json

import httpx
import pytest

from adapters.tiktok_simulator.running_simulator import RunningSimulator
from adapters.tiktok_simulator.server import running_simulator
from support.simulated_app import WireApp


def get(wire: WireApp, endpoint: str, token: str | None, **query: str) -> httpx.Response:
    return wire.client.get(wire.tiktok.api_url + endpoint, params=query, headers={} if token is None else {"Access-Token": token})


def test_every_answer_is_an_envelope_and_marked_as_simulated(wire: WireApp) -> None:
    good, bad = wire.post("/oauth2/access_token/", auth_code=wire.tiktok.control.grant_code("ana", [])), wire.refresh("made up")

    for response in (good, bad):
        assert response.status_code == 200
        assert response.headers["X-TikTok-Simulator"] == "1"
        assert response.json().keys() == {"code", "message", "request_id", "data"}
    assert (good.json()["code"], good.json()["message"]) == (0, "OK")
    assert (bad.json()["code"], bad.json()["data"]) == (40107, {})
    assert good.json()["request_id"] != bad.json()["request_id"]


def test_a_connection_lives_through_the_whole_api(wire: WireApp) -> None:
    first = wire.connect("chloe")
    second = wire.refresh(first["refresh_token"]).json()["data"]
    ids = first["advertiser_ids"]

    listed = get(wire, "/oauth2/advertiser/get/", second["access_token"], **wire.keys).json()
    assert [account["advertiser_id"] for account in listed["data"]["list"]] == ids
    info = get(
        wire, "/advertiser/info/", second["access_token"], advertiser_ids=json.dumps(ids), fields='["advertiser_id","timezone"]'
    ).json()
    assert info["data"]["list"] == [{"advertiser_id": ids[0], "timezone": "Etc/GMT-1"}]
    assert wire.data("/oauth2/revoke_token/", access_token=second["access_token"])["advertiser_ids"] == ids
    assert get(wire, "/oauth2/advertiser/get/", second["access_token"], **wire.keys).json()["code"] == 40105


@pytest.mark.parametrize(
    "content", [b"", b"no json", b"[]", b'{"app_id": {}}', b'{"app_id": "\xff"}', b'{"app_id": 1, "auth_code": null}']
)
def test_a_body_that_is_not_what_tiktok_asks_for_is_a_parameter_error(wire: WireApp, content: bytes) -> None:
    response = wire.client.post(f"{wire.tiktok.api_url}/oauth2/access_token/", content=content)

    assert (response.status_code, response.json()["code"]) == (200, 40002)


def test_unknown_fields_of_a_body_are_ignored(wire: WireApp) -> None:
    assert wire.data("/oauth2/access_token/", auth_code=wire.tiktok.control.grant_code("ana", []), surprise=[1])


def test_lists_in_the_query_that_are_no_lists_are_a_parameter_error(wire: WireApp) -> None:
    token = wire.connect()["access_token"]

    assert get(wire, "/advertiser/info/", token, advertiser_ids="7000000000000001000").json()["code"] == 40002
    assert get(wire, "/advertiser/info/", token, advertiser_ids="[7000000000000001000]").json()["code"] == 40002


def test_a_call_without_an_access_token_says_so(wire: WireApp) -> None:
    assert get(wire, "/oauth2/advertiser/get/", None, **wire.keys).json()["code"] == 40104


def test_the_trailing_slash_is_required(wire: WireApp) -> None:
    assert wire.post("/oauth2/refresh_token").status_code == 404
    assert wire.post("/oauth2/nothing/").status_code == 404


def test_latency_is_added_to_every_call(wire: WireApp) -> None:
    wire.tiktok.control.configure(latency_ms=200)

    assert wire.refresh("made up").elapsed.total_seconds() >= 0.2


def test_two_simulators_in_one_process_know_nothing_of_each_other(wire: WireApp, tiktok: RunningSimulator) -> None:
    token = wire.connect()["refresh_token"]
    with running_simulator() as other:
        assert other.url != tiktok.url
        assert other.control.is_live(token) == [False]
        assert tiktok.control.is_live(token) == [True]
