from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from domain.tokens import Secret
from entrypoints.http.auth.bearer_jwts import AllowedAlgorithms, BearerTokens
from entrypoints.http.auth.jwt_claims import Unauthenticated
from entrypoints.settings import Hs256Key, JwtSettings, PublicKey
from entrypoints.settings.credentials import jwt_key

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SHARED = "a-shared-secret-of-more-than-32-characters"
BAD_KEY = "bearer token not signed by the issuer's key"
BRINGS_KEY = "bearer token that brings a key of its own"
BAD_CLAIMS = "bearer token expired, early, or for somebody else"

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()


def public_pem(key: Private) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def claims(**changes: object) -> dict[str, Any]:
    base: dict[str, object] = {
        "sub": "ann",
        "exp": int((NOW + timedelta(minutes=5)).timestamp()),
        "aud": "connect",
        "iss": "issuer",
    }
    return {name: value for name, value in (base | changes).items() if value is not None}


def signed(alg: str, key: Private, header: dict[str, object] | None = None, **changes: object) -> str:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    kind: type[RSAKey | ECKey | OKPKey] = ECKey if alg.startswith("ES") else OKPKey if alg.startswith("Ed") else RSAKey
    imported = kind.import_key(pem)
    return jwt.encode({"alg": alg} | (header or {}), claims(**changes), imported, registry=AllowedAlgorithms((alg,)))


def shared(alg: str = "HS256", secret: str = SHARED, **changes: object) -> str:
    return jwt.encode({"alg": alg}, claims(**changes), OctKey.import_key(secret), algorithms=[alg])


def by_hand(header: dict[str, object], body: dict[str, object], mac_key: bytes | None) -> str:
    head, middle = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, body))
    mac = hmac.digest(mac_key, head + b"." + middle, "sha256") if mac_key is not None else b""
    return b".".join((head, middle, urlsafe_b64encode(mac).rstrip(b"="))).decode()


def with_key(key: Private) -> BearerTokens:
    parsed = jwt_key(public_pem(key))
    assert isinstance(parsed, PublicKey)
    return BearerTokens(JwtSettings(parsed, audience="connect", issuer="issuer", user_claims=("id", "sub")))


def with_secret(
    *, audience: str | None = "connect", issuer: str | None = None, user_claims: tuple[str, ...] = ("id", "sub")
) -> BearerTokens:
    return BearerTokens(JwtSettings(Hs256Key(Secret(SHARED)), audience, issuer, user_claims))


def refusal(verifier: BearerTokens, token: str, now: datetime = NOW) -> str:
    with pytest.raises(Unauthenticated) as refused:
        verifier.owner(token, now=now)
    assert len(token) < 3 or token not in str(refused.value)
    assert refused.value.__cause__ is None
    return refused.value.reason


def test_a_token_under_the_shared_secret_names_its_user() -> None:
    assert with_secret().owner(shared(), now=NOW) == "ann"


@pytest.mark.parametrize(
    ("alg", "key"),
    (("RS256", RSA), ("RS512", RSA), ("PS256", RSA), ("ES256", P256), ("ES384", P384), ("EdDSA", ED25519), ("Ed25519", ED25519)),
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_token_under_the_issuers_key_names_its_user(alg: str, key: Private) -> None:
    assert with_key(key).owner(signed(alg, key), now=NOW) == "ann"


def test_unknown_header_fields_are_ignored_and_critical_ones_are_not() -> None:
    assert with_key(P256).owner(signed("ES256", P256, {"kid": "1", "ver": "2", "cat": "x"}), now=NOW) == "ann"
    criticals: tuple[dict[str, object], ...] = (
        {"crit": ["exp2"], "exp2": 1},
        {"crit": ["b64"], "b64": True},
        {"crit": []},
        {"crit": None},
    )
    for critical in criticals:
        token = by_hand({"alg": "HS256", **critical}, claims(), SHARED.encode())
        assert refusal(with_secret(), token) == "bearer token with a critical extension"


@pytest.mark.parametrize("name", ("jku", "jwk", "x5u", "x5c"))
@pytest.mark.parametrize("value", ("https://issuer/keys", None, {}, ["MII"]), ids=repr)
def test_a_token_that_brings_its_key_is_refused_whoever_signed_it(name: str, value: object) -> None:
    token = by_hand({"alg": "HS256", name: value}, claims(), SHARED.encode())
    assert refusal(with_secret(), token) == BRINGS_KEY


def test_thumbprints_of_a_certificate_bring_no_key() -> None:
    header: dict[str, object] = {"x5t": "a3QN0BZS7s4nN-BdrjbF0Y_LdMM", "x5t#S256": "a", "typ": "JWT"}
    assert with_key(P256).owner(signed("ES256", P256, header), now=NOW) == "ann"


@pytest.mark.parametrize("alg", ("none", "None", "NONE", ""))
@pytest.mark.parametrize("verifier", (with_secret(), with_key(RSA)), ids=("secret", "public key"))
def test_an_unsigned_token_is_refused(verifier: BearerTokens, alg: str) -> None:
    assert refusal(verifier, by_hand({"alg": alg}, claims(), None)) == BAD_KEY


@pytest.mark.parametrize("key", (RSA, P256, ED25519), ids=("RSA", "EC", "Ed25519"))
def test_a_public_key_is_never_taken_for_a_shared_secret(key: Private) -> None:
    for secret in (public_pem(key), public_pem(key).strip()):
        assert refusal(with_key(key), by_hand({"alg": "HS256"}, claims(), secret.encode())) == BAD_KEY


@pytest.mark.parametrize("alg", ("HS384", "HS512"))
def test_a_shared_secret_allows_hs256_only(alg: str) -> None:
    assert refusal(with_secret(), shared(alg)) == BAD_KEY


def test_a_shared_secret_allows_no_public_key_from_the_header() -> None:
    jwk = ECKey.import_key(public_pem(P256)).as_dict()
    assert refusal(with_secret(), signed("ES256", P256, {"jwk": jwk})) == BRINGS_KEY
    assert refusal(with_key(P384), signed("ES256", P256, {"jwk": jwk})) == BRINGS_KEY


def test_a_token_under_another_key_is_refused() -> None:
    assert refusal(with_secret(), shared(secret="another-secret-of-more-than-32-characters")) == BAD_KEY
    assert refusal(with_key(P256), signed("ES256", ec.generate_private_key(ec.SECP256R1()))) == BAD_KEY


def test_exp_is_required_and_enforced_with_15_seconds_of_leeway() -> None:
    assert refusal(with_secret(), shared(exp=None)) == BAD_CLAIMS
    ends = shared(exp=int(NOW.timestamp()))
    assert with_secret().owner(ends, now=NOW + timedelta(seconds=14)) == "ann"
    assert refusal(with_secret(), ends, NOW + timedelta(seconds=15)) == BAD_CLAIMS


@pytest.mark.parametrize("exp", ("9999999999", True, float("nan"), None, {}))
def test_an_exp_that_is_no_time_is_refused(exp: object) -> None:
    assert refusal(with_secret(), by_hand({"alg": "HS256"}, claims() | {"exp": exp}, SHARED.encode())) == BAD_CLAIMS


def test_a_token_that_is_not_valid_yet_is_refused() -> None:
    later = int((NOW + timedelta(minutes=1)).timestamp())
    assert refusal(with_secret(), shared(nbf=later)) == BAD_CLAIMS
    for issued in (later, "yesterday", None):
        assert with_secret().owner(shared(iat=issued), now=NOW) == "ann"
    assert with_secret().owner(shared(nbf=int(NOW.timestamp()) + 10), now=NOW) == "ann"


@pytest.mark.parametrize(
    "changes", ({"aud": "other"}, {"aud": None}, {"aud": ["a", "b"]}, {"iss": "other"}, {"iss": None}, {"aud": 7})
)
def test_a_token_for_somebody_else_is_refused(changes: dict[str, Any]) -> None:
    assert refusal(with_secret(audience="connect", issuer="issuer"), shared(**changes)) == BAD_CLAIMS
    assert refusal(with_key(P256), signed("ES256", P256, **changes)) == BAD_CLAIMS


def test_one_of_several_audiences_will_do() -> None:
    assert with_secret(audience="connect").owner(shared(aud=["other", "connect"]), now=NOW) == "ann"


@pytest.mark.parametrize("audience", ("connect", ["connect"], "", []))
def test_a_token_for_an_audience_is_refused_where_none_is_configured(audience: object) -> None:
    assert with_secret(audience=None).owner(shared(aud=None), now=NOW) == "ann"
    for_somebody = by_hand({"alg": "HS256"}, claims() | {"aud": audience}, SHARED.encode())
    assert refusal(with_secret(audience=None), for_somebody) == "bearer token for an audience, and AUTH_JWT_AUDIENCE is not set"


def test_the_user_claim_can_be_chosen() -> None:
    by_uid = with_secret(user_claims=("uid",))
    assert by_uid.owner(shared(uid="user-7", id="x"), now=NOW) == "user-7"
    for token in (shared(), shared(uid=""), shared(uid=["ann"]), shared(uid=True), shared(uid=1.5), shared(uid=2**64)):
        assert refusal(by_uid, token) == "the token names no user"


def test_a_token_names_its_user_by_id_else_by_subject() -> None:
    assert with_secret().owner(shared(id="user-7"), now=NOW) == "user-7"
    assert with_secret().owner(shared(id=None), now=NOW) == "ann"
    assert refusal(with_secret(), shared(id="")) == "the token names no user"


def test_an_integer_names_the_user_of_its_decimal_text() -> None:
    for number, text in ((7, "7"), (0, "0"), (2**63, "9223372036854775808")):
        assert with_secret().owner(shared(id=number), now=NOW) == text


@pytest.mark.parametrize(
    "token",
    (
        "",
        ".",
        "..",
        "a.b.c",
        "é.é.é",
        "x" * 1_000_000,
        urlsafe_b64encode(b"[" * 380).decode() + "..",
        "....",
        shared() + ".x",
        shared()[:-2],
    ),
)
def test_garbage_is_refused_quietly(token: str) -> None:
    assert refusal(with_secret(), token).startswith("bearer token")
    assert refusal(with_key(RSA), token).startswith("bearer token")
