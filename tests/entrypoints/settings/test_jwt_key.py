from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from domain.tokens import Secret
from entrypoints.settings import Hs256Key, PublicKey, faults_of, load_settings
from support.environ import an_environ

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


def pem(key: Private) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def environ_with(key: str, **changes: str | None) -> dict[str, str]:
    return an_environ(
        AUTH_JWT_KEY=key, **({"AUTH_JWT_AUDIENCE": "connect", "AUTH_JWT_ISSUER": "https://issuer.example"} | changes)
    )


def algorithms(key: Private) -> tuple[str, ...]:
    jwt = load_settings(environ_with(pem(key))).sessions.jwt
    assert jwt is not None
    assert isinstance(jwt.key, PublicKey)
    return jwt.key.algorithms


def test_algorithms_follow_from_the_keys_type() -> None:
    assert algorithms(rsa.generate_private_key(65537, 2048))[:3] == ("RS256", "RS384", "RS512")
    assert algorithms(ec.generate_private_key(ec.SECP256R1())) == ("ES256",)
    assert algorithms(ec.generate_private_key(ec.SECP384R1())) == ("ES384",)
    assert algorithms(ec.generate_private_key(ec.SECP521R1())) == ("ES512",)
    assert algorithms(ed25519.Ed25519PrivateKey.generate()) == ("Ed25519", "EdDSA")


def test_line_breaks_of_a_pem_may_be_escaped() -> None:
    key = pem(ec.generate_private_key(ec.SECP256R1()))
    assert load_settings(environ_with(key.replace("\n", "\\n"))).sessions == load_settings(environ_with(key.strip())).sessions


@pytest.mark.parametrize("missing", ("AUTH_JWT_AUDIENCE", "AUTH_JWT_ISSUER"))
def test_a_public_key_needs_audience_and_issuer(missing: str) -> None:
    key = pem(ec.generate_private_key(ec.SECP256R1()))
    assert [fault.name for fault in faults_of(environ_with(key, **{missing: None}))] == [missing]


def test_a_shared_secret_needs_neither_audience_nor_issuer_but_32_characters() -> None:
    jwt = load_settings(an_environ(AUTH_JWT_KEY="x" * 32)).sessions.jwt
    assert jwt is not None
    assert jwt.key == Hs256Key(Secret("x" * 32))
    assert jwt.user_claims == ("id", "sub")
    assert [fault.name for fault in faults_of(an_environ(AUTH_JWT_KEY="x" * 31))] == ["AUTH_JWT_KEY"]


def test_a_private_key_is_refused_and_not_repeated() -> None:
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (fault,) = faults_of(environ_with(private))
    assert fault.name == "AUTH_JWT_KEY"
    assert private.splitlines()[1] not in str(fault)


def test_keys_of_other_kinds_are_refused() -> None:
    for key in (
        rsa.generate_private_key(65537, 1024),  # noqa: S505 (weak on purpose)
        ec.generate_private_key(ec.SECP256K1()),
        ed448.Ed448PrivateKey.generate(),
    ):
        assert [fault.name for fault in faults_of(environ_with(pem(key)))] == ["AUTH_JWT_KEY"]


@pytest.mark.parametrize(
    "value",
    (
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ),
)
def test_what_only_looks_like_a_key_is_refused(value: str) -> None:
    assert [fault.name for fault in faults_of(environ_with(value))] == ["AUTH_JWT_KEY"]
