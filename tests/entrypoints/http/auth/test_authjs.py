from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta

import pytest

from domain.tokens import Secret
from entrypoints.http.auth.authjs import PLAIN_NAME, SECURE_NAME, AuthJsCookies
from entrypoints.http.auth.jwt_claims import Unauthenticated
from support.session_cookies import AUTH_SECRET, NOW, a_session_cookie, authjs_vectors

ANN, BOB = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def reader() -> AuthJsCookies:
    return AuthJsCookies([AUTH_SECRET], https=False)


def refusal(reader: AuthJsCookies, *cookies: tuple[str, str], now: datetime = NOW) -> str:
    with pytest.raises(Unauthenticated) as refused:
        reader.owner(cookies, now=now)
    for _, value in cookies:
        assert not value or len(value) < 3 or value not in str(refused.value)
    return refused.value.reason


def chunked(name: str, token: str, size: int = 100) -> list[tuple[str, str]]:
    return [(f"{name}.{at // size}", token[at : at + size]) for at in range(0, len(token), size)]


def test_real_cookies_of_authjs_name_their_users(reader: AuthJsCookies) -> None:
    good = [vector for vector in authjs_vectors() if vector.sub in (ANN, BOB)]
    assert len(good) == 4
    for vector in good:
        assert reader.owner([(vector.salt, vector.token)], now=NOW) == vector.sub


def test_real_cookies_that_expired_or_have_another_secret_are_refused(reader: AuthJsCookies) -> None:
    reasons = {
        vector.sub: refusal(reader, (vector.salt, vector.token)) for vector in authjs_vectors() if vector.sub not in (ANN, BOB)
    }
    assert reasons == {
        "expired": "session cookie expired or malformed",
        "wrong-secret": "session cookie not made with our secrets",
    }


def test_a_real_cookie_under_the_other_name_is_refused(reader: AuthJsCookies) -> None:
    for vector in authjs_vectors():
        other = SECURE_NAME if vector.salt == PLAIN_NAME else PLAIN_NAME
        assert refusal(reader, (other, vector.token)) == "session cookie not made with our secrets"


def test_a_real_cookie_may_come_in_chunks_in_any_order(reader: AuthJsCookies) -> None:
    chunks = chunked(authjs_vectors()[0].salt, authjs_vectors()[0].token, 30)
    assert len(chunks) > 10
    assert reader.owner(list(reversed(chunks)), now=NOW) == ANN


def test_behind_https_only_the_secure_name_is_read() -> None:
    reader = AuthJsCookies([AUTH_SECRET], https=True)
    by_name = {vector.salt: vector for vector in authjs_vectors() if vector.sub == ANN}
    assert reader.owner([(SECURE_NAME, by_name[SECURE_NAME].token)], now=NOW) == ANN
    assert refusal(reader, (PLAIN_NAME, by_name[PLAIN_NAME].token)) == "no session cookie"
    assert refusal(reader, *chunked(PLAIN_NAME, by_name[PLAIN_NAME].token)) == "no session cookie"


def test_secrets_roll_over() -> None:
    newest = Secret("the-secret-that-replaces-it")
    reader = AuthJsCookies([newest, AUTH_SECRET], https=False)
    assert reader.owner([(PLAIN_NAME, a_session_cookie())], now=NOW) == "ann"
    assert reader.owner([(PLAIN_NAME, a_session_cookie(secret=newest))], now=NOW) == "ann"
    assert (
        refusal(AuthJsCookies([newest], https=False), (PLAIN_NAME, a_session_cookie()))
        == "session cookie not made with our secrets"
    )


def test_without_a_secret_no_cookie_counts() -> None:
    assert refusal(AuthJsCookies([], https=False), (PLAIN_NAME, a_session_cookie())) == "no session cookie"


def test_the_id_claim_goes_before_sub(reader: AuthJsCookies) -> None:
    assert reader.owner([(PLAIN_NAME, a_session_cookie(id="user-7"))], now=NOW) == "user-7"
    assert reader.owner([(PLAIN_NAME, a_session_cookie(id="user-7", sub=None))], now=NOW) == "user-7"


def test_a_session_ends_15_seconds_after_its_exp(reader: AuthJsCookies) -> None:
    cookie = (PLAIN_NAME, a_session_cookie(exp=int(NOW.timestamp())))
    assert reader.owner([cookie], now=NOW + timedelta(seconds=14)) == "ann"
    assert refusal(reader, cookie, now=NOW + timedelta(seconds=15)) == "session cookie expired or malformed"


@pytest.mark.parametrize("exp", (None, "tomorrow", True, float("nan"), float("inf"), [9e12]))
def test_a_session_without_a_usable_exp_is_refused(reader: AuthJsCookies, exp: object) -> None:
    assert refusal(reader, (PLAIN_NAME, a_session_cookie(exp=exp))) == "session cookie expired or malformed"


def test_a_session_that_has_not_begun_is_refused(reader: AuthJsCookies) -> None:
    begins = int((NOW + timedelta(minutes=1)).timestamp())
    assert refusal(reader, (PLAIN_NAME, a_session_cookie(nbf=begins))) == "session cookie expired or malformed"
    assert reader.owner([(PLAIN_NAME, a_session_cookie(nbf=begins))], now=NOW + timedelta(minutes=1)) == "ann"


@pytest.mark.parametrize("user", ("", " ann", "ann\n", "a" * 256, 7.5, True, {"id": "ann"}))
def test_a_session_of_no_proper_user_is_refused(reader: AuthJsCookies, user: object) -> None:
    assert refusal(reader, (PLAIN_NAME, a_session_cookie(id=user))) == "the token names no user"


def test_a_session_with_neither_id_nor_sub_is_refused(reader: AuthJsCookies) -> None:
    assert refusal(reader, (PLAIN_NAME, a_session_cookie(sub=None))) == "the token names no user"


@pytest.mark.parametrize("payload", (b"", b"not json", b"[]", b'[["exp", 9999999999]]', b"null", b"\xff\xfe", b"[" * 5000))
def test_a_payload_that_holds_no_claims_is_refused(reader: AuthJsCookies, payload: bytes) -> None:
    assert refusal(reader, (PLAIN_NAME, a_session_cookie(payload=payload)))


def test_a_cookie_is_bounded_in_size(reader: AuthJsCookies) -> None:
    assert reader.owner([(PLAIN_NAME, a_session_cookie(picture="x" * 8_000))], now=NOW) == "ann"
    for cookies in ([(PLAIN_NAME, a_session_cookie(picture="x" * 16_000))], chunked(PLAIN_NAME, "x" * 1_000_000, 50_000)):
        assert refusal(reader, *cookies) == "session cookie too large"


def test_a_compressed_cookie_is_refused(reader: AuthJsCookies) -> None:
    compressed = a_session_cookie(header={"zip": "DEF"})
    assert refusal(reader, (PLAIN_NAME, compressed)) == "session cookie not made with our secrets"
    bomb = a_session_cookie(header={"zip": "DEF"}, payload=b" " * 10_000_000)
    assert len(bomb) < 16_384
    assert refusal(reader, (PLAIN_NAME, bomb)) == "session cookie not made with our secrets"


def header(**fields: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    (
        "",
        ".",
        "....",
        "a.b.c.d.e",
        "\x00\xff",
        "é" * 50,
        "x" * 1_000_000,
        header(alg="none") + ".e30.",
        header(alg="none", enc="none") + "....",
        header(alg="dir", enc="A256CBC-HS512") + "....",
        header(alg="A256KW", enc="A256CBC-HS512") + ".AAAA.AAAA.AAAA.AAAA",
        header(alg="PBES2-HS256+A128KW", enc="A256CBC-HS512", p2c=2**31, p2s="AAAA") + ".AAAA.AAAA.AAAA.AAAA",
        header(alg=["dir"], enc={"x": 1}) + "....",
        base64.urlsafe_b64encode(b"[" * 700).decode() + "....",
        "%2e%2e%2f",
    ),
)
def test_garbage_is_refused_quietly(reader: AuthJsCookies, token: str) -> None:
    assert refusal(reader, (PLAIN_NAME, token)).startswith("session cookie")


def test_a_tampered_cookie_is_refused(reader: AuthJsCookies) -> None:
    token = a_session_cookie()
    middle = len(token) // 2
    tampered = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    assert refusal(reader, (PLAIN_NAME, tampered)) == "session cookie not made with our secrets"


def test_two_cookies_of_different_users_sign_in_nobody(reader: AuthJsCookies) -> None:
    planted = (PLAIN_NAME, a_session_cookie(id="mallory"))
    own = (PLAIN_NAME, a_session_cookie(id="ann"))
    secure = (SECURE_NAME, a_session_cookie(name=SECURE_NAME, id="ann"))
    assert refusal(reader, planted, own) == "session cookies of different users"
    assert refusal(reader, own, planted) == "session cookies of different users"
    assert refusal(reader, secure, planted) == "session cookies of different users"
    assert refusal(reader, *chunked(*own), planted) == "session cookies of different users"


def test_leftovers_beside_a_good_cookie_do_no_harm(reader: AuthJsCookies) -> None:
    old = a_session_cookie(id="bob", exp=int((NOW - timedelta(days=1)).timestamp()))
    cookies = [(PLAIN_NAME, old), (PLAIN_NAME, a_session_cookie()), (PLAIN_NAME, a_session_cookie()), *chunked(PLAIN_NAME, old)]
    assert reader.owner(cookies, now=NOW) == "ann"


def test_one_chunk_in_two_versions_is_refused(reader: AuthJsCookies) -> None:
    chunks = chunked(PLAIN_NAME, a_session_cookie())
    assert refusal(reader, *chunks, (f"{PLAIN_NAME}.1", "x")) == "session cookie with one chunk twice"
    assert reader.owner([*chunks, chunks[1]], now=NOW) == "ann"


@pytest.mark.parametrize("number", ("1", "00", "-1", "1e1", "", "99999999999", "\u0661"))
def test_chunks_with_gaps_or_odd_numbers_are_no_session(reader: AuthJsCookies, number: str) -> None:
    assert refusal(reader, (f"{PLAIN_NAME}.{number}", a_session_cookie())) == "no session cookie"


def test_a_flood_of_cookies_is_refused_before_any_work(reader: AuthJsCookies) -> None:
    flood = [(PLAIN_NAME, f"junk-{number}") for number in range(1000)]
    assert refusal(reader, *flood, (PLAIN_NAME, a_session_cookie())) == "too many session cookies"
