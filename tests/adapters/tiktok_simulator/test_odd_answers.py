import pytest

from support.simulated_app import WireApp

REFRESH = "/oauth2/refresh_token/"


def test_the_next_answers_of_a_path_are_verbatim_and_rotate_nothing(wire: WireApp) -> None:
    token = wire.connect()["refresh_token"]
    planned = [
        {"path": REFRESH, "method": "POST", "status": 403, "headers": {"X-Odd": "1"}, "body": {"code": 40006}, "count": 2},
        {"path": f"/open_api/v2.0{REFRESH}", "bodyText": "\ufeff{}"},
    ]
    assert wire.sim("answers", planned).status_code == 200
    for _ in range(2):
        answer = wire.refresh(token)
        assert (answer.status_code, answer.headers["x-odd"], answer.json()) == (403, "1", {"code": 40006})
    assert wire.refresh(token).content == b"\xef\xbb\xbf{}"
    assert wire.sim("answers").json() == []
    assert wire.refresh(token).json()["code"] == 0
    assert wire.sim("stats").json()["refreshes"] == 1


def test_planned_answers_are_cleared(wire: WireApp) -> None:
    wire.sim("answers", [{"path": REFRESH, "body": {"code": 1}, "count": 5}])
    assert wire.client.delete(f"{wire.tiktok.url}/_sim/answers").json() == []
    assert wire.refresh(wire.connect()["refresh_token"]).json()["code"] == 0


@pytest.mark.parametrize("answer", [{}, {"path": REFRESH, "body": 1, "bodyText": "1"}, {"path": REFRESH, "count": 0}])
def test_a_planned_answer_that_makes_no_sense_is_400(wire: WireApp, answer: dict[str, object]) -> None:
    assert wire.sim("answers", [answer]).status_code == 400


def listed(wire: WireApp, token: str) -> list[str]:
    answer = wire.client.get(
        wire.tiktok.api_url + "/oauth2/advertiser/get/", params=wire.keys, headers={"Access-Token": token}
    ).json()
    return [account["advertiser_id"] for account in answer["data"]["list"]]


def detailed(wire: WireApp, token: str, ids: list[str]) -> int:
    query = {"advertiser_ids": str(ids).replace("'", '"')}
    answer = wire.client.get(wire.tiktok.api_url + "/advertiser/info/", params=query, headers={"Access-Token": token})
    code: int = answer.json()["code"]
    return code


def test_accounts_are_listed_twice_or_refused_in_details_as_asked(wire: WireApp) -> None:
    token = wire.connect()["access_token"]
    first, second, *_ = ids = listed(wire, token)
    odd = {"listedTwice": [first], "refusedInDetails": [second]}
    assert wire.sim("advertisers", odd).json() == odd
    assert sorted(listed(wire, token)) == sorted([*ids, first])
    assert (detailed(wire, token, ids), detailed(wire, token, [first])) == (40001, 0)
    wire.sim("advertisers", {"refusedInDetails": []})
    assert detailed(wire, token, ids) == 0
    assert len(listed(wire, token)) == len(ids) + 1, "what is left out stays"
