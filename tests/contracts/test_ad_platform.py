"""The promises of the port AdPlatform, over the one in memory and over TikTok's client with the simulator behind it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.clock import SystemClock
from adapters.memory.ad_platform import MemoryAdPlatform, Verb
from adapters.tiktok.ad_platform import TikTok
from adapters.tiktok_simulator.advertisers import Advertiser as SimulatedAccount
from adapters.tiktok_simulator.planned_faults import FaultKind
from adapters.tiktok_simulator.server import running_simulator
from application.ports.ad_platform import DETAILS_PER_CALL, AdPlatform
from domain.advertiser import Advertiser, Standing
from domain.ids import AdvertiserId, AppId
from domain.outcomes import Failure, InDoubt, Issued, Misconfigured, NotPermitted, Reason, Refused, Throttled, Unavailable
from domain.tokens import Lifetimes, Secret, TokenTerm
from support.world import SimulatedClock

LIVES = Lifetimes(timedelta(seconds=7200), timedelta(days=90))
ACCOUNTS = tuple(
    Advertiser(
        AdvertiserId(str(7_123_456_789_012_345_000 + number)),
        f"Shop {number}",
        "EUR",
        "Europe/Berlin",
        "STATUS_DISABLE" if number == 1 else "STATUS_ENABLE",
        Standing.CLOSED if number == 1 else Standing.OPEN,
    )
    for number in range(120)
)
IDS = tuple(one.id for one in ACCOUNTS)
FAULTS: dict[str, tuple[Verb, FaultKind, Failure, bool]] = {
    "throttled": (Verb.REFRESH, "throttle", Throttled(), False),
    "throttled under 401": (Verb.REFRESH, "http401_throttle", Throttled(), False),
    "in maintenance": (Verb.REFRESH, "unavailable", Unavailable("away"), False),
    "misconfigured": (Verb.REFRESH, "misconfigured", Misconfigured("secret"), False),
    "a gateway's page": (Verb.REFRESH, "html504", InDoubt("page"), False),
    "garbage": (Verb.REFRESH, "garbage", InDoubt("garbage"), False),
    "a lost reply": (Verb.REFRESH, "lost_reply", InDoubt("lost"), True),
    "a slow reply": (Verb.REFRESH, "slow", InDoubt("late"), True),
    "a dripping reply": (Verb.REFRESH, "drip", InDoubt("late"), True),
}


@dataclass
class Rig:
    """A platform, and what can be done to it from outside."""

    platform: AdPlatform
    consent: Callable[[tuple[AdvertiserId, ...]], Secret]
    advance: Callable[[timedelta], None]
    fail: Callable[[str], None]
    refuse_details: Callable[[AdvertiserId], None]

    def issue(self, *advertisers: AdvertiserId) -> Issued:
        issued = self.platform.exchange(self.consent(advertisers or IDS[:2]))
        assert isinstance(issued, Issued)
        return issued

    def pair(self) -> tuple[Secret, Secret]:
        issued = self.issue()
        assert issued.refresh is not None
        return issued.access, issued.refresh


def in_memory(*, rotating: bool, details: bool) -> Iterator[Rig]:
    clock = SimulatedClock()
    platform = MemoryAdPlatform(AppId("app"), ACCOUNTS, clock, rotating=rotating, lifetimes=LIVES, details_permitted=details)

    def fail(name: str) -> None:
        verb, _, failure, carried_out = FAULTS[name]
        platform.plan(verb, failure, carried_out=carried_out)

    yield Rig(platform, platform.consent, clock.advance, fail, lambda account: platform.refuse_details([account]))


def over_http(*, rotating: bool, details: bool, version: str = "v1.3") -> Iterator[Rig]:
    """At v1.3 TikTok decides which tokens it gives; from v2.0 on the app asks for them."""
    chosen, term = version != "v1.3", TokenTerm.SHORT if rotating else TokenTerm.LONG
    settings: dict[str, object] = {
        "profile": "rotating" if rotating is not chosen else "long-term",
        "access_token_seconds": 7200,
        "refresh_token_seconds": 90 * 86_400,
        "info_permission": details,
    }
    with running_simulator(**settings) as simulator:  # type: ignore[arg-type] # of several types
        simulator.control.set_accounts(
            "user",
            [
                SimulatedAccount(advertiser_id=one.id, name=one.name, currency="EUR", timezone="Europe/Berlin", status=one.status)
                for one in ACCOUNTS
            ],
        )

        def fail(name: str) -> None:
            simulator.control.fault("/oauth2/refresh_token/", FAULTS[name][1])

        with TikTok(
            AppId(simulator.app_id),
            Secret(simulator.app_secret),
            redirect_uri="https://dashboard.example/api/auth/tiktok/callback",
            auth_url=simulator.auth_url,
            api_url=simulator.api_url,
            auth_api_url=f"{simulator.url}/open_api/{version}",
            term=term if chosen else TokenTerm.AS_ISSUED,
            clock=SystemClock(),
            timeout=timedelta(seconds=1),
        ) as platform:
            yield Rig(
                platform,
                lambda ids: Secret(simulator.control.grant_code("user", ids)),
                simulator.control.advance,
                fail,
                lambda account: simulator.control.treat_oddly(refused_in_details=[account]),
            )


def over_http_by_choice(*, rotating: bool, details: bool) -> Iterator[Rig]:
    return over_http(rotating=rotating, details=details, version="v2.0")


Kept = Callable[..., Iterator[Rig]]


@pytest.fixture(params=[in_memory, over_http, over_http_by_choice])
def kept(request: pytest.FixtureRequest) -> Kept:
    made: Kept = request.param
    return made


@pytest.fixture
def rotating(kept: Kept) -> Iterator[Rig]:
    yield from kept(rotating=True, details=True)


@pytest.fixture
def long_term(kept: Kept) -> Iterator[Rig]:
    yield from kept(rotating=False, details=True)


@pytest.fixture
def without_details(kept: Kept) -> Iterator[Rig]:
    yield from kept(rotating=True, details=False)


@pytest.fixture(params=["rotating", "long-term"])
def rig(kept: Kept, request: pytest.FixtureRequest) -> Iterator[Rig]:
    yield from kept(rotating=request.param == "rotating", details=True)


def test_the_consent_page_carries_the_app_and_the_state(rig: Rig) -> None:
    query = parse_qs(urlsplit(rig.platform.consent_url("st&te")).query)
    assert (query["app_id"], query["state"]) == ([rig.platform.app], ["st&te"])


def test_a_code_is_traded_once(rig: Rig) -> None:
    code = rig.consent(IDS[:2])
    issued = rig.platform.exchange(code)
    assert isinstance(issued, Issued)
    assert set(issued.advertisers) == set(IDS[:2])
    assert isinstance(rig.platform.exchange(code), Refused)


def test_a_code_that_was_never_given_is_refused(rig: Rig) -> None:
    assert isinstance(rig.platform.exchange(Secret("made-up")), Refused)


def test_an_expiring_grant_has_a_refresh_token_and_lifetimes(rotating: Rig) -> None:
    issued = rotating.issue()
    assert (issued.refresh is not None, issued.lifetimes) == (True, LIVES)


def test_a_long_term_grant_has_neither(long_term: Rig) -> None:
    issued = long_term.issue()
    assert (issued.refresh, issued.lifetimes) == (None, Lifetimes())


def test_a_consent_may_reach_no_account_at_all(rig: Rig) -> None:
    issued = rig.platform.exchange(rig.consent(()))
    assert isinstance(issued, Issued)
    assert (issued.advertisers, rig.platform.reach(issued.access)) == ((), ())


def test_a_refresh_gives_a_new_pair_and_spends_the_old_refresh_token(rotating: Rig) -> None:
    access, refresh = rotating.pair()
    fresh = rotating.platform.refresh(refresh)
    assert isinstance(fresh, Issued)
    assert fresh.refresh is not None
    assert len({access, refresh, fresh.access, fresh.refresh}) == 4
    assert fresh.lifetimes.access == LIVES.access
    spent = rotating.platform.refresh(refresh)
    assert isinstance(spent, Refused)
    assert spent.reason is Reason.REFRESH_TOKEN_REFUSED
    assert isinstance(rotating.platform.refresh(fresh.refresh), Issued)


def test_a_refresh_token_dies_of_age(rotating: Rig) -> None:
    _, refresh = rotating.pair()
    rotating.advance(timedelta(days=91))
    assert rotating.platform.refresh(refresh) == Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103)


def test_the_reached_accounts_are_told_by_id_and_name_alone(rig: Rig) -> None:
    reached = rig.platform.reach(rig.issue(*IDS[:3]).access)
    assert isinstance(reached, tuple)
    assert set(reached) == {Advertiser(one.id, one.name) for one in ACCOUNTS[:3]}


def test_the_details_of_as_many_accounts_as_a_call_takes_are_told(rig: Rig) -> None:
    details = rig.platform.details(rig.issue(*IDS).access, IDS[:DETAILS_PER_CALL])
    assert isinstance(details, tuple)
    assert set(details) == set(ACCOUNTS[:DETAILS_PER_CALL])


def test_details_of_nothing_are_nothing(rig: Rig) -> None:
    assert rig.platform.details(rig.issue().access, ()) == ()


def test_nothing_is_told_of_accounts_that_are_unknown_or_out_of_reach(rig: Rig) -> None:
    access, unknown = rig.issue(*IDS[:2]).access, AdvertiserId("7999999999999999999")
    for stranger in (IDS[5], unknown):
        assert rig.platform.details(access, (IDS[0], stranger)) in {(ACCOUNTS[0],), NotPermitted(40001)}
    assert rig.platform.details(access, IDS[:1]) == ACCOUNTS[:1]


def test_an_account_whose_details_are_refused_is_left_out_or_spoils_those_of_all_and_is_reached(rig: Rig) -> None:
    access = rig.issue(*IDS[:3]).access
    rig.refuse_details(IDS[1])
    assert rig.platform.details(access, IDS[:3]) in {(ACCOUNTS[0], ACCOUNTS[2]), NotPermitted(40001)}
    assert rig.platform.details(access, IDS[1:2]) in {(), NotPermitted(40001)}
    assert rig.platform.details(access, (IDS[0], IDS[2])) == (ACCOUNTS[0], ACCOUNTS[2])
    reached = rig.platform.reach(access)
    assert isinstance(reached, tuple)
    assert len(reached) == 3


def test_a_token_that_was_never_given_is_refused_and_as_good_as_revoked(rotating: Rig) -> None:
    rotating.issue()
    made_up = Secret("made-up")
    for failure in (
        rotating.platform.refresh(made_up),
        rotating.platform.reach(made_up),
        rotating.platform.details(made_up, IDS[:2]),
    ):
        assert isinstance(failure, Refused)
    assert rotating.platform.revoke(made_up) is None


def test_neither_token_of_a_pair_passes_for_the_other(rotating: Rig) -> None:
    access, refresh = rotating.pair()
    assert isinstance(rotating.platform.reach(refresh), Refused)
    assert isinstance(rotating.platform.refresh(access), Refused)
    assert isinstance(rotating.platform.refresh(refresh), Issued)


def test_a_missing_scope_withholds_the_details_alone(without_details: Rig) -> None:
    access = without_details.issue().access
    assert without_details.platform.details(access, IDS[:2]) == NotPermitted(40001)
    assert isinstance(without_details.platform.reach(access), tuple)


def test_an_expired_access_token_is_refused(rotating: Rig) -> None:
    access, _ = rotating.pair()
    rotating.advance(timedelta(hours=3))
    for failure in (rotating.platform.reach(access), rotating.platform.details(access, IDS[:2])):
        assert isinstance(failure, Refused)
        assert failure.reason is Reason.ACCESS_TOKEN_REFUSED


def test_a_long_term_token_does_not_expire(long_term: Rig) -> None:
    access = long_term.issue().access
    long_term.advance(timedelta(days=3650))
    assert isinstance(long_term.platform.reach(access), tuple)


def test_a_revoked_authorisation_is_over_and_revoking_it_again_is_no_failure(rig: Rig) -> None:
    issued = rig.issue()
    assert rig.platform.revoke(issued.access) is None
    assert isinstance(rig.platform.reach(issued.access), Refused)
    assert rig.platform.revoke(issued.access) is None
    if issued.refresh is not None:
        assert isinstance(rig.platform.refresh(issued.refresh), Refused)


@pytest.mark.parametrize("name", FAULTS)
def test_what_goes_wrong_is_told_and_whether_the_token_was_spent(name: str, rotating: Rig) -> None:
    _, _, expected, carried_out = FAULTS[name]
    _, refresh = rotating.pair()
    rotating.fail(name)
    assert type(rotating.platform.refresh(refresh)) is type(expected)
    assert isinstance(rotating.platform.refresh(refresh), Refused if carried_out else Issued)
