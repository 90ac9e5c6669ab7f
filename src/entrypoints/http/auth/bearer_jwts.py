"""Bearer JWTs: signed by the issuer's key, under its algorithms alone."""

from collections.abc import Sequence
from datetime import datetime

from joserfc import jwt
from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key, OctKey, import_key
from joserfc.jws import JWSRegistry

from domain.ids import OwnerId
from entrypoints.http.auth.jwt_claims import Expected, Unauthenticated, check_claims, hostile, owner_in
from entrypoints.settings import Hs256Key, JwtSettings

MAX_TOKEN_LENGTH = 16_384  # characters: more than servers take in one header


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


class BearerTokens:
    """Verifies bearer JWTs of one issuer. The key's type alone decides which algorithms count, so no header can turn a public
    key into a shared secret, or ask for none.
    """

    def __init__(self, settings: JwtSettings) -> None:
        self._key, algorithms = _verification_key(settings)
        self._registry = AllowedAlgorithms(algorithms)
        self._user_claim = settings.user_claim
        self._expected: Expected = {}
        if settings.audience:
            self._expected["aud"] = settings.audience
        if settings.issuer:
            self._expected["iss"] = settings.issuer

    def owner(self, token: str, *, now: datetime) -> OwnerId:
        """The user whom the token names. Raises Unauthenticated."""
        if len(token) > MAX_TOKEN_LENGTH:
            raise Unauthenticated("bearer token too large")
        with hostile("bearer token not signed by the issuer's key"):
            claims = jwt.decode(token, self._key, registry=self._registry).claims
        with hostile("bearer token expired, early, or for somebody else"):
            check_claims(claims, self._expected, now=now)
        if claims.get("aud") is not None and "aud" not in self._expected:  # RFC 7519, section 4.1.3: then it is not for us
            raise Unauthenticated("bearer token for an audience, and AUTH_JWT_AUDIENCE is not set")
        return owner_in(claims, self._user_claim)


def _verification_key(settings: JwtSettings) -> tuple[Key, tuple[str, ...]]:
    if isinstance(settings.key, Hs256Key):
        return OctKey.import_key(settings.key.secret.reveal()), ("HS256",)
    algorithms = settings.key.algorithms
    if algorithms[0] == "Ed25519":
        return import_key(settings.key.pem, "OKP"), algorithms
    if algorithms[0].startswith("ES"):
        return import_key(settings.key.pem, "EC"), algorithms
    return import_key(settings.key.pem, "RSA"), algorithms
