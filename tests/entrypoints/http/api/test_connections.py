from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from domain.advertiser import Standing
from domain.grant_health import Active, Degraded, NeedsReauth
from domain.outcomes import InDoubt, Reason, Refused, Unavailable
from support.http_application import JWT_SECRET, UNKNOWN, House
from support.world import ANNA, BERT, START


def written(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def bearer(house: House, owner: str, **claims: object) -> str:
    ends = house.world.clock.now() + timedelta(minutes=5)
    return "Bearer " + jwt.encode(
        {"alg": "HS256"}, {"sub": owner, "exp": int(ends.timestamp())} | claims, OctKey.import_key(JWT_SECRET)
    )


def test_a_connection_is_listed_with_everything_about_it(house: House) -> None:
    connection = house.connected()
    [listed] = house.get("/api/platforms").json()["connections"]
    assert START + timedelta(hours=9) < datetime.fromisoformat(listed.pop("nextRefreshAt")) < START + timedelta(hours=12)
    assert listed == {
        "id": connection.id,
        "platform": "tiktok_ads",
        "accountId": connection.advertiser.id,
        "accountName": "Acme Shoes",
        "currency": "USD",
        "timezone": "America/New_York",
        "status": "active",
        "createdAt": written(START),
        "tokenExpiresAt": written(START + timedelta(days=1)),
        "refreshTokenExpiresAt": written(START + timedelta(days=365)),
        "reconnectBy": None,
        "generation": 1,
        "health": {"state": "ok", "reason": None, "usableUntil": None},
    }


def test_a_token_without_an_end_has_no_times(house: House) -> None:
    house.world.machine.config = house.world.machine.config.but(profile="long-term")
    house.connected()
    [listed] = house.get("/api/platforms").json()["connections"]
    for name in ("tokenExpiresAt", "nextRefreshAt", "refreshTokenExpiresAt", "reconnectBy"):
        assert listed[name] is None


def test_everybody_sees_their_own(house: House) -> None:
    house.connected("ana", ANNA)
    house.connected("ben", BERT)
    assert [c["accountName"] for c in house.get("/api/platforms", BERT).json()["connections"]] == ["Bean Street Coffee"]
    assert house.get("/api/platforms", "nobody-yet").json() == {"connections": []}


def test_connections_come_by_creation_then_id(house: House) -> None:
    """The first id is the youngest, the other two are of one age and stored the wrong way round."""
    house.world.connect("ana", 0, 1, 2)
    [grant] = house.world.database.rows.grants.values()
    first, second, third = sorted(grant.connections)
    youngest = replace(grant.connections[first], created_at=START + timedelta(seconds=1))
    grant.connections = {third: grant.connections[third], first: youngest, second: grant.connections[second]}
    listed = house.get("/api/platforms").json()["connections"]
    assert [connection["id"] for connection in listed] == [second, third, first]


def test_of_several_states_the_worst_is_shown(house: House) -> None:
    """Everything is wrong at first, then one thing after the other heals."""
    connection, now = house.connected(), house.world.clock.now()
    [grant] = house.world.database.rows.grants.values()
    suspended = replace(connection, advertiser=replace(connection.advertiser, standing=Standing.CLOSED))
    grant.connections[connection.id] = replace(suspended, lost_at=now)
    grant.schedule = replace(grant.schedule, in_doubt=True)
    refused = Reason.REFRESH_TOKEN_REFUSED

    def shown() -> tuple[str, str]:
        [listed] = house.get("/api/platforms").json()["connections"]
        return listed["health"]["state"], listed["status"]

    grant.health = NeedsReauth(refused, since=now)
    assert shown() == ("needs_reauth", "needs_reauth")
    grant.health = Degraded(now + timedelta(hours=1), refused)
    assert shown() == ("account_lost", "needs_reauth")
    grant.connections[connection.id] = suspended
    assert shown() == ("degraded", "active")
    grant.health = Active()
    assert shown() == ("in_doubt", "active")
    grant.schedule = replace(grant.schedule, in_doubt=False)
    assert shown() == ("account_suspended", "active")
    grant.connections[connection.id] = connection
    assert shown() == ("ok", "active")


def test_a_person_is_asked_to_reconnect_from_sixty_days_before_the_end_of_the_refresh_tokens_year(house: House) -> None:
    house.connected()
    house.world.pass_time(days=305, seconds=-1)
    [listed] = house.get("/api/platforms").json()["connections"]
    assert listed["reconnectBy"] is None
    house.world.pass_time(seconds=1)
    [listed] = house.get("/api/platforms").json()["connections"]
    assert listed["reconnectBy"] == listed["refreshTokenExpiresAt"] == written(START + timedelta(days=365))


def test_who_is_refused_by_tiktok_is_usable_until_the_token_ends_and_then_needs_a_person(house: House) -> None:
    connection = house.connected()
    house.world.platform.refresh_plan.append(Refused(Reason.REFRESH_TOKEN_REFUSED, 40107))
    assert house.refresh(connection).status_code == 401
    [listed] = house.get("/api/platforms").json()["connections"]
    ends = written(START + timedelta(days=1))
    assert (listed["status"], listed["health"]["state"], listed["health"]["usableUntil"]) == ("active", "degraded", ends)
    assert listed["reconnectBy"] is None, "nobody is asked after one refusal"
    assert listed["nextRefreshAt"] == written(START + timedelta(minutes=10))
    house.world.pass_time(days=1)
    [listed] = house.get("/api/platforms").json()["connections"]
    assert (listed["status"], listed["health"]["state"]) == ("needs_reauth", "needs_reauth")


def test_a_renewal_that_is_overdue_still_has_its_next_time(house: House) -> None:
    house.connected()
    [before] = house.get("/api/platforms").json()["connections"]
    house.world.pass_time(days=1)
    [listed] = house.get("/api/platforms").json()["connections"]
    assert listed["health"]["reason"] == "renewal_overdue"
    assert listed["nextRefreshAt"] == before["nextRefreshAt"]


def test_a_renewal_in_doubt_is_active(house: House) -> None:
    connection = house.connected()
    house.world.platform.refresh_plan.append(InDoubt("504"))
    house.refresh(connection)
    [listed] = house.get("/api/platforms").json()["connections"]
    assert (listed["status"], listed["health"]["state"]) == ("active", "in_doubt")


def test_a_bearer_token_signs_in_and_needs_no_origin(house: House) -> None:
    connection = house.connected()
    authorized = {"Authorization": bearer(house, ANNA)}
    assert len(house.client.get("/api/platforms", headers=authorized).json()["connections"]) == 1
    assert house.client.delete(f"/api/platforms/{connection.id}", headers=authorized).status_code == 200


def test_whose_bearer_tokens_count_and_whom_they_name_is_configured(open_house: Callable[..., House]) -> None:
    house = open_house(AUTH_JWT_AUDIENCE="connect", AUTH_JWT_ISSUER="https://issuer.example", AUTH_JWT_USER_CLAIM="uid")
    house.connected()

    def listing(**changes: str) -> httpx.Response:
        said = {"aud": "connect", "iss": "https://issuer.example", "uid": ANNA} | changes
        return house.client.get("/api/platforms", headers={"Authorization": bearer(house, BERT, **said)})

    assert len(listing().json()["connections"]) == 1
    assert listing(uid="nobody-yet").json() == {"connections": []}
    for changes in {"aud": "another"}, {"iss": "https://another.example"}, {"uid": ""}:
        assert listing(**changes).status_code == 401


def test_a_bearer_token_that_fails_never_falls_back_to_the_cookie(house: House) -> None:
    for authorization in ("Bearer x", bearer(house, ANNA, exp=1), "Basic YTpi"):
        answer = house.get("/api/platforms", Authorization=authorization)
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


def test_nobody_sees_nothing(house: House) -> None:
    answer = house.get("/api/platforms", owner=None)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_disconnecting_the_last_account_says_that_the_permission_goes_with_it(house: House) -> None:
    connection = house.connected()
    house.world.platform.away = Unavailable("TikTok is away")
    answer = house.delete(f"/api/platforms/{connection.id}")
    assert answer.status_code == 200
    assert "last account" in answer.json()["message"]
    assert house.get("/api/platforms").json() == {"connections": []}
    again = house.delete(f"/api/platforms/{connection.id}")
    assert (again.status_code, again.json()["code"]) == (404, "CONNECTION_NOT_FOUND")


def test_disconnecting_one_of_several_says_that_the_permission_stays(house: House) -> None:
    first, _ = house.world.connect("ana", 0, 1)
    assert "stays" in house.delete(f"/api/platforms/{first.id}").json()["message"]


@pytest.mark.parametrize("unknown", (UNKNOWN, "7", "%2e%2e", "%00"))
def test_an_unknown_connection_cannot_be_disconnected(house: House, unknown: str) -> None:
    answer = house.delete(f"/api/platforms/{unknown}")
    assert (answer.status_code, answer.json()["code"]) == (404, "CONNECTION_NOT_FOUND")


def test_nobody_disconnects_what_is_somebody_elses(house: House) -> None:
    connection = house.connected(owner=BERT)
    assert house.delete(f"/api/platforms/{connection.id}").json()["code"] == "CONNECTION_NOT_FOUND"
    assert house.delete(f"/api/platforms/{connection.id}", owner=None).json()["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize(
    "origin", ("https://evil.example", "null", "https://dash.example.org.evil.example", "http://dash.example.org")
)
def test_a_foreign_page_disconnects_nothing(house: House, origin: str) -> None:
    connection = house.connected()
    answer = house.delete(f"/api/platforms/{connection.id}", Origin=origin)
    assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_REFUSED")


def test_without_an_origin_the_browser_must_say_same_origin(house: House) -> None:
    connection = house.connected()
    cookie = {"Cookie": house.headers()["Cookie"]}
    assert house.client.delete(f"/api/platforms/{connection.id}", headers=cookie).json()["code"] == "ORIGIN_REFUSED"
    said = cookie | {"Sec-Fetch-Site": "same-origin"}
    assert house.client.delete(f"/api/platforms/{connection.id}", headers=said).status_code == 200


def test_with_the_database_away_the_list_comes_back_by_itself(house: House) -> None:
    connection = house.connected()
    house.world.database.away = True
    for answer in (house.get("/api/platforms"), house.delete(f"/api/platforms/{connection.id}")):
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "UNAVAILABLE", "5")
    house.world.database.away = False
    assert len(house.get("/api/platforms").json()["connections"]) == 1
