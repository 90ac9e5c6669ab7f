import threading
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from adapters.tiktok_simulator.server import running_simulator, serve
from support.simulated_app import WireApp


def test_config_shows_the_contracts_names_and_takes_any_of_them(wire: WireApp) -> None:
    before = wire.sim("config").json()
    assert before.keys() >= {
        "accessTokenSeconds",
        "refreshTokenSeconds",
        "profile",
        "rotationMode",
        "graceSeconds",
        "yearRestarts",
        "latencyMs",
        "callsPerSecond",
    }

    after = wire.sim("config", {"accessTokenSeconds": 120, "rotationMode": "grace"})
    assert after.status_code == 200
    assert after.json() == wire.sim("config").json() == {**before, "accessTokenSeconds": 120, "rotationMode": "grace"}
    assert wire.connect()["access_token_expire_in"] == 120


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("config", {"accessTokenSeconds": "long"}),
        ("config", {"accessTokenSeconds": 0}),
        ("config", {"profile": "other"}),
        ("config", {"surprise": 1}),
        ("config", []),
        ("faults", {"endpoint": "*", "kind": "slow", "count": 1}),
        ("faults", [{"endpoint": "/nothing/", "kind": "slow", "count": 1}]),
        ("accounts", {"user": "ana"}),
        ("accounts", {"user": "ana", "advertisers": [{"advertiser_id": "not a number", "name": "x"}]}),
        ("clock", {"advanceSeconds": -1}),
        ("clock", {}),
        ("is-live", {"token": "x"}),
        ("revoke", {"user": "nobody"}),
    ],
)
def test_bad_input_is_answered_with_400_and_a_sentence_and_changes_nothing(wire: WireApp, path: str, content: object) -> None:
    before = wire.sim("config").json()
    response = wire.sim(path, content)

    assert response.status_code == 400
    assert response.json()["error"].endswith(".")
    assert wire.sim("config").json() == before
    assert wire.sim("faults").json() == []


@pytest.mark.parametrize("content", [b"", b"{", b'{"profile": "\xff"}'])
def test_what_is_no_json_is_bad_input(wire: WireApp, content: bytes) -> None:
    response = wire.client.post(f"{wire.tiktok.url}/_sim/config", content=content)

    assert response.status_code == 400
    assert response.json()["error"].endswith(".")


def test_faults_are_planned_and_cleared(wire: WireApp) -> None:
    fault = {"endpoint": "/oauth2/refresh_token/", "kind": "throttle", "rate": 1.0}
    assert wire.sim("faults", [fault]).json() == [fault]
    assert wire.refresh("made up").json()["code"] == 40100

    assert wire.client.delete(f"{wire.tiktok.url}/_sim/faults").status_code == 200
    assert wire.refresh("made up").json()["code"] == 40107


def test_accounts_can_be_given_to_a_user(wire: WireApp) -> None:
    account = {
        "advertiser_id": "7000000000000009999",
        "name": "Zoe",
        "currency": "CHF",
        "timezone": "Europe/Zurich",
        "status": "STATUS_LIMIT",
    }

    assert wire.sim("accounts", {"user": "zoe", "advertisers": [account]}).status_code == 200
    assert wire.connect("zoe")["advertiser_ids"] == ["7000000000000009999"]


def test_the_clock_can_be_turned_forward(wire: WireApp) -> None:
    token = wire.connect()["refresh_token"]

    now = datetime.fromisoformat(wire.sim("clock", {"advanceSeconds": 31_536_000}).json()["now"])
    assert (now - datetime.now(UTC)).days in {364, 365}  # noqa: TID251 - the real time is what it is compared with
    assert wire.refresh(token).json()["code"] == 40103


def test_stats_have_the_contracts_names(wire: WireApp) -> None:
    token = wire.connect()["refresh_token"]
    wire.refresh(token)
    wire.refresh(token)

    assert wire.sim("stats").json() == {
        "refreshes": 1,
        "reuses": 1,
        "familiesRevoked": 0,
        "revocations": 0,
        "throttled": 0,
        "liveRefreshTokens": 1,
        "maxInFlight": 1,
    }


def test_is_live_judges_each_token_in_order(wire: WireApp) -> None:
    one, two = wire.connect()["refresh_token"], wire.connect()["refresh_token"]
    wire.refresh(one)

    assert wire.sim("is-live", [one, two, "made up"]).json() == [False, True, False]


def test_a_user_can_be_made_to_withdraw_every_consent(wire: WireApp) -> None:
    token = wire.connect("ana")["refresh_token"]

    assert wire.sim("revoke", {"user": "ana"}).json() == {"revoked": 1}
    assert wire.sim("is-live", [token]).json() == [False]


def test_the_log_tells_the_calls_and_never_a_token(wire: WireApp) -> None:
    first = wire.connect("ana")
    second = wire.refresh(first["refresh_token"]).json()["data"]
    wire.refresh("made up")
    log = wire.sim("log")

    assert [(call["endpoint"], call["code"], call["user"]) for call in log.json()] == [
        ("/oauth2/access_token/", 0, "ana"),
        ("/oauth2/refresh_token/", 0, "ana"),
        ("/oauth2/refresh_token/", 40107, None),
    ]
    assert log.json()[0]["grant"] == log.json()[1]["grant"]
    for secret in (first["access_token"], first["refresh_token"], second["access_token"], wire.tiktok.app_secret):
        assert secret not in log.text


def test_with_a_control_token_the_control_api_demands_it_and_the_api_does_not() -> None:
    with running_simulator(control_token="open sesame") as tiktok:
        assert httpx.get(f"{tiktok.url}/_sim/stats").status_code == 401
        assert httpx.get(f"{tiktok.url}/_sim/stats", headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert httpx.get(f"{tiktok.url}/_sim/stats", headers={"Authorization": "Bearer open sesame"}).status_code == 200
        assert httpx.post(f"{tiktok.api_url}/oauth2/refresh_token/", json={}).status_code == 200


def test_another_host_is_served_with_a_control_token_only() -> None:
    with pytest.raises(ValueError, match="control token"):
        serve("0.0.0.0", 0)  # noqa: S104 - refused before anything listens


def test_a_simulator_stops_however_late_whoever_stops_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_simulator() as simulator:
        loop = simulator.control.loop
        *_, thread = (one for one in threading.enumerate() if one.name == "tiktok-simulator")
        tell = loop.call_soon_threadsafe

        def late(callback: Callable[..., object], *arguments: object) -> object:
            thread.join(0.5)
            return tell(callback, *arguments)

        monkeypatch.setattr(loop, "call_soon_threadsafe", late)
    assert not thread.is_alive()
