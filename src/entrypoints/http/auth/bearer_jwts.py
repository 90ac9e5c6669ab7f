"""Bearer JWTs: signed by the issuer's key, under its algorithms alone."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import OctKey, import_key
from joserfc.jws import JWSRegistry

from domain.ids import OwnerId
from entrypoints.http.auth.issuer_keys import IssuerKey, IssuerKeys
from entrypoints.http.auth.jwt_claims import Expected, Unauthenticated, check_claims, hostile, owner_in
from entrypoints.settings import Hs256Key, JwksUrl, JwtSettings, PublicKey

MAX_TOKEN_LENGTH = 16_384  # characters: more than servers take in one header

KEYS_OF_ITS_OWN = ("jku", "jwk", "x5u", "x5c")
"""Header fields by which a token would bring the key that verifies it, or say where it is (RFC 7515, section 4.1)."""

NOT_SIGNED = "bearer token not signed by the issuer's key"


class AllowedAlgorithms(JWSRegistry):
    """Exactly these algorithms, whatever the token's header says; unknown header fields are ignored (RFC 7515, section 4)."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(algorithms=names, strict_check_header=False)
        self._names = frozenset(names)

    def get_alg(self, name: str) -> JWSAlgModel:
        """The algorithm. Raises UnsupportedAlgorithmError."""
        if name not in self._names:
            raise UnsupportedAlgorithmError("not allowed for this key")
        return self.algorithms[name]


@dataclass(frozen=True, slots=True)
class JwtHeader:
    """What a token says of its key, before anything of it is verified."""

    algorithm: str
    kid: str | None


def header_of(token: str) -> JwtHeader:
    """The header of a compact JWS, if it leaves the choice of the key to us. Raises Unauthenticated."""
    if len(token) > MAX_TOKEN_LENGTH:
        raise Unauthenticated("bearer token too large")
    with hostile(NOT_SIGNED):  # by the parser that reads it again to verify it, so that both see the same
        header = jws.extract_compact(token.encode()).protected
    if any(name in header for name in KEYS_OF_ITS_OWN):
        raise Unauthenticated("bearer token that brings a key of its own")
    if "crit" in header:  # RFC 7515, section 4.1.11: an extension that must be understood, and none is here
        raise Unauthenticated("bearer token with a critical extension")
    algorithm, kid = header["alg"], header.get("kid")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None):
        raise Unauthenticated(NOT_SIGNED)
    return JwtHeader(algorithm, kid)


class BearerTokens:
    """Verifies bearer JWTs of one issuer. The key's type alone decides which algorithms count, so no header can turn a public
    key into a shared secret, or ask for none.
    """

    def __init__(self, settings: JwtSettings, issuer_keys: IssuerKeys | None = None) -> None:
        self._issuer_keys = issuer_keys
        self._configured = tuple(_configured_keys(settings.key))
        self._user_claims = settings.user_claims
        self._expected: Expected = {}
        if settings.audience:
            self._expected["aud"] = settings.audience
        if settings.issuer:
            self._expected["iss"] = settings.issuer

    def owner(self, token: str, *, now: datetime) -> OwnerId:
        """The user whom the token names. Raises Unauthenticated."""
        claims = self._verified(token, header_of(token))
        with hostile("bearer token expired, early, or for somebody else"):
            check_claims(claims, self._expected, now=now)
        if claims.get("aud") is not None and "aud" not in self._expected:  # RFC 7519, section 4.1.3: then it is not for us
            raise Unauthenticated("bearer token for an audience, and AUTH_JWT_AUDIENCE is not set")
        return owner_in(claims, *self._user_claims)

    def _verified(self, token: str, header: JwtHeader) -> dict[str, Any]:
        keys = self._configured
        if self._issuer_keys is not None:
            keys = self._issuer_keys.fitting(header.kid, header.algorithm)
        for one in keys:
            with suppress(Unauthenticated), hostile(NOT_SIGNED):
                return jwt.decode(token, one.key, registry=AllowedAlgorithms(one.algorithms)).claims
        raise Unauthenticated(NOT_SIGNED if keys else "bearer token under no key of the issuer's that is known here")


def _configured_keys(key: Hs256Key | PublicKey | JwksUrl) -> Iterator[IssuerKey]:
    match key:
        case JwksUrl():
            return
        case Hs256Key(secret=secret):
            yield IssuerKey(None, OctKey.import_key(secret.reveal()), ("HS256",))
        case PublicKey(pem=pem, algorithms=algorithms) if algorithms[0] == "Ed25519":
            yield IssuerKey(None, import_key(pem, "OKP"), algorithms)
        case PublicKey(pem=pem, algorithms=algorithms) if algorithms[0].startswith("ES"):
            yield IssuerKey(None, import_key(pem, "EC"), algorithms)
        case PublicKey(pem=pem, algorithms=algorithms):
            yield IssuerKey(None, import_key(pem, "RSA"), algorithms)
