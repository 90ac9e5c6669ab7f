import pytest

from adapters.tiktok_simulator.advertisers import CLOSED, ENABLED, Advertiser
from adapters.tiktok_simulator.simulated_users import UnknownAdvertiser, UnknownUser
from support.simulated_app import APP, SimulatedApp, an_app


def ids(app: SimulatedApp, user: str) -> list[str]:
    return [account.advertiser_id for account in app.machine.accounts(user)]


def test_only_the_accounts_that_were_ticked_are_listed(app: SimulatedApp) -> None:
    data = app.connect("ana", of=2)

    assert app.advertisers(data["access_token"]) == 0
    assert app.data["list"] == [
        {"advertiser_id": "7000000000000001000", "advertiser_name": "Acme Shoes"},
        {"advertiser_id": "7000000000000001001", "advertiser_name": "Acme Shoes Europe"},
    ]


def test_a_consent_can_succeed_with_no_account(app: SimulatedApp) -> None:
    data = app.connect("dan")

    assert data["advertiser_ids"] == []
    assert app.advertisers(data["access_token"]) == 0
    assert app.data["list"] == []


def test_an_account_that_the_user_lost_is_no_longer_reached(app: SimulatedApp) -> None:
    data = app.connect("ana", of=2)
    app.machine.set_accounts("ana", app.machine.accounts("ana")[1:])

    app.advertisers(data["access_token"])
    assert [account["advertiser_id"] for account in app.data["list"]] == ["7000000000000001001"]


def test_info_tells_currency_time_zone_and_status_as_text(app: SimulatedApp) -> None:
    token = app.connect("ben")["access_token"]

    assert app.info(token, *ids(app, "ben")) == 0
    closed = app.data["list"][3]
    assert (closed["advertiser_id"], closed["currency"], closed["display_timezone"], closed["status"]) == (
        "7000000000000002003",
        "USD",
        "America/Chicago",
        CLOSED,
    )
    assert closed["timezone"] == "Etc/GMT+6", "six hours behind UTC, as TikTok writes it"


def test_info_can_be_cut_to_some_fields(app: SimulatedApp) -> None:
    token = app.connect("chloe")["access_token"]

    assert app.info(token, *ids(app, "chloe"), fields=("currency", "name")) == 0
    assert app.data["list"] == [{"name": "Chloe's Candles", "currency": "EUR"}]


def test_info_takes_a_hundred_accounts_and_no_more(app: SimulatedApp) -> None:
    token, every = app.connect("agency")["access_token"], ids(app, "agency")

    assert len(every) == 120
    assert app.info(token, *every[:100]) == 0
    assert len(app.data["list"]) == 100
    assert app.info(token, *every[:101]) == 40002
    assert app.info(token) == 40002


def test_info_refuses_unknown_fields_and_accounts_out_of_reach(app: SimulatedApp) -> None:
    token = app.connect("ana")["access_token"]

    assert app.info(token, *ids(app, "ana"), fields=("surprise",)) == 40002
    assert app.info(token, ids(app, "ana")[0], ids(app, "ben")[0]) == 40001


def test_an_app_may_lack_the_scope_of_info() -> None:
    app = an_app(info_permission=False)
    token = app.connect("ana")["access_token"]

    assert app.info(token, *ids(app, "ana")) == 40001
    assert app.advertisers(token) == 0


def test_a_missing_or_dead_access_token_is_told_apart(app: SimulatedApp) -> None:
    token = app.connect()["access_token"]
    account = ids(app, "ana")[0]

    assert app.info("", account) == 40104
    assert app.info("made up", account) == 40105
    assert app.advertisers("") == 40104
    assert app.machine.list_advertisers(APP, "wrong", token)["code"] == 40101
    app.wait(hours=24)
    assert app.info(token, account) == 40102


def test_an_access_token_of_another_app_is_invalid() -> None:
    app = an_app()
    app.machine.apps["other"] = "its secret"

    assert app.machine.list_advertisers("other", "its secret", app.connect()["access_token"])["code"] == 40105


def test_the_users_that_come_with_it_cover_the_cases_of_a_connect(app: SimulatedApp) -> None:
    enabled = {user: sum(account.status == ENABLED for account in app.machine.accounts(user)) for user in app.machine.state.users}

    assert enabled == {"ana": 4, "ben": 3, "chloe": 1, "dan": 0, "emma": 0, "agency": 120}
    assert all(len(account) == 19 for user in enabled for account in ids(app, user))
    assert len({account for user in enabled for account in ids(app, user)}) == 4 + 4 + 1 + 2 + 120


def test_a_code_is_given_to_known_users_for_their_own_accounts_only(app: SimulatedApp) -> None:
    with pytest.raises(UnknownUser):
        app.machine.grant_code("nobody", [])
    with pytest.raises(UnknownAdvertiser):
        app.machine.grant_code("ana", ids(app, "ben"))


def test_a_new_user_can_be_added(app: SimulatedApp) -> None:
    app.machine.set_accounts("zoe", [Advertiser(advertiser_id="7000000000000009999", name="Zoe")])

    assert app.connect("zoe")["advertiser_ids"] == ["7000000000000009999"]
