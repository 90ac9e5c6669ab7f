"""The client against every shape of an answer that was recorded or reported of TikTok (docs/tiktok.md, docs/simulator.md)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from adapters.tiktok.ad_platform import TikTok
from adapters.tiktok_simulator.planned_answers import PlannedAnswer
from adapters.tiktok_simulator.running_simulator import RunningSimulator
from adapters.tiktok_simulator.server import running_simulator
from domain.advertiser import Advertiser, Standing
from domain.ids import AdvertiserId
from domain.outcomes import (
    Failure,
    InDoubt,
    Issued,
    Misconfigured,
    NotPermitted,
    PathMissing,
    Reason,
    Refused,
    Throttled,
    Unavailable,
)
from domain.tokens import Secret

from .conftest import Connect

EXCHANGE, REFRESH, REVOKE = "/oauth2/access_token/", "/oauth2/refresh_token/", "/oauth2/revoke_token/"
LIST, DETAILS = "/oauth2/advertiser/get/", "/advertiser/info/"
CODE, TOKEN = Secret("a-code*1!6321.va"), Secret("rft.token!5339.va")
REQUEST = "202611271723282E12B639685855999911"
IDS = ["7123456789012345678", "7123456789012345679"]
LONG = "9552d08e79c2028f31329663cf6aa2ed320bd10b"
SHORT, FRESH = "act.2bXk-Gq!5308.va", "rft.Pq_71z!5339.va"
DAY, YEAR = timedelta(days=1), timedelta(days=365)


@pytest.fixture(scope="module")
def tiktok() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def platform(tiktok: RunningSimulator, connect: Connect) -> Iterator[TikTok]:
    tiktok.control.clear_answers()
    with connect(tiktok.url) as made:
        yield made


def ok(data: object) -> dict[str, object]:
    return {"code": 0, "message": "OK", "request_id": REQUEST, "data": data}


def said(code: int, message: str = "no", **more: object) -> dict[str, object]:
    return {"code": code, "message": message, "request_id": REQUEST, **more}


PAIR = {"access_token": SHORT, "refresh_token": FRESH}
BRIEFS = {"access_token_expire_in": 86_400, "refresh_token_expire_in": 31_536_000}
ACCOUNT_FLOW = {"expires_in": 86_400, "refresh_token_expires_in": 31_536_000}
TOKENS: dict[str, tuple[dict[str, Any], bool, tuple[timedelta | None, timedelta | None], int]] = {
    "v1.3, long-term": ({"access_token": LONG, "advertiser_ids": IDS, "scope": [4, 14]}, True, (None, None), 2),
    "v1.3, as the brief has it": ({**PAIR, **BRIEFS, "advertiser_ids": IDS, "scope": [4]}, False, (DAY, YEAR), 2),
    "v2.0, short-term by the account flow's names": ({**PAIR, **ACCOUNT_FLOW, "advertiser_ids": IDS}, False, (DAY, YEAR), 2),
    "v2.0, without the accounts": ({**PAIR, **ACCOUNT_FLOW, "token_type": "Bearer"}, False, (DAY, YEAR), 0),
    "v2.0, long-term": ({"access_token": LONG, "advertiser_ids": IDS[:1], "token_type": "Bearer"}, True, (None, None), 1),
    "the account flow": ({**PAIR, **ACCOUNT_FLOW, "open_id": "1!6", "scope": "user.info.basic"}, False, (DAY, YEAR), 0),
    "no account agreed to": ({"access_token": LONG, "advertiser_ids": [], "scope": []}, True, (None, None), 0),
    "scope ids of 19 digits": (
        {"access_token": LONG, "advertiser_ids": IDS, "scope": [7_215_340_981_267_546_113, 4]},
        True,
        (None, None),
        2,
    ),
    "a refresh token without lifetimes": ({**PAIR, "advertiser_ids": IDS}, False, (None, None), 2),
    "lifetimes as text": ({**PAIR, "expires_in": "86400", "refresh_token_expires_in": "31536000"}, False, (DAY, YEAR), 0),
    "nulls where there is nothing": (
        {"access_token": LONG, "refresh_token": None, "expires_in": None, "advertiser_ids": None},
        True,
        (None, None),
        0,
    ),
}


@pytest.mark.parametrize("shape", TOKENS)
@pytest.mark.parametrize("message_first", (False, True), ids=("code first", "message first"))
def test_tokens_are_read_in_every_shape(tiktok: RunningSimulator, platform: TikTok, shape: str, message_first: bool) -> None:
    data, long_term, lifetimes, accounts = TOKENS[shape]
    body = ok(data)
    if message_first:
        body = {name: body[name] for name in ("message", "code", "data", "request_id")}
    tiktok.control.answer(PlannedAnswer(path=EXCHANGE, body=body))
    issued = platform.exchange(CODE)
    assert isinstance(issued, Issued)
    assert issued.access.reveal() == data["access_token"]
    assert (issued.refresh is None) is long_term
    assert (issued.lifetimes.access, issued.lifetimes.refresh) == lifetimes
    assert list(issued.advertisers) == IDS[:accounts]


def test_a_refresh_that_says_what_is_left_of_the_year_is_taken_at_its_word(tiktok: RunningSimulator, platform: TikTok) -> None:
    data = {**PAIR, "expires_in": 86_400, "refresh_token_expires_in": 31_527_314}
    tiktok.control.answer(PlannedAnswer(path=REFRESH, body=ok(data)))
    issued = platform.refresh(TOKEN)
    assert isinstance(issued, Issued)
    assert issued.lifetimes.refresh == timedelta(seconds=31_527_314)


REFUSALS: dict[str, tuple[str, PlannedAnswer, Failure]] = {
    "a dead refresh token": (
        REFRESH, PlannedAnswer(path=REFRESH, body=said(40107, data={})), Refused(Reason.REFRESH_TOKEN_REFUSED, 40107),
    ),
    "the same without data": (
        REFRESH, PlannedAnswer(path=REFRESH, body=said(40107)), Refused(Reason.REFRESH_TOKEN_REFUSED, 40107),
    ),
    "the same with null for data": (
        REFRESH, PlannedAnswer(path=REFRESH, body=said(40107, data=None)), Refused(Reason.REFRESH_TOKEN_REFUSED, 40107),
    ),
    "a refresh token at the end of its year": (
        REFRESH, PlannedAnswer(path=REFRESH, body=said(40103)), Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103),
    ),
    "an access token under 401": (
        LIST,
        PlannedAnswer(path=LIST, status=401, body=said(40105, "Access token is incorrect or has been revoked.")),
        Refused(Reason.ACCESS_TOKEN_REFUSED, 40105),
    ),
    "throttling under 401": (REFRESH, PlannedAnswer(path=REFRESH, status=401, body=said(40100)), Throttled()),
    "throttling in words": (
        LIST,
        PlannedAnswer(
            path=LIST, body=said(40100, "Due to too many requests, requests from App 7 are temporarily restricted.", data={})
        ),
        Throttled(),
    ),
    "429 without an envelope": (REFRESH, PlannedAnswer(path=REFRESH, status=429, body_text=""), Throttled()),
    "maintenance": (REFRESH, PlannedAnswer(path=REFRESH, body=said(60001)), Unavailable("60001")),
    "the app's secret": (REFRESH, PlannedAnswer(path=REFRESH, body=said(40101)), Misconfigured("40101")),
    "TikTok's own failure": (REFRESH, PlannedAnswer(path=REFRESH, body=said(50000)), InDoubt("50000")),
    "no schema under 403": (
        REFRESH, PlannedAnswer(path=REFRESH, status=403, body=said(40006, "no schema found")), PathMissing(""),
    ),
    "a bare 404": (REFRESH, PlannedAnswer(path=REFRESH, status=404, body_text="404 page not found"), PathMissing("")),
    "a bare 405": (REFRESH, PlannedAnswer(path=REFRESH, status=405, body_text=""), PathMissing("")),
    "an account that is gone": (
        DETAILS,
        PlannedAnswer(path=DETAILS, body=said(40001, f"The advertiser {IDS[0]} doesn't exist or has been deleted.")),
        NotPermitted(40001),
    ),
    "an account out of reach": (
        DETAILS,
        PlannedAnswer(path=DETAILS, body=said(40001, f"No permission to operate advertiser {IDS[0]}.")),
        NotPermitted(40001),
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", REFUSALS)
def test_refusals_are_read_in_every_shape(tiktok: RunningSimulator, platform: TikTok, shape: str) -> None:
    path, answer, failure = REFUSALS[shape]
    tiktok.control.answer(answer)
    match path:
        case "/oauth2/refresh_token/":
            came: object = platform.refresh(TOKEN)
        case "/oauth2/advertiser/get/":
            came = platform.reach(Secret(SHORT))
        case _:
            came = platform.details(Secret(SHORT), (AdvertiserId(IDS[0]),))
    assert type(came) is type(failure)
    if isinstance(failure, Refused | NotPermitted):
        assert came == failure


@pytest.mark.parametrize("status", (200, 400))
def test_a_bad_code_is_refused_under_either_status(tiktok: RunningSimulator, platform: TikTok, status: int) -> None:
    tiktok.control.answer(PlannedAnswer(path=EXCHANGE, status=status, body=said(40110)))
    assert isinstance(platform.exchange(CODE), Refused)


DESCRIBED: dict[str, tuple[dict[str, object], str]] = {
    "an Etc zone beside the IANA one": (
        {"timezone": "Etc/GMT+8", "display_timezone": "America/Los_Angeles"},
        "America/Los_Angeles",
    ),
    "one zone alone": ({"timezone": "Etc/GMT-8"}, "Etc/GMT-8"),
    "no display zone": ({"timezone": "Asia/Tokyo", "display_timezone": None}, "Asia/Tokyo"),
    "an empty display zone": ({"timezone": "Asia/Tokyo", "display_timezone": ""}, "Asia/Tokyo"),
    "nulls": ({"timezone": None, "display_timezone": None}, ""),
}


@pytest.mark.parametrize("shape", DESCRIBED)
def test_details_are_read_in_every_shape(tiktok: RunningSimulator, platform: TikTok, shape: str) -> None:
    zones, read_as = DESCRIBED[shape]
    row = {
        "advertiser_id": IDS[0],
        "name": "Shop",
        "currency": "USD",
        "status": "STATUS_ENABLE",
        "rejection_reason": None,
        **zones,
    }
    tiktok.control.answer(PlannedAnswer(path=DETAILS, body=ok({"list": [row]})))
    described = platform.details(Secret(SHORT), (AdvertiserId(IDS[0]),))
    assert described == (Advertiser(AdvertiserId(IDS[0]), "Shop", "USD", read_as, "STATUS_ENABLE", Standing.OPEN),)


@pytest.mark.parametrize("data", ({"app_id": "7", "advertiser_ids": IDS}, {}, None))
def test_a_revocation_is_done_whatever_it_names(tiktok: RunningSimulator, platform: TikTok, data: object) -> None:
    tiktok.control.answer(PlannedAnswer(path=REVOKE, body=ok(data)))
    assert platform.revoke(Secret(SHORT)) is None
