"""Who is signed in, by cookie or bearer token."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from domain.ids import OwnerId
from entrypoints.http.auth.authjs import AuthJsCookies
from entrypoints.http.auth.bearer_jwts import BearerTokens
from entrypoints.http.auth.demo_sessions import DemoSessions
from entrypoints.http.auth.issuer_keys import IssuerKeys
from entrypoints.http.auth.jwt_claims import Unauthenticated
from entrypoints.http.auth.request_headers import RequestHeaders, bearer_token
from entrypoints.settings import Settings

Via = Literal["cookie", "bearer"]


@dataclass(frozen=True, slots=True)
class Session:
    """Who is asking, and how they proved it: writes with a cookie need a trusted origin as well."""

    owner_id: OwnerId
    via: Via


@dataclass(frozen=True, slots=True)
class Sessions:
    """Every way to be signed in; None for a way that is not configured."""

    cookies: AuthJsCookies
    bearer: BearerTokens | None = None
    demo: DemoSessions | None = None

    @classmethod
    def from_settings(cls, settings: Settings, issuer_keys: IssuerKeys | None = None) -> "Sessions":
        """What the settings accept; in the demo its local sessions alone."""
        return cls(
            cookies=AuthJsCookies(settings.sessions.authjs_secrets, https=urlsplit(settings.web.dashboard_url).scheme == "https"),
            bearer=BearerTokens(settings.sessions.jwt, issuer_keys) if settings.sessions.jwt else None,
            demo=DemoSessions(settings.demo.session_key) if settings.demo else None,
        )

    def authenticate(self, headers: RequestHeaders, *, now: datetime) -> Session:
        """Who is asking. An Authorization header decides alone: when it fails, no cookie is looked at. Raises Unauthenticated."""
        authorizations = headers.all("authorization")
        if authorizations:
            return Session(self._bearer_owner(authorizations, now=now), via="bearer")
        cookies = headers.cookies()
        owner = self.demo.owner(cookies, now=now) if self.demo else self.cookies.owner(cookies, now=now)
        return Session(owner, via="cookie")

    def _bearer_owner(self, authorizations: tuple[str, ...], *, now: datetime) -> OwnerId:
        if len(authorizations) > 1:
            raise Unauthenticated("several Authorization headers")
        token = bearer_token(authorizations[0])
        if token is None:
            raise Unauthenticated("Authorization header that is no bearer token")
        if self.bearer is None:
            raise Unauthenticated("bearer tokens are not configured")
        return self.bearer.owner(token, now=now)
