"""Who asks: people with browsers, services with scopes, and strangers. Each person has an application of their own as well."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.ids import OwnerId
from entrypoints.http.auth.authjs import SECURE_NAME
from entrypoints.settings import Settings
from model.tenancy.worlds import World
from support.http_application import some_settings
from support.session_cookies import a_session_cookie

NAMES = ("anna", "bert", "chloe")
BROWSER_COOKIE = "__Host-tiktok-connect"


@dataclass(eq=False)
class Person:
    """A person at the dashboard. Erased, they come back as another user."""

    name: str
    alone: World
    lives: int = 0
    states: list[str] = field(default_factory=list)
    browsers: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    _cookie: tuple[datetime, OwnerId, str] | None = None

    @property
    def owner(self) -> OwnerId:
        return OwnerId(f"{self.name}-{self.lives}")

    def session(self, now: datetime) -> str:
        """The cookie of a session that is good for some while yet."""
        made = self._cookie
        if made is None or made[1] != self.owner or now - made[0] > timedelta(minutes=30):
            value = a_session_cookie(name=SECURE_NAME, id=self.owner, now=now)
            made = self._cookie = (now, self.owner, f"{SECURE_NAME}={value}")
        return made[2]


@dataclass(frozen=True, eq=False)
class Service:
    """A backend service, which asks for what is people's. Alone, it has nobody to ask about."""

    name: str
    secret: str
    alone: World


@dataclass(frozen=True, eq=False)
class Stranger:
    """Whoever is not signed in."""

    alone: World


SERVICES = {
    "importer": "the-secret-of-the-importer-of-all",
    "limited": "the-secret-of-the-limited-importer",
    "reader": "the-secret-of-the-reader-of-spend",
    "eraser": "the-secret-of-the-eraser-of-users",
}


def settings_of_all() -> Settings:
    """Four services: two that vend, one of them for Anna alone, one that reads spend, one that erases."""
    scopes = {"importer": "vend", "limited": "vend+spend", "reader": "spend", "eraser": "erase"}
    tokens = ",".join(f"{name}:{secret}:{scopes[name]}" for name, secret in SERVICES.items())
    return some_settings(SERVICE_TOKENS=tokens, SERVICE_LIMITS="limited:users=anna-*")
