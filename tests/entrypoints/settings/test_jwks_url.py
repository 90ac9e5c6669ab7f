from __future__ import annotations

import pytest

from entrypoints.settings import JwksUrl, faults_of, load_settings
from support.environ import an_environ

URL = "https://issuer.example/.well-known/jwks.json"


def environ_with(url: str, **changes: str | None) -> dict[str, str]:
    named = {"AUTH_JWKS_URL": url, "AUTH_JWT_AUDIENCE": "connect", "AUTH_JWT_ISSUER": "https://issuer.example"}
    return an_environ(**(named | changes))


@pytest.mark.parametrize(
    "url", (URL, "https://issuer.example/keys?p=sign_in", "http://127.0.0.1:9/jwks", "http://localhost/jwks", "http://[::1]/jwks")
)
def test_keys_are_read_over_https_or_on_this_machine(url: str) -> None:
    jwt = load_settings(environ_with(url)).sessions.jwt
    assert jwt is not None
    assert (jwt.key, jwt.audience, jwt.user_claims) == (JwksUrl(url), "connect", ("id", "sub"))


@pytest.mark.parametrize(
    "url",
    (
        "http://issuer.example/jwks",
        "http://issuer/jwks",
        "http://10.0.0.1/jwks",
        "file:///etc/jwks",
        "https://user:word@issuer.example/jwks",
        "https://issuer.example/jwks#here",
        "https://issuer.example/jwks?a b",
        "https://issuer.example/jwks?a#b",
        "issuer.example",
    ),
)
def test_any_other_address_is_refused_and_not_repeated(url: str) -> None:
    [fault] = faults_of(environ_with(url))
    assert fault.name == "AUTH_JWKS_URL"
    assert url not in str(fault)


@pytest.mark.parametrize("missing", ("AUTH_JWT_AUDIENCE", "AUTH_JWT_ISSUER"))
def test_a_key_set_needs_audience_and_issuer(missing: str) -> None:
    assert [fault.name for fault in faults_of(environ_with(URL, **{missing: None}))] == [missing]


def test_one_source_of_keys_is_enough() -> None:
    [fault] = faults_of(environ_with(URL, AUTH_JWT_KEY="x" * 32))
    assert str(fault) == "AUTH_JWKS_URL is set beside AUTH_JWT_KEY (set one of the two)"
