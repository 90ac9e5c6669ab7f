"""The demo's own sessions."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.jwk import OctKey

from domain.ids import OwnerId
from domain.tokens import Secret
from entrypoints.http.auth.bearer_jwts import AllowedAlgorithms
from entrypoints.http.auth.jwt_claims import Unauthenticated, check_claims, hostile, owner_in

COOKIE_NAME = "tiktok-connect-demo-session"
AUDIENCE = "tiktok-connect-demo"
DEMO_SESSION_LIFE = timedelta(hours=12)


class DemoSessions:
    """The demo's local sessions: a signed cookie naming a demo user. Outside the demo none of this exists."""

    def __init__(self, key: Secret) -> None:
        self._key = OctKey.import_key(key.reveal())
        self._registry = AllowedAlgorithms(("HS256",))

    def issue(self, owner: OwnerId, *, now: datetime) -> str:
        """The cookie's value for a user; good for LIFE."""
        issued_at = int(now.timestamp())
        claims = {"sub": owner, "aud": AUDIENCE, "iat": issued_at, "exp": issued_at + int(DEMO_SESSION_LIFE.total_seconds())}
        return jwt.encode({"alg": "HS256"}, claims, self._key, registry=self._registry)

    def owner(self, cookies: Sequence[tuple[str, str]], *, now: datetime) -> OwnerId:
        """The one user whom the demo's cookies name. Raises Unauthenticated."""
        owners = {self._verify(value, now=now) for name, value in cookies if name == COOKIE_NAME}
        if len(owners) != 1:
            raise Unauthenticated("no demo session, or several")
        return owners.pop()

    def _verify(self, token: str, *, now: datetime) -> OwnerId:
        with hostile("demo session expired or malformed"):
            claims = jwt.decode(token, self._key, registry=self._registry).claims
            check_claims(claims, {"aud": AUDIENCE}, now=now)
        return owner_in(claims, "sub")
