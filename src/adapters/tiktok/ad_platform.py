"""TikTok's API for Business as an ad platform."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from adapters.http_client.connections import Connections
from adapters.http_client.request_sent_once import HttpAnswer, HttpRequest, Lost, NotSent
from adapters.tiktok.answers import SUCCESS, Envelope
from adapters.tiktok.api_calls import ApiCalls
from adapters.tiktok.return_codes import CallKind, uncertain
from adapters.tiktok.token_addresses_and_term import EXCHANGE, REFRESH, REVOKE, TokenAddressesAndTerm
from application.ports.clock import Clock
from application.ports.metrics import Metrics
from domain.advertiser import Advertiser
from domain.ids import AdvertiserId, AppId
from domain.outcomes import Failure, InDoubt, Issued, Refused, Unavailable, Unread
from domain.tokens import FIRST_VERSION, Secret, TokenTerm

DETAIL_FIELDS = ("advertiser_id", "name", "currency", "timezone", "display_timezone", "status")
LONGEST_LIST = 32 * 1024 * 1024
"""Bytes of an answer that lists accounts: ten thousand of them have about one megabyte, with names of any length more."""

PAGE = re.compile(rb"\s*<")
"""How a page begins: a gateway's or a firewall's, which holds no tokens."""


class TikTok:
    """TikTok's API for Business, for one developer app. Keeps the promises of the port `AdPlatform`.

    Any number of threads may share it. Each HTTP call is over within `timeout` by the wall clock, name look-up and connecting
    included. Close it at the end, or use it as a context manager.
    """

    def __init__(  # noqa: PLR0913 (each is one explicit fact of one developer app)
        self,
        app: AppId,
        secret: Secret,
        *,
        redirect_uri: str,
        auth_url: str,
        api_url: str,
        clock: Clock,
        auth_api_url: str | None = None,
        term: TokenTerm = TokenTerm.AS_ISSUED,
        timeout: timedelta = timedelta(seconds=10),
        connections: Connections | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._app, self._secret = app, secret
        self._redirect_uri, self._auth_url, self._api_url = redirect_uri, auth_url, api_url.rstrip("/")
        self._token_addresses = TokenAddressesAndTerm((auth_api_url or api_url).rstrip("/"), term)
        self._clock, self._timeout = clock, timeout
        self._calls = ApiCalls(clock, connections, metrics)

    @property
    def app(self) -> AppId:
        return self._app

    def consent_url(self, state: str) -> str:
        url = urlsplit(self._auth_url)
        query = [*parse_qsl(url.query), ("app_id", self._app), ("redirect_uri", self._redirect_uri), ("state", state)]
        return urlunsplit(url._replace(query=urlencode(query)))

    def exchange(self, code: Secret) -> Issued | Unread | Failure:
        calls = self._token_addresses
        issued = self._issued(CallKind.EXCHANGE, calls.url(EXCHANGE), {"auth_code": code.reveal(), **calls.asked_for})
        if isinstance(issued, Issued):
            calls.compare(issued)
            return replace(issued, origin=calls.origin)
        return issued

    def refresh(self, token: Secret, version: str = FIRST_VERSION) -> Issued | Unread | Failure:
        fields = {"refresh_token": token.reveal(), "grant_type": "refresh_token"}
        return self._issued(CallKind.REFRESH, self._token_addresses.url(REFRESH, version), fields)

    def reach(self, access: Secret) -> tuple[Advertiser, ...] | Failure:
        credentials = urlencode({"app_id": self._app, "secret": self._secret.reveal()})
        envelope = self._get("/oauth2/advertiser/get/", access, secret_query=credentials)
        return _listed(envelope.reached()) if isinstance(envelope, Envelope) else envelope

    def details(self, access: Secret, advertisers: tuple[AdvertiserId, ...]) -> tuple[Advertiser, ...] | Failure:
        if not advertisers:
            return ()
        asked = {"advertiser_ids": advertisers, "fields": DETAIL_FIELDS}
        query = {name: msgspec.json.encode(value).decode() for name, value in asked.items()}
        envelope = self._get("/advertiser/info/", access, query=query)
        return _listed(envelope.accounts()) if isinstance(envelope, Envelope) else envelope

    def revoke(self, access: Secret) -> Failure | None:
        url = self._token_addresses.url(REVOKE)
        answer = self._post(CallKind.REVOKE, url, {"access_token": access.reveal()}, access=access)
        if isinstance(answer, Envelope | Refused):
            return None  # refused: dead already, which is what was wanted
        return answer.failure if isinstance(answer, Unread) else answer

    def close(self) -> None:
        """Close the connections that are idle, and the others after their calls."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _issued(self, kind: CallKind, url: str, fields: Mapping[str, str | bool]) -> Issued | Unread | Failure:
        envelope = self._post(kind, url, fields)
        if not isinstance(envelope, Envelope):
            return envelope
        failure = InDoubt("a success without an access token")
        return envelope.tokens(self._clock.now()) or _unread(failure, envelope.body)

    def _post(
        self, kind: CallKind, url: str, fields: Mapping[str, str | bool], access: Secret | None = None
    ) -> Envelope | Unread | Failure:
        body = msgspec.json.encode({"app_id": self._app, "secret": self._secret.reveal(), **fields})
        request = HttpRequest("POST", url, {"Content-Type": "application/json"}, body=body)
        return self._call(kind, url, request, access=access)

    def _get(
        self, path: str, access: Secret, *, query: Mapping[str, str] | None = None, secret_query: str = ""
    ) -> Envelope | Failure:
        url = self._api_url + path
        request = HttpRequest("GET", url, {}, query=query, secret_query=secret_query, longest_answer=LONGEST_LIST)
        answer = self._call(CallKind.WITH_TOKEN, url, request, access=access)
        return answer.failure if isinstance(answer, Unread) else answer

    def _call(self, kind: CallKind, url: str, request: HttpRequest, *, access: Secret | None) -> Envelope | Unread | Failure:
        """The envelope of a success, or what else it came to."""
        answer = self._calls.send(request, access, within=self._timeout)
        match answer:
            case NotSent(detail=detail):
                return Unavailable(f"no connection ({detail})")
            case Lost(detail=detail, beginning=body):
                return _broken_off(kind, body) or _unread(uncertain(kind, f"no answer ({detail})"), body)
            case HttpAnswer(body=body):
                envelope = Envelope.of(body)
                self._calls.note_code(url, envelope)
                if envelope is not None and envelope.code in SUCCESS:
                    return envelope
                failure = self._calls.failure_of(kind, url, envelope, answer)
                failure = replace(failure, request_id=envelope.request_id) if envelope else failure
                return failure if envelope else _unread(failure, body)
            case failure:
                return failure


def _broken_off(kind: CallKind, body: bytes) -> Envelope | None:
    """The success in an answer whose connection broke off, or whose time was up: JSON that is whole is the whole answer."""
    envelope = Envelope.of(body) if kind.spends and body else None
    return envelope if envelope is not None and envelope.code in SUCCESS else None


def _unread(failure: Failure, body: bytes) -> Unread | Failure:
    """In doubt, with what came, if that may hold tokens."""
    if not isinstance(failure, InDoubt) or not body.strip() or PAGE.match(body):
        return failure
    return Unread(failure, Secret(body.decode("latin-1")))


def _listed(accounts: tuple[Advertiser, ...] | None) -> tuple[Advertiser, ...] | Failure:
    return Unavailable("a success without a list") if accounts is None else accounts
