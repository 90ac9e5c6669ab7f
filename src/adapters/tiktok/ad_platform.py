"""TikTok's API for Business as an ad platform."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from adapters.http_client.lines import HttpAnswer, HttpRequest, Lines, Lost, NotSent
from adapters.tiktok.answers import SUCCESS, Envelope
from adapters.tiktok.return_codes import CallKind, failure_of, pause_of, uncertain
from application.ports.ad_platform import DETAILS_PER_CALL
from application.ports.system import Clock
from domain.advertiser import Advertiser
from domain.ids import AdvertiserId, AppId
from domain.outcomes import Failure, Issued, Refused, Unavailable
from domain.tokens import Secret

DETAIL_FIELDS = ("advertiser_id", "name", "currency", "timezone", "display_timezone", "status")
HEADER_SAFE = re.compile(r"[\x21-\x7e]+")


class TikTok:
    """TikTok's API for Business v1.3, for one developer app. Keeps the promises of the port `AdPlatform`.

    Any number of threads may share it. Each HTTP call is over within `timeout` by the wall clock, name look-up and connecting
    included. Close it at the end, or use it as a context manager.
    """

    def __init__(
        self,
        app: AppId,
        secret: Secret,
        *,
        redirect_uri: str,
        auth_url: str,
        api_url: str,
        clock: Clock,
        timeout: timedelta = timedelta(seconds=10),
        lines: Lines | None = None,
    ) -> None:
        self._app, self._secret = app, secret
        self._redirect_uri, self._auth_url, self._api_url = redirect_uri, auth_url, api_url.rstrip("/")
        self._clock, self._timeout = clock, timeout
        self._lines = lines or Lines(clock)

    @property
    def app(self) -> AppId:
        return self._app

    def consent_url(self, state: str) -> str:
        url = urlsplit(self._auth_url)
        query = [*parse_qsl(url.query), ("app_id", self._app), ("redirect_uri", self._redirect_uri), ("state", state)]
        return urlunsplit(url._replace(query=urlencode(query)))

    def exchange(self, code: Secret) -> Issued | Failure:
        return self._issued(CallKind.EXCHANGE, "/oauth2/access_token/", {"auth_code": code.reveal()})

    def refresh(self, token: Secret) -> Issued | Failure:
        wanted = {"refresh_token": token.reveal(), "grant_type": "refresh_token"}
        return self._issued(CallKind.REFRESH, "/oauth2/refresh_token/", wanted)

    def reach(self, access: Secret) -> tuple[Advertiser, ...] | Failure:
        credentials = urlencode({"app_id": self._app, "secret": self._secret.reveal()})
        read = self._get("/oauth2/advertiser/get/", access, secret_query=credentials)
        if not isinstance(read, Envelope):
            return read
        reached = read.reached()
        return Unavailable("a success without a list") if reached is None else reached

    def details(self, access: Secret, advertisers: tuple[AdvertiserId, ...]) -> tuple[Advertiser, ...] | Failure:
        found: list[Advertiser] = []
        for start in range(0, len(advertisers), DETAILS_PER_CALL):
            wanted = {"advertiser_ids": advertisers[start : start + DETAILS_PER_CALL], "fields": DETAIL_FIELDS}
            query = {name: msgspec.json.encode(value).decode() for name, value in wanted.items()}
            read = self._get("/advertiser/info/", access, query=query)
            if not isinstance(read, Envelope):
                return read
            if (accounts := read.accounts()) is None:
                return Unavailable("a success without a list")
            found += accounts
        return tuple(found)

    def revoke(self, access: Secret) -> Failure | None:
        read = self._post(CallKind.REVOKE, "/oauth2/revoke_token/", {"access_token": access.reveal()}, access=access)
        return None if isinstance(read, Envelope | Refused) else read  # refused: dead already, which is what was wanted

    def close(self) -> None:
        """Close the connections that are idle, and the others after their calls."""
        self._lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _issued(self, kind: CallKind, path: str, wanted: Mapping[str, str]) -> Issued | Failure:
        read = self._post(kind, path, wanted)
        if not isinstance(read, Envelope):
            return read
        return read.tokens() or uncertain(kind, "a success without an access token")

    def _post(self, kind: CallKind, path: str, wanted: Mapping[str, str], access: Secret | None = None) -> Envelope | Failure:
        body = msgspec.json.encode({"app_id": self._app, "secret": self._secret.reveal(), **wanted})
        return self._call(
            kind, HttpRequest("POST", self._api_url + path, {"Content-Type": "application/json"}, body=body), access=access
        )

    def _get(
        self, path: str, access: Secret, *, query: Mapping[str, str] | None = None, secret_query: str = ""
    ) -> Envelope | Failure:
        request = HttpRequest("GET", self._api_url + path, {}, query=query, secret_query=secret_query)
        return self._call(CallKind.WITH_TOKEN, request, access=access)

    def _call(self, kind: CallKind, request: HttpRequest, *, access: Secret | None) -> Envelope | Failure:
        """The envelope of a success, or what else it came to."""
        if access is not None:
            if not HEADER_SAFE.fullmatch(access.reveal()):
                return Unavailable("an access token that fits into no header")
            request = request.with_header("Access-Token", access.reveal())  # TikTok does not read `Authorization`
        with self._lines.lend() as line:
            answer = line.send(request, within=self._timeout)
        match answer:
            case NotSent(detail=detail):
                return Unavailable(f"no connection ({detail})")
            case Lost(detail=detail):
                return uncertain(kind, f"no answer ({detail})")
            case HttpAnswer(status=status, body=body):
                envelope = Envelope.of(body)
                if envelope is not None and envelope.code in SUCCESS:
                    return envelope
                pause = pause_of(answer.retry_after, self._clock.now())
                return failure_of(kind, envelope.code if envelope else None, status, pause)
