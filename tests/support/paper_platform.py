"""The smallest ad platform that keeps every promise of the port: the worked example of docs/adapters.md."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import urlencode

from application.ports.system import Clock
from domain.advertiser import Advertiser
from domain.ids import AdvertiserId, AppId
from domain.outcomes import Failure, Issued, NotPermitted, Reason, Refused
from domain.tokens import Lifetimes, Secret

T = TypeVar("T")
DAY_AND_YEAR = Lifetimes(timedelta(hours=24), timedelta(days=365))
LONG_TERM = Lifetimes()
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Sheet:
    """What one person agreed to. `refresh` is the one refresh token that still works."""

    accounts: tuple[AdvertiserId, ...]
    refresh: str = ""
    refresh_ends: datetime = NEVER
    torn: bool = False


class PaperPlatform:
    """Tokens are words on sheets of paper. LONG_TERM lifetimes make a platform without refresh tokens."""

    app = AppId("paper-app")

    def __init__(
        self, clock: Clock, accounts: Iterable[Advertiser], lifetimes: Lifetimes = DAY_AND_YEAR, *, details: bool = True
    ) -> None:
        self._clock, self._lifetimes, self._details = clock, lifetimes, details
        self._accounts = {account.id: account for account in accounts}
        self._codes: dict[str, Sheet] = {}
        self._refresh: dict[str, Sheet] = {}
        self._access: dict[str, tuple[Sheet, datetime]] = {}
        self._accidents: list[tuple[Failure, bool]] = []
        self._words = 0
        self._lock = threading.Lock()  # a sweep calls from many threads

    # what a test does to it

    def consent(self, accounts: Iterable[AdvertiserId]) -> Secret:
        """A person approves: the code that their browser would bring to the callback."""
        code = self._word("code")
        self._codes[code] = Sheet(tuple(accounts))
        return Secret(code)

    def spoil_next_refresh(self, failure: Failure, *, carried_out: bool) -> None:
        """The next refresh comes to this. `carried_out`: it took place, and only its answer was lost."""
        self._accidents.append((failure, carried_out))

    # the port

    def consent_url(self, state: str) -> str:
        return "https://paper.invalid/consent?" + urlencode({"app_id": self.app, "state": state})

    def exchange(self, code: Secret) -> Issued | Failure:
        with self._lock:
            sheet = self._codes.pop(code.reveal(), None)
            return self._issue(sheet) if sheet else Refused(Reason.AUTHORISATION_WITHDRAWN, 40110)

    def refresh(self, token: Secret) -> Issued | Failure:
        with self._lock:
            failure, carried_out = self._accidents.pop(0) if self._accidents else (None, True)
            answer = self._rotate(token.reveal()) if carried_out else None
            return failure or answer or Refused(Reason.REFRESH_TOKEN_REFUSED, 40107)

    def reach(self, access: Secret) -> tuple[Advertiser, ...] | Failure:
        return self._with_sheet(access, lambda sheet: tuple(Advertiser(one, self._accounts[one].name) for one in sheet.accounts))

    def details(self, access: Secret, advertisers: tuple[AdvertiserId, ...]) -> tuple[Advertiser, ...] | Failure:
        if not self._details:
            return NotPermitted(40001)
        return self._with_sheet(access, lambda sheet: tuple(self._accounts[one] for one in advertisers if one in sheet.accounts))

    def revoke(self, access: Secret) -> Failure | None:
        def tear(sheet: Sheet) -> None:
            sheet.torn = True

        self._with_sheet(access, tear)  # a dead token is as good as revoked
        return None

    # on paper

    def _rotate(self, token: str) -> Issued | Failure | None:
        sheet = self._refresh.get(token)
        if sheet is None or sheet.torn or sheet.refresh != token:
            return None
        if self._clock.now() >= sheet.refresh_ends:
            return Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103)
        return self._issue(sheet)

    def _issue(self, sheet: Sheet) -> Issued:
        now, life = self._clock.now(), self._lifetimes
        access = self._word("access")
        self._access[access] = (sheet, now + life.access if life.access else NEVER)
        if not life.refresh:
            return Issued(Secret(access), None, life, sheet.accounts)
        sheet.refresh, sheet.refresh_ends = self._word("refresh"), now + life.refresh
        self._refresh[sheet.refresh] = sheet
        return Issued(Secret(access), Secret(sheet.refresh), life, sheet.accounts)

    def _with_sheet(self, access: Secret, read: Callable[[Sheet], T]) -> T | Refused:
        with self._lock:
            sheet, ends = self._access.get(access.reveal(), (None, NEVER))
            if sheet is None or sheet.torn:
                return Refused(Reason.ACCESS_TOKEN_REFUSED, 40105)
            return read(sheet) if self._clock.now() < ends else Refused(Reason.ACCESS_TOKEN_REFUSED, 40102)

    def _word(self, kind: str) -> str:
        self._words += 1
        return f"{kind} {self._words}"
