import time

import pytest

from adapters.tiktok_simulator.token_state_machine import Machine
from support.simulated_app import APP, SECRET, SimulatedApp, an_app


def test_an_exchange_gives_the_expiring_pair_with_its_lifetimes(app: SimulatedApp) -> None:
    data = app.connect(of=2)

    assert data["access_token_expire_in"] == 86_400
    assert data["refresh_token_expire_in"] == 31_536_000
    assert data["advertiser_ids"] == ["7000000000000001000", "7000000000000001001"]
    assert data["access_token"] != data["refresh_token"]


def test_the_account_flows_names_of_the_lifetimes_can_be_asked_for() -> None:
    data = an_app(lifetime_names="account").connect()

    assert (data["expires_in"], data["refresh_token_expires_in"]) == (86_400, 31_536_000)
    assert "access_token_expire_in" not in data


def test_a_code_is_used_once(app: SimulatedApp) -> None:
    code = app.machine.grant_code("ana", [])

    assert app.exchange(code) == 0
    assert app.exchange(code) == 40110


def test_a_code_lives_for_an_hour(app: SimulatedApp) -> None:
    early, late = app.machine.grant_code("ana", []), app.machine.grant_code("ana", [])

    app.wait(minutes=59, seconds=59)
    assert app.exchange(early) == 0
    app.wait(seconds=1)
    assert app.exchange(late) == 40110


def test_a_code_is_for_one_app_only() -> None:
    machine = Machine(apps={"one": "secret-1", "two": "secret-2"})
    code = machine.grant_code("ana", [], app_id="two")

    assert machine.exchange("one", "secret-1", code)["code"] == 40110
    assert machine.exchange("two", "secret-2", code)["code"] == 0


def test_a_rotation_gives_a_new_pair_and_the_access_token_before_it_lives_on(app: SimulatedApp) -> None:
    first = app.connect()
    app.wait(hours=12)
    assert app.refresh(first["refresh_token"]) == 0
    second = app.data

    assert {first["access_token"], first["refresh_token"]}.isdisjoint({second["access_token"], second["refresh_token"]})
    assert app.advertisers(first["access_token"]) == 0
    app.wait(hours=12)
    assert app.advertisers(first["access_token"]) == 40102
    assert app.advertisers(second["access_token"]) == 0


def test_in_strict_mode_a_spent_refresh_token_is_dead_at_once_and_its_family_lives(app: SimulatedApp) -> None:
    first = app.connect()
    app.refresh(first["refresh_token"])
    second = app.data

    assert app.refresh(first["refresh_token"]) == 40107
    assert app.machine.state.counters.reuses == 1
    assert app.refresh(second["refresh_token"]) == 0
    assert app.machine.state.counters.refreshes == 2


def test_in_grace_mode_the_spent_token_gets_the_same_new_pair_until_the_grace_is_over() -> None:
    app = an_app(rotation_mode="grace", grace_seconds=60)
    first = app.connect()
    app.refresh(first["refresh_token"])
    second = app.data

    app.wait(seconds=59)
    assert app.refresh(first["refresh_token"]) == 0
    assert (app.data["access_token"], app.data["refresh_token"]) == (second["access_token"], second["refresh_token"])
    assert app.data["access_token_expire_in"] == second["access_token_expire_in"] - 59
    assert (app.machine.state.counters.refreshes, app.machine.state.counters.reuses) == (1, 0)
    app.wait(seconds=1)
    assert app.refresh(first["refresh_token"]) == 40107
    assert app.machine.state.counters.reuses == 1


def test_the_grace_is_for_the_last_spent_token_only() -> None:
    app = an_app(rotation_mode="grace")
    first = app.connect()
    app.refresh(first["refresh_token"])
    app.refresh(app.data["refresh_token"])

    assert app.refresh(first["refresh_token"]) == 40107


def test_a_reuse_can_revoke_everything_from_the_consent() -> None:
    app = an_app(rotation_mode="reuse-revokes-family")
    first, other = app.connect(), app.connect()
    app.refresh(first["refresh_token"])
    second = app.data

    assert app.refresh(first["refresh_token"]) == 40107
    assert app.refresh(first["refresh_token"]) == 40107
    assert app.refresh(second["refresh_token"]) == 40107
    assert app.advertisers(second["access_token"]) == 40105
    assert app.advertisers(other["access_token"]) == 0
    assert (app.machine.state.counters.families_revoked, app.machine.state.counters.reuses) == (1, 2)


@pytest.mark.parametrize(("restarts", "left_seconds"), [(True, 31_536_000), (False, 31_536_000 - 43_200)])
def test_a_rotation_starts_the_year_anew_only_when_it_is_told_to(*, restarts: bool, left_seconds: int) -> None:
    app = an_app(year_restarts=restarts)
    first = app.connect()
    app.wait(hours=12)
    app.refresh(first["refresh_token"])

    assert app.data["refresh_token_expire_in"] == left_seconds


def test_a_refresh_token_expires_at_the_end_of_its_year(app: SimulatedApp) -> None:
    first = app.connect()
    app.wait(days=365)

    assert app.refresh(first["refresh_token"]) == 40103
    assert not app.machine.is_live(first["refresh_token"])


@pytest.mark.parametrize(
    ("app_id", "secret", "token", "grant_type", "code"),
    [
        (APP, SECRET, "made up", "refresh_token", 40107),
        (APP, "wrong", "made up", "refresh_token", 40101),
        ("unknown", SECRET, "made up", "refresh_token", 40101),
        (APP, SECRET, "", "refresh_token", 40002),
        ("", SECRET, "made up", "refresh_token", 40002),
        (APP, SECRET, "made up", "authorization_code", 40002),
        (APP, SECRET, "made up", "", 40002),
    ],
)
def test_a_refresh_is_refused_with_tiktoks_code(
    app: SimulatedApp, app_id: str, secret: str, token: str, grant_type: str, code: int
) -> None:
    assert app.machine.refresh(app_id, secret, token, grant_type)["code"] == code


def test_a_refresh_token_of_another_app_is_invalid_and_stays_alive(app: SimulatedApp) -> None:
    app.machine.apps["other"] = "its secret"
    token = app.connect()["refresh_token"]

    assert app.machine.refresh("other", "its secret", token)["code"] == 40107
    assert app.machine.is_live(token)


def test_an_access_token_is_live_until_it_expires_or_its_family_is_revoked(app: SimulatedApp) -> None:
    one, other = app.connect()["access_token"], app.connect()["access_token"]
    app.revoke(other)

    assert (app.machine.is_live(one), app.machine.is_live(other)) == (True, False)
    app.wait(hours=24)
    assert not app.machine.is_live(one)


def test_an_access_token_is_no_refresh_token(app: SimulatedApp) -> None:
    assert app.refresh(app.connect()["access_token"]) == 40107


def test_a_long_term_token_says_nothing_about_time_and_does_not_end() -> None:
    app = an_app(profile="long-term")
    data = app.connect()
    app.wait(days=4_000)

    assert data.keys() & {"refresh_token", "expires_in", "access_token_expire_in"} == set()
    assert app.advertisers(data["access_token"]) == 0
    assert app.machine.live_refresh_tokens() == 0


def test_authorising_again_returns_the_same_long_term_token_which_reaches_what_was_ticked_last() -> None:
    app = an_app(profile="long-term")
    first = app.connect(of=1)
    second = app.connect(of=3)

    assert second["access_token"] == first["access_token"]
    assert len(second["advertiser_ids"]) == 3


def test_a_revoked_long_term_token_is_not_given_again() -> None:
    app = an_app(profile="long-term")
    first = app.connect()
    assert app.revoke(first["access_token"]) == 0

    assert app.connect()["access_token"] != first["access_token"]
    assert app.advertisers(first["access_token"]) == 40105


def test_revoking_an_access_token_ends_the_pair_and_is_counted(app: SimulatedApp) -> None:
    first = app.connect()

    assert app.revoke(first["access_token"]) == 0
    assert app.data == {"app_id": APP, "advertiser_ids": first["advertiser_ids"]}
    assert app.refresh(first["refresh_token"]) == 40107
    assert app.revoke(first["access_token"]) == 40105
    assert (app.machine.state.counters.revocations, app.machine.state.counters.reuses) == (1, 0)


def test_a_user_can_withdraw_every_consent_at_tiktok(app: SimulatedApp) -> None:
    one, two, other = app.connect("ana"), app.connect("ana"), app.connect("ben")

    assert app.machine.revoke_user("ana") == 2
    assert [app.machine.is_live(data["refresh_token"]) for data in (one, two, other)] == [False, False, True]
    assert app.machine.live_refresh_tokens() == 1
    assert app.machine.state.counters.revocations == 0


def test_calls_beyond_the_limit_of_any_one_second_are_throttled_and_counted() -> None:
    app = an_app(calls_per_second=2)
    token = an_app().connect()["refresh_token"]  # unknown here: what counts is the call

    assert [app.refresh(token) for _ in range(4)] == [40107, 40107, 40100, 40100]
    app.wait(milliseconds=999)
    assert app.refresh(token) == 40100
    app.wait(milliseconds=1)
    assert app.refresh(token) == 40107
    assert app.machine.state.counters.throttled == 3


def test_many_rotations_leave_nothing_behind_but_the_living_tokens(app: SimulatedApp) -> None:
    token = app.connect()["refresh_token"]
    for _ in range(50):
        app.wait(hours=12)
        app.refresh(token)
        token = app.data["refresh_token"]

    (family,) = app.machine.state.families.values()
    assert sorted(family.access_ends) == [50, 51]


def test_a_hundred_thousand_grants_cost_no_more_a_call_than_a_few() -> None:
    app = an_app()
    tokens = [app.connect("chloe")["refresh_token"] for _ in range(100_000)]
    app.wait(hours=12)

    started = time.process_time()  # whatever else the machine does
    for place, token in enumerate(tokens[::100]):
        assert app.refresh(token) == 0, place
    assert time.process_time() - started < 1
    assert app.machine.live_refresh_tokens() == 100_000
