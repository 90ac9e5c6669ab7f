"""The issuer's key set: what counts in it, when it is asked for, how long it is kept, and who waits meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from litestar.types import Receive, Scope, Send

from adapters.memory.clock import MemoryClock
from entrypoints.http.auth.bearer_jwts import AllowedAlgorithms, BearerTokens
from entrypoints.http.auth.issuer_key_loading import IssuerKeyLoading
from entrypoints.http.auth.issuer_keys import ASK_AGAIN_AFTER, FRESH_FOR, KEPT_FOR, MOST_KEYS, IssuerKeys, keys_of
from entrypoints.http.auth.jwt_claims import Unauthenticated
from entrypoints.settings import JwksUrl, JwtSettings
from support.http_application import House, a_cookie
from support.raw_server import RawServer, answering
from support.world import ANNA

Private = RSAKey | ECKey | OKPKey
RSA, OTHER_RSA = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
P256, P384, ED25519 = ECKey.generate_key("P-256"), ECKey.generate_key("P-384"), OKPKey.generate_key("Ed25519")


def described(key: Private, kid: str | None = None, **more: object) -> dict[str, Any]:
    named = {"kid": kid} if kid else {}
    return {**key.as_dict(private=False), **named, **more}


@dataclass
class Issuer:
    """A server of keys: what it publishes, how often it was asked, and whether it is away."""

    keys: list[dict[str, Any]]
    asked: int = 0
    away: bool = False
    answer: bytes | None = None
    before: Callable[[], None] = lambda: None

    def __call__(self) -> bytes:
        self.asked += 1
        self.before()
        if self.away:
            raise OSError("ConnectError")
        return json.dumps({"keys": self.keys}).encode() if self.answer is None else self.answer


@dataclass
class Issuing:
    issuer: Issuer
    clock: MemoryClock = field(default_factory=MemoryClock)

    def __post_init__(self) -> None:
        self.keys = IssuerKeys(self.issuer, self.clock)
        self.tokens = BearerTokens(JwtSettings(JwksUrl("https://issuer/keys"), "connect", "issuer", ("id", "sub")), self.keys)
        self.loading = IssuerKeyLoading(self.app, self.keys)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = dict(scope["headers"])[b"authorization"].decode().removeprefix("Bearer ")
        scope["state"]["owner"] = self.owner(token)

    def owner(self, token: str) -> str:
        """Whom it names, or why nobody."""
        try:
            return self.tokens.owner(token, now=self.clock.now())
        except Unauthenticated as refused:
            return refused.reason

    async def request(self, token: str) -> str:
        scope: Any = {"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())], "state": {}}
        await self.loading(scope, None, None)  # type: ignore[arg-type]  # the application above neither reads nor answers
        owner: str = scope["state"]["owner"]
        return owner

    def asks(self, token: str) -> str:
        return asyncio.run(self.request(token))

    def token(self, key: Private | OctKey, alg: str, kid: str | None = None, **header: object) -> str:
        ends = int((self.clock.now() + timedelta(hours=2)).timestamp())
        claims = {"sub": "ann", "aud": "connect", "iss": "issuer", "exp": ends}
        protected = {"alg": alg, **({"kid": kid} if kid else {}), **header}
        return jwt.encode(protected, claims, key, registry=AllowedAlgorithms((alg,)))


UNKNOWN = "bearer token under no key of the issuer's that is known here"
NOT_SIGNED = "bearer token not signed by the issuer's key"


@pytest.fixture
def issuing() -> Iterator[Issuing]:
    issuing = Issuing(Issuer([described(RSA, "r1"), described(P256, "e1"), described(ED25519, "o1")]))
    yield issuing
    issuing.loading.thread.shutdown()


def test_a_token_is_verified_by_the_key_that_it_names(issuing: Issuing) -> None:
    for key, alg, kid in ((RSA, "RS256", "r1"), (RSA, "PS512", "r1"), (P256, "ES256", "e1"), (ED25519, "EdDSA", "o1")):
        assert issuing.asks(issuing.token(key, alg, kid)) == "ann"
    assert issuing.issuer.asked == 1
    assert issuing.asks(issuing.token(OTHER_RSA, "RS256", "r1")) == NOT_SIGNED


def test_a_token_that_names_no_key_may_be_under_any_that_fits(issuing: Issuing) -> None:
    issuing.issuer.keys.append(described(OTHER_RSA))
    assert issuing.asks(issuing.token(RSA, "RS256")) == "ann"
    assert issuing.asks(issuing.token(OTHER_RSA, "RS256")) == "ann"
    assert issuing.asks(issuing.token(P384, "ES384")) == UNKNOWN


def test_the_type_of_a_key_decides_about_algorithms(issuing: Issuing) -> None:
    public = json.dumps(described(P256)).encode()
    for secret in (public, b"a-secret-that-stands-in-a-public-document"):
        issuing.issuer.keys.append({"kty": "oct", "kid": "s1", "alg": "HS256", "k": OctKey.import_key(secret).as_dict()["k"]})
        for kid in ("e1", "s1", None):
            assert issuing.asks(issuing.token(OctKey.import_key(secret), "HS256", kid)) == UNKNOWN


def test_a_key_for_one_algorithm_verifies_no_other(issuing: Issuing) -> None:
    issuing.issuer.keys = [described(RSA, "r1", alg="RS256")]
    assert issuing.asks(issuing.token(RSA, "RS256", "r1")) == "ann"
    assert issuing.asks(issuing.token(RSA, "PS256", "r1")) == UNKNOWN


@pytest.mark.parametrize(
    "key",
    (
        described(RSA, "k", use="enc"),
        described(RSA, "k", key_ops=["encrypt"]),
        described(RSA, "k", alg="RSA-OAEP"),
        RSA.as_dict(private=True) | {"kid": "k"},
        {"kty": "oct", "k": "AAAA", "kid": "k"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "k"},
        {"kty": "RSA", "n": 5, "e": [], "kid": "k"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "k"},
        {"kty": "unheard of", "kid": "k"},
        {"kid": "k"},
        ["k"],
        None,
        7,
    ),
    ids=itertools.count(),
)
def test_what_verifies_no_signature_is_left_out_and_the_others_count(key: object) -> None:
    assert [one.kid for one in keys_of({"keys": [key, described(P256, "good")]})] == ["good"]


def test_an_rsa_key_that_is_too_short_or_too_long_is_left_out() -> None:
    of_bits = {bits: {"kty": "RSA", "kid": str(bits), "e": "AQAB", "n": "_" * (bits // 6)} for bits in (1024, 2304, 16_416)}
    assert [one.kid for one in keys_of({"keys": list(of_bits.values())})] == ["2304"]


def test_of_a_set_without_end_the_beginning_is_looked_at() -> None:
    assert len(list(keys_of({"keys": [described(P256, str(number)) for number in range(3 * MOST_KEYS)]}))) == MOST_KEYS


@pytest.mark.parametrize(
    "answer", (b"", b"<html>", b"[]", b"{}", b'{"keys": {}}', b'{"keys": []}', b"\xff", b"[" * 100_000, b'{"keys": [1]}')
)
def test_an_answer_that_is_no_key_set_changes_nothing(issuing: Issuing, answer: bytes) -> None:
    good = issuing.token(P256, "ES256", "e1")
    assert issuing.asks(good) == "ann"
    issuing.issuer.answer = answer
    issuing.clock.advance(FRESH_FOR + timedelta(seconds=1))
    for _ in range(2):
        assert issuing.asks(issuing.token(P256, "ES256", "e1")) == "ann"
    issuing.loading.thread.shutdown()
    assert issuing.issuer.asked == 2


def test_an_unknown_key_is_asked_for_once_a_minute_whatever_strangers_send(issuing: Issuing) -> None:
    assert issuing.asks(issuing.token(P256, "ES256", "e1")) == "ann"
    issuing.clock.advance(ASK_AGAIN_AFTER)
    for number in range(50):
        assert issuing.asks(issuing.token(OTHER_RSA, "RS256", f"made up {number}")) == UNKNOWN
    assert issuing.issuer.asked == 2
    issuing.issuer.keys.append(described(P384, "new"))
    assert issuing.asks(issuing.token(P384, "ES384", "new")) == UNKNOWN, "the minute is not over"
    issuing.clock.advance(ASK_AGAIN_AFTER)
    assert issuing.asks(issuing.token(P384, "ES384", "new")) == "ann"
    assert issuing.issuer.asked == 3


def test_requests_without_a_jwt_ask_nothing(issuing: Issuing) -> None:
    for text in ("a-secret-of-a-service", "a.b", "a.b.c", "", issuing.token(P256, "ES256", "e1", jku="https://evil/keys")):
        issuing.asks(text)
    assert issuing.issuer.asked == 0


def test_while_the_issuer_is_away_its_keys_are_kept_for_a_day(issuing: Issuing) -> None:
    assert issuing.asks(issuing.token(P256, "ES256", "e1")) == "ann"
    issuing.issuer.away = True
    for hours in (2, 12, 9, 0.5):
        issuing.clock.advance(timedelta(hours=hours))
        assert issuing.asks(issuing.token(P256, "ES256", "e1")) == "ann"
    issuing.clock.advance(KEPT_FOR - timedelta(hours=23))
    assert issuing.asks(issuing.token(P256, "ES256", "e1")) == UNKNOWN
    issuing.issuer.away = False
    issuing.clock.advance(ASK_AGAIN_AFTER)
    assert issuing.asks(issuing.token(P256, "ES256", "e1")) == "ann"


def test_a_key_that_the_issuer_dropped_counts_an_hour_longer_at_most(issuing: Issuing) -> None:
    assert issuing.asks(issuing.token(P256, "ES256", "e1")) == "ann"
    issuing.issuer.keys = [described(RSA, "r1")]
    issuing.clock.advance(FRESH_FOR + timedelta(seconds=1))
    issuing.asks(issuing.token(P256, "ES256", "e1"))  # which begins the question, and does not wait for it
    issuing.loading.thread.shutdown()
    assert issuing.owner(issuing.token(P256, "ES256", "e1")) == UNKNOWN


def test_nobody_but_those_whose_key_is_missing_waits_for_the_issuer(issuing: Issuing) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        asked.set()
        assert go_on.wait(20)

    assert issuing.asks(issuing.token(P256, "ES256", "e1")) == "ann"
    issuing.clock.advance(ASK_AGAIN_AFTER)
    issuing.issuer.keys.append(described(P384, "new"))
    issuing.issuer.before = slow

    async def meanwhile() -> list[str]:
        waiting = [asyncio.create_task(issuing.request(issuing.token(P384, "ES384", "new"))) for _ in range(30)]
        assert await asyncio.to_thread(asked.wait, 20)
        passing = [await issuing.request(issuing.token(P256, "ES256", "e1")) for _ in range(30)]
        assert not any(task.done() for task in waiting)
        go_on.set()
        return passing + await asyncio.gather(*waiting)

    assert asyncio.run(meanwhile()) == ["ann"] * 60
    assert issuing.issuer.asked == 2


def test_over_http_a_token_signs_in_by_the_issuers_key_and_says_nothing_when_it_does_not(
    open_house: Callable[..., House],
) -> None:
    clock = MemoryClock()
    with RawServer(answering({"keys": [described(P256, "e1")]})) as server:
        house = open_house(
            AUTH_JWT_KEY=None, AUTH_JWKS_URL=f"{server.url}/keys", AUTH_JWT_AUDIENCE="connect", AUTH_JWT_ISSUER="issuer"
        )
        clock.advance(house.world.clock.now() - clock.now())
        tokens = Issuing(Issuer([]), clock)
        for key, kid, status in ((P256, "e1", 200), (ECKey.generate_key("P-256"), "e1", 401), (P256, "e2", 401)):
            bearer = {"Authorization": f"Bearer {tokens.token(key, 'ES256', kid)}"}
            answer = house.client.get("/api/platforms", headers=bearer)
            assert answer.status_code == status, answer.text
            assert (
                house.client.get("/api/platforms", headers=bearer | {"Cookie": a_cookie(ANNA, clock.now())}).status_code == status
            )
        assert len(server.requests) == 1
