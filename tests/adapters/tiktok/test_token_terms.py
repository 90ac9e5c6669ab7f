"""What an exchange asks for, where tokens are refreshed, and what happens if others come than were asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from adapters.clock import SystemClock
from adapters.tiktok.ad_platform import TikTok
from adapters.tiktok_simulator.planned_answers import PlannedAnswer
from adapters.tiktok_simulator.running_simulator import RunningSimulator
from adapters.tiktok_simulator.server import running_simulator
from domain.ids import AppId
from domain.outcomes import Issued, PathMissing
from domain.tokens import Secret, TokenOrigin, TokenTerm

EXCHANGE, REFRESH, REVOKE = "/oauth2/access_token/", "/oauth2/refresh_token/", "/oauth2/revoke_token/"


@pytest.fixture
def tiktok() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@contextmanager
def client(tiktok: RunningSimulator, version: str = "v2.0", term: TokenTerm = TokenTerm.AS_ISSUED) -> Iterator[TikTok]:
    with TikTok(
        AppId(tiktok.app_id),
        Secret(tiktok.app_secret),
        redirect_uri="https://dashboard.example/api/auth/tiktok/callback",
        auth_url=tiktok.auth_url,
        api_url=tiktok.api_url,
        auth_api_url=f"{tiktok.url}/open_api/{version}/",
        term=term,
        clock=SystemClock(),
    ) as made:
        yield made


def connected(tiktok: RunningSimulator, platform: TikTok) -> Issued:
    issued = platform.exchange(Secret(tiktok.control.code("chloe")))
    assert isinstance(issued, Issued)
    return issued


@pytest.mark.parametrize(
    ("term", "long_term"),
    ((TokenTerm.SHORT, False), (TokenTerm.LONG, True)),
    ids=lambda value: str(getattr(value, "value", value)),
)
def test_the_term_is_asked_for_in_the_exchanges_body(tiktok: RunningSimulator, term: TokenTerm, long_term: bool) -> None:
    with client(tiktok, term=term) as platform:
        issued = connected(tiktok, platform)
    [seen] = tiktok.control.requests(EXCHANGE)
    assert seen.path == f"/open_api/v2.0{EXCHANGE}"
    assert {name: seen.body[name] for name in ("is_long_term", "return_advertiser_ids")} == {
        "is_long_term": long_term,
        "return_advertiser_ids": True,
    }
    assert (issued.refresh is None) is long_term
    assert issued.origin == TokenOrigin("2.0", term)


@pytest.mark.parametrize("version", ("v1.3", "v2.0"))
def test_nothing_is_asked_for_where_tokens_are_taken_as_issued(tiktok: RunningSimulator, version: str) -> None:
    with client(tiktok, version) as platform:
        issued = connected(tiktok, platform)
    [seen] = tiktok.control.requests(EXCHANGE)
    assert seen.body.keys() == {"app_id", "secret", "auth_code"}
    assert issued.origin == TokenOrigin(version.removeprefix("v"), TokenTerm.AS_ISSUED)


def test_tokens_are_refreshed_at_the_version_that_gave_them_whatever_is_configured_since(tiktok: RunningSimulator) -> None:
    with client(tiktok, "v2.0", TokenTerm.SHORT) as platform:
        issued = connected(tiktok, platform)
    assert issued.refresh is not None
    with client(tiktok, "v1.3") as platform:
        assert isinstance(platform.refresh(issued.refresh, issued.origin.version), Issued)
    assert [seen.path for seen in tiktok.control.requests(REFRESH)] == [f"/open_api/v2.0{REFRESH}"]


def test_tokens_from_before_are_refreshed_at_1_3(tiktok: RunningSimulator) -> None:
    with client(tiktok, "v1.3") as platform:
        issued = connected(tiktok, platform)
    assert issued.refresh is not None
    with client(tiktok, "v2.0", TokenTerm.SHORT) as platform:
        assert isinstance(platform.refresh(issued.refresh), Issued)
    assert [seen.path for seen in tiktok.control.requests(REFRESH)] == [f"/open_api/v1.3{REFRESH}"]


def test_tokens_are_revoked_where_they_are_obtained_and_accounts_read_elsewhere(tiktok: RunningSimulator) -> None:
    with client(tiktok, "v2.0", TokenTerm.LONG) as platform:
        access = connected(tiktok, platform).access
        assert isinstance(platform.reach(access), tuple)
        assert platform.revoke(access) is None
    assert [seen.path for seen in tiktok.control.requests(REVOKE)] == [f"/open_api/v2.0{REVOKE}"]
    [listed] = tiktok.control.requests("/oauth2/advertiser/get/")
    assert listed.path.startswith("/open_api/v1.3/")


@pytest.mark.parametrize(
    ("profile", "term", "given"), (("long-term", TokenTerm.SHORT, "long"), ("rotating", TokenTerm.LONG, "short"))
)
def test_tokens_of_another_term_are_taken_and_said_once(
    tiktok: RunningSimulator, caplog: pytest.LogCaptureFixture, profile: str, term: TokenTerm, given: str
) -> None:
    tiktok.control.configure(profile=profile)
    with client(tiktok, "v1.3", term) as platform:
        for _ in range(3):
            assert (connected(tiktok, platform).refresh is None) is (given == "long")
    said = [record for record in caplog.records if "TIKTOK_TOKEN_TERM" in record.message]
    assert [(vars(record)["asked_for"], vars(record)["given"]) for record in said] == [(term.value, given)]


def test_a_missing_path_of_one_version_rests_alone(tiktok: RunningSimulator) -> None:
    with client(tiktok, "v2.0", TokenTerm.SHORT) as platform:
        issued = connected(tiktok, platform)
        assert issued.refresh is not None
        tiktok.control.answer(PlannedAnswer(path=REFRESH, status=404, body_text="no"))
        assert isinstance(platform.refresh(issued.refresh, "2.0"), PathMissing)
        assert isinstance(platform.refresh(issued.refresh, "2.0"), PathMissing)
        assert isinstance(platform.refresh(issued.refresh, "1.3"), Issued)
    assert len(tiktok.control.requests(REFRESH)) == 2
