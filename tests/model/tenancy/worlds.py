"""The same deeds twice: all tenants in one application, and each in an application of their own, with the same ids and times."""

from __future__ import annotations

import hashlib
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from litestar.testing import TestClient

from adapters.memory.ad_platform import CODE_LIFE, MemoryAdPlatform
from adapters.memory.clock import MemoryClock
from application.ports.spend_store import SpendAccount
from domain.ids import AdvertiserId, OwnerId
from domain.outcomes import Failure, Issued
from domain.spend_calendar import Window
from domain.tokens import Secret
from entrypoints.http.app import App
from entrypoints.settings import Settings
from entrypoints.testing import SHOPS, ApplicationOverMemory, application_over_memory
from support.http_application import DASHBOARD
from support.world import FreeBudget

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAYS = Window(date(2026, 11, 1), date(2026, 12, 31))
TOLD = ("content-type", "location", "retry-after", "set-cookie", "cache-control", "www-authenticate")
"""Headers that are compared; the others are the same for everybody."""


class StepIds:
    """Ids and nonces that depend on the request and on how many were made in it, and so are the same in either application."""

    def __init__(self) -> None:
        self._request, self._made, self._lock = 0, 0, threading.Lock()

    def begin(self, request: int) -> None:
        self._request, self._made = request, 0

    def new(self) -> str:
        with self._lock:
            self._made += 1
            return f"{self._request:08x}-0000-4000-8000-{self._made:012x}"

    def connection(self) -> str:
        return self.new().replace("-4000-", "-7000-")


class StepNonces(StepIds):
    """The same as 32 bytes of text."""

    def new(self) -> str:
        return urlsafe_b64encode(hashlib.sha256(super().new().encode()).digest()).decode().rstrip("=")


class NamedTokensPlatform(MemoryAdPlatform):
    """A platform whose tokens are named after the consent that they came with."""

    _issuing, _number = "nobody's", 0

    def approve(self, name: str, advertisers: tuple[AdvertiserId, ...]) -> Secret:
        """A person approves; the code has this name."""
        self._codes[name] = (advertisers, self._clock.now() + CODE_LIFE)
        return Secret(name)

    def _exchanged(self, code: Secret) -> Issued | Failure:
        self._issuing = code.reveal()
        return super()._exchanged(code)

    def _issued(self, consent: Any) -> Issued:  # noqa: ANN401 -- the platform's own
        names: dict[int, tuple[str, int]] = self.__dict__.setdefault("names", {})
        self._issuing, number = names.get(id(consent), (self._issuing, 0))
        names[id(consent)] = self._issuing, number + 1
        self._number = number
        return super()._issued(consent)

    def _name(self, kind: str) -> str:
        return f"{kind}-{self._number}-of-{self._issuing}"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    form: tuple[tuple[str, str], ...] = ()
    cookies: tuple[str, ...] = ()
    bearer: str | None = None
    accept: str = "application/json"

    def headers(self) -> dict[str, str]:
        headers = {"Origin": DASHBOARD, "Accept": self.accept}
        headers |= {"Cookie": "; ".join(self.cookies)} if self.cookies else {}
        headers |= {"Authorization": f"Bearer {self.bearer}"} if self.bearer else {}
        headers |= {"Content-Type": "application/json"} if self.body is not None else {}
        return headers | ({"Content-Type": "application/x-www-form-urlencoded"} if self.form else {})

    def content(self) -> bytes:
        if self.body is not None:
            return json.dumps(self.body).encode()
        return urlencode(self.form).encode()


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, as far as it tells anything, and how long it took by the simulated clock."""

    status: int
    headers: tuple[tuple[str, str], ...]
    text: str
    took: timedelta

    @property
    def json(self) -> Any:  # noqa: ANN401 -- whatever it is
        return json.loads(self.text)

    @property
    def location(self) -> str:
        return dict(self.headers).get("location", "")


@dataclass
class World:
    """One application over memory, and whoever asks it."""

    application: ApplicationOverMemory[NamedTokensPlatform]
    client: TestClient[App]
    ids: StepIds
    nonces: StepNonces

    @classmethod
    def opened(cls, on: ExitStack, settings: Settings, clock: MemoryClock, ids: StepIds, nonces: StepNonces) -> Self:
        application = application_over_memory(
            settings,
            platform=NamedTokensPlatform(settings.tiktok.app_id, SHOPS, clock),
            clock=clock,
            ids=ids,
            nonces=nonces,
            shared_budget=FreeBudget(),
        )
        client = TestClient(application.app, base_url=DASHBOARD, raise_server_exceptions=False)
        return cls(application, on.enter_context(client), ids, nonces)

    def at(self, request: int) -> None:
        """What is made from now on is named after this request."""
        self.ids.begin(request)
        self.nonces.begin(request)

    def ask(self, asked: Ask, request: int) -> Told:
        self.at(request)
        began = self.application.clock.now()
        answer = self.client.request(
            asked.method,
            asked.path,
            params=asked.query,
            content=asked.content(),
            headers=asked.headers(),
            follow_redirects=False,
        )
        self.client.cookies.clear()
        told = tuple((name, answer.headers[name]) for name in TOLD if name in answer.headers)
        return Told(answer.status_code, told, answer.text, self.application.clock.now() - began)

    def let_time_pass(self, request: int) -> timedelta:
        """What workers do meanwhile; how long it took."""
        self.at(request)
        self.application.stay_in_touch()
        began, container = self.application.clock.now(), self.application.container
        container.sweep_due_grants()()
        container.clear_offers()()
        container.revoke_tokens()()
        return self.application.clock.now() - began

    def has_of(self, owner: OwnerId) -> tuple[object, ...]:
        """Whatever there is of an owner: what they are shown, and what is kept."""
        container, rows = self.application.container, self.application.database.rows
        views = container.list_connections()(owner)
        spend_store = container.spend_store()
        imports = spend_store.imports(owner)
        accounts = [SpendAccount(owner, view.connection.advertiser.id) for view in views]
        consents = {key: consent for key, consent in rows.consents.items() if consent.owner == owner}
        offers = {key: offer for key, offer in rows.offers.items() if offer.owner == owner}
        return views, imports, spend_store.rows(accounts, DAYS), spend_store.days(accounts, DAYS), consents, offers

    def totals(self) -> tuple[int, ...]:
        """How much there is in all."""
        rows = self.application.database.rows
        connections = sum(len(grant.connections) for grant in rows.grants.values())
        return len(rows.grants), connections, len(rows.offers), len(rows.consents), len(rows.spend), len(rows.events)
