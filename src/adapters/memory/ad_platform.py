"""An ad platform in memory, for tests: consents, tokens and planned failures."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import urlencode

from application.ports.clock import Clock
from domain.advertiser import Advertiser
from domain.ids import AdvertiserId, AppId
from domain.outcomes import Failure, Issued, NotPermitted, Reason, Refused, Unread
from domain.tokens import FIRST_VERSION, Lifetimes, Secret

T = TypeVar("T")
CODE_LIFE = timedelta(hours=1)
"""TikTok's, for advertisers."""


class Verb(Enum):
    """What can be asked of a platform."""

    EXCHANGE = "exchange"
    REFRESH = "refresh"
    REACH = "reach"
    DETAILS = "details"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Asked:
    """One call, without its secrets. `failure` None: it succeeded."""

    verb: Verb
    at: datetime
    failure: Failure | None


@dataclass(slots=True)
class _Consent:
    """One authorisation with its newest tokens; `refresh` is the only one that is alive."""

    advertisers: tuple[AdvertiserId, ...]
    refresh_ends: datetime
    refresh: str | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class _Planned:
    outcome: Any
    """As the method that is called returns it."""
    carried_out: bool


class MemoryAdPlatform:
    """A platform in this process, with strict refresh tokens: each is dead once it was used. Threads may share it.

    `rotating` False hands out long-term tokens instead. What goes wrong is planned with `plan`; `asked` tells what was asked.
    """

    def __init__(
        self,
        app: AppId,
        accounts: Iterable[Advertiser],
        clock: Clock,
        *,
        rotating: bool = True,
        lifetimes: Lifetimes = Lifetimes(timedelta(hours=24), timedelta(days=365)),  # noqa: B008 (a frozen value)
        details_permitted: bool = True,
    ) -> None:
        self._app, self._clock = app, clock
        self._lifetimes = lifetimes if rotating else Lifetimes()
        self._rotating, self._details_permitted = rotating, details_permitted
        self._accounts: Mapping[AdvertiserId, Advertiser] = {one.id: one for one in accounts}
        self._codes: dict[str, tuple[tuple[AdvertiserId, ...], datetime]] = {}
        self._refresh: dict[str, _Consent] = {}
        self._access: dict[str, tuple[_Consent, datetime]] = {}
        self._plans: dict[Verb, deque[_Planned]] = {verb: deque() for verb in Verb}
        self._asked: list[Asked] = []
        self._refused_in_details: frozenset[AdvertiserId] = frozenset()
        self._made = 0
        self._lock = threading.Lock()

    # what people do there, and what goes wrong

    def consent(self, advertisers: Iterable[AdvertiserId]) -> Secret:
        """A person approves, for these accounts: the code that the callback would bring."""
        with self._lock:
            code = self._name("code")
            self._codes[code] = (tuple(advertisers), self._clock.now() + CODE_LIFE)
            return Secret(code)

    def withdraw(self, access: Secret) -> None:
        """The person takes the consent behind this access token back."""
        with self._lock:
            self._access[access.reveal()][0].revoked = True

    def plan(
        self, verb: Verb, outcome: Failure | Unread | tuple[Advertiser, ...], *, times: int = 1, carried_out: bool = False
    ) -> None:
        """The next calls come to this; `carried_out`: though they were, so that only the answer is lost."""
        with self._lock:
            self._plans[verb].extend([_Planned(outcome, carried_out)] * times)

    def refuse_details(self, advertisers: Iterable[AdvertiserId]) -> None:
        """From now on these accounts make every look-up of details fail of which they are part."""
        self._refused_in_details = frozenset(advertisers)

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The calls, oldest first."""
        with self._lock:
            return tuple(self._asked)

    def is_live(self, token: Secret) -> bool:
        """Whether this access or refresh token would be accepted now."""
        with self._lock:
            consent = self._refresh.get(token.reveal())
            if consent and consent.refresh == token.reveal():
                return not consent.revoked and self._clock.now() < consent.refresh_ends
            return isinstance(self._held(token), _Consent)

    # the port

    @property
    def app(self) -> AppId:
        return self._app

    def consent_url(self, state: str) -> str:
        return "memory:///consent?" + urlencode({"app_id": self._app, "state": state})

    def exchange(self, code: Secret) -> Issued | Unread | Failure:
        return self._answer(Verb.EXCHANGE, lambda: self._exchanged(code))

    def refresh(self, token: Secret, version: str = FIRST_VERSION) -> Issued | Unread | Failure:
        return self._answer(Verb.REFRESH, lambda: self._refreshed(token))

    def reach(self, access: Secret) -> tuple[Advertiser, ...] | Failure:
        return self._answer(Verb.REACH, lambda: self._reached(access))

    def details(self, access: Secret, advertisers: tuple[AdvertiserId, ...]) -> tuple[Advertiser, ...] | Failure:
        return self._answer(Verb.DETAILS, lambda: self._described(access, advertisers))

    def revoke(self, access: Secret) -> Failure | None:
        return self._answer(Verb.REVOKE, lambda: self._revoked(access))

    def _answer(self, verb: Verb, carry_out: Callable[[], T]) -> T | Failure:
        with self._lock:
            plan = self._plans[verb].popleft() if self._plans[verb] else None
            outcome = carry_out() if plan is None or plan.carried_out else plan.outcome
            if plan is not None:
                outcome = plan.outcome
            self._asked.append(Asked(verb, self._clock.now(), outcome if isinstance(outcome, Failure) else None))
            return outcome

    def _exchanged(self, code: Secret) -> Issued | Failure:
        advertisers, ends = self._codes.pop(code.reveal(), ((), self._clock.now()))
        if self._clock.now() >= ends:
            return Refused(Reason.AUTHORISATION_WITHDRAWN, 40110)
        consent = _Consent(advertisers, self._ends(self._lifetimes.refresh))
        return replace(self._issued(consent), advertisers=advertisers)

    def _refreshed(self, token: Secret) -> Issued | Failure:
        consent = self._refresh.get(token.reveal())
        if consent is None or consent.refresh != token.reveal():
            return Refused(Reason.REFRESH_TOKEN_REFUSED, 40107)
        if consent.revoked:
            return Refused(Reason.REFRESH_TOKEN_REFUSED, 40105)
        if self._clock.now() >= consent.refresh_ends:
            return Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103)
        consent.refresh_ends = self._ends(self._lifetimes.refresh)
        return self._issued(consent)

    def _reached(self, access: Secret) -> tuple[Advertiser, ...] | Failure:
        consent = self._held(access)
        if not isinstance(consent, _Consent):
            return consent
        return tuple(Advertiser(one, self._accounts[one].name) for one in consent.advertisers)

    def _described(self, access: Secret, advertisers: tuple[AdvertiserId, ...]) -> tuple[Advertiser, ...] | Failure:
        consent = self._held(access)
        if not isinstance(consent, _Consent):
            return consent
        readable = frozenset(consent.advertisers) - self._refused_in_details
        if not self._details_permitted or not readable.issuperset(advertisers):
            return NotPermitted(40001)
        return tuple(self._accounts[one] for one in advertisers)

    def _revoked(self, access: Secret) -> Failure | None:
        consent = self._held(access)
        if isinstance(consent, _Consent):
            consent.revoked = True
        return None

    def _held(self, access: Secret) -> _Consent | Refused:
        consent, ends = self._access.get(access.reveal(), (None, self._clock.now()))
        if consent is None or consent.revoked:
            return Refused(Reason.ACCESS_TOKEN_REFUSED, 40105)
        return consent if self._clock.now() < ends else Refused(Reason.ACCESS_TOKEN_REFUSED, 40102)

    def _issued(self, consent: _Consent) -> Issued:
        access = self._name("access")
        self._access[access] = (consent, self._ends(self._lifetimes.access))
        if not self._rotating:
            return Issued(Secret(access), None, Lifetimes())
        consent.refresh = self._name("refresh")
        self._refresh[consent.refresh] = consent
        return Issued(Secret(access), Secret(consent.refresh), self._lifetimes)

    def _ends(self, life: timedelta | None) -> datetime:
        return datetime.max.replace(tzinfo=UTC) if life is None else self._clock.now() + life

    def _name(self, kind: str) -> str:
        self._made += 1
        return f"{kind}-{self._made}"
