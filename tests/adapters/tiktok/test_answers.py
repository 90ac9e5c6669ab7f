import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.tiktok.account_status import standing_of
from adapters.tiktok.answers import CONTROLS, Envelope
from domain.advertiser import Standing
from domain.outcomes import Issued
from domain.tokens import Lifetimes, Secret

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAMES = (
    "access_token",
    "refresh_token",
    "expires_in",
    "refresh_token_expire_in",
    "advertiser_ids",
    "list",
    "advertiser_id",
    "advertiser_name",
    "name",
    "currency",
    "status",
)
ODDITIES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers() | st.none())


def envelope(data: object, code: object = 0) -> Envelope:
    read = Envelope.of(json.dumps({"code": code, "message": "OK", "request_id": "1", "data": data}).encode())
    assert read is not None
    return read


def issued(**data: object) -> Issued:
    tokens = envelope({"access_token": "a", **data}).tokens(NOW)
    assert tokens is not None
    return tokens


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>504</html>",
        b'{"code":0,"data":{"access_token":"a',
        b'{"data":{}}',
        b'{"code":null}',
        b'{"code":true}',
        b'{"code":"x"}',
        b'{"code":0.5}',
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"code":0,"x":' + b"[" * 200_000,
    ],
)
def test_what_has_no_code_is_no_envelope(body: bytes) -> None:
    assert Envelope.of(body) is None


@given(st.binary(max_size=200))
def test_no_answer_is_too_odd_to_be_read(body: bytes) -> None:
    Envelope.of(body)
    Envelope.of(b'{"code":0,"data":' + body + b"}")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=20,
)


@given(ANYTHING)
def test_whatever_an_answer_holds_is_read_without_a_fault_and_can_be_stored(data: object) -> None:
    read = Envelope.of(json.dumps({"code": 0, "data": data}).encode())
    assert read is not None
    tokens = read.tokens(NOW)
    for secret in (tokens.access, tokens.refresh) if tokens else ():
        assert secret is None or secret.reveal().encode()
    for account in (*(read.reached() or ()), *(read.accounts() or ())):
        text = f"{account.id}{account.name}{account.currency}{account.timezone}{account.status}"
        assert text.encode()
        assert not CONTROLS.search(text)
        assert len(text) <= 600


def test_a_code_may_be_text() -> None:
    assert envelope({}, "40100").code == 40100


@pytest.mark.parametrize("data", [{}, None, [], "", 7, {"access_token": ""}, {"access_token": None}, {"access_token": 7}])
def test_without_an_access_token_nothing_was_issued(data: object) -> None:
    assert envelope(data).tokens(NOW) is None


def test_a_success_without_data_issues_nothing_and_lists_nothing() -> None:
    read = Envelope.of(b'{"code":0,"message":"OK"}')
    assert read is not None
    assert (read.tokens(NOW), read.reached(), read.accounts()) == (None, None, None)


@given(st.dictionaries(st.sampled_from(["refresh_token", "expires_in", "advertiser_ids", "scope", "x"]), ODDITIES))
def test_nothing_beside_the_access_token_can_spoil_it(oddities: dict[str, object]) -> None:
    assert issued(**oddities).access == Secret("a")


@pytest.mark.parametrize(
    "names", [("access_token_expire_in", "refresh_token_expire_in"), ("expires_in", "refresh_token_expires_in")]
)
@pytest.mark.parametrize("as_text", [False, True])
def test_both_names_of_the_lifetimes_are_read_as_number_or_text(names: tuple[str, str], *, as_text: bool) -> None:
    values = ("86400", "31536000") if as_text else (86400, 31536000)
    read = issued(**dict(zip(names, values, strict=True)), refresh_token="r")
    assert read.lifetimes == Lifetimes(timedelta(hours=24), timedelta(days=365))
    assert read.refresh == Secret("r")


@pytest.mark.parametrize("absurd", [0, -1, "0", "NaN", "inf", "soon", "", None, True, [], 101 * 366 * 86_400, 10**400, "9" * 400])
def test_an_absurd_lifetime_counts_as_missing(absurd: object) -> None:
    assert issued(access_token_expire_in=absurd, refresh_token_expire_in=absurd).lifetimes == Lifetimes(None, None)


def test_the_other_name_helps_where_the_first_is_absurd() -> None:
    assert issued(access_token_expire_in=0, expires_in=60).lifetimes.access == timedelta(seconds=60)


def test_an_empty_refresh_token_is_none() -> None:
    assert issued(refresh_token="").refresh is None


def test_nineteen_digits_stay_exact_as_number_and_as_text() -> None:
    ids = issued(advertiser_ids=[7123456789012345679, "7123456789012345677", 71234567890123456789012, None, 7.1e18]).advertisers
    assert ids == ("7123456789012345679", "7123456789012345677", "71234567890123456789012")


@pytest.mark.parametrize("name", (None, "", "  "))
def test_the_accounts_are_read_with_what_is_withheld_left_empty(name: str | None) -> None:
    read = envelope({"list": [{"advertiser_id": 7123456789012345679, "advertiser_name": name}, {"advertiser_name": "no id"}]})
    reached = read.reached()
    assert reached is not None
    assert [(a.id, a.name, a.standing) for a in reached] == [("7123456789012345679", "7123456789012345679", Standing.UNREAD)]


def test_no_list_is_told_from_an_empty_one() -> None:
    assert envelope({}).reached() is None
    assert envelope({"list": "x"}).accounts() is None
    assert envelope({"list": []}).reached() == ()
    assert envelope({"list": None}).reached() == ()


def test_details_are_read() -> None:
    account = {"advertiser_id": "7", "name": "Shop", "currency": "EUR", "timezone": "Europe/Berlin", "status": "STATUS_LIMIT"}
    accounts = envelope({"list": [{**account, "balance": 1.5, "new": {}}]}).accounts()
    assert accounts is not None
    (one,) = accounts
    assert (one.id, one.name, one.currency, one.timezone, one.status) == ("7", "Shop", "EUR", "Europe/Berlin", "STATUS_LIMIT")
    assert one.standing is Standing.PUNISHED


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("STATUS_ENABLE", Standing.OPEN),
        ("STATUS_DISABLE", Standing.CLOSED),
        ("STATUS_LIMIT", Standing.PUNISHED),
        ("STATUS_PENDING_CONFIRM", Standing.IN_REVIEW),
        ("STATUS_PENDING_VERIFIED", Standing.IN_REVIEW),
        ("STATUS_CONFIRM_FAIL", Standing.REJECTED),
        ("STATUS_CONFIRM_FAIL_END", Standing.REJECTED),
        ("STATUS_PENDING_CONFIRM_MODIFY", Standing.IN_REVIEW),
        ("STATUS_CONFIRM_MODIFY_FAIL", Standing.REJECTED),
        ("STATUS_WAIT_FOR_BPM_AUDIT", Standing.IN_REVIEW),
        ("STATUS_WAIT_FOR_PUBLIC_AUTH", Standing.IN_REVIEW),
        ("STATUS_SELF_SERVICE_UNAUDITED", Standing.IN_REVIEW),
        ("STATUS_CONTRACT_PENDING", Standing.IN_REVIEW),
        ("STATUS_OF_TOMORROW", Standing.OTHER),
        ("", Standing.UNREAD),
    ],
)
def test_each_status_has_a_standing(status: str, standing: Standing) -> None:
    assert standing_of(status) is standing
