"""Calls of TikTok's API over the careful connections: with a token in the header, and never to a path that rests."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from adapters.http_client.connections import Connections
from adapters.http_client.request_sent_once import HttpAnswer, HttpRequest, Lost, NotSent
from adapters.tiktok.answers import Envelope
from adapters.tiktok.resting_paths import RestingPaths
from adapters.tiktok.return_codes import CallKind, failure_of, pause_of
from application.ports.clock import Clock
from domain.outcomes import Failure, PathMissing, Unavailable
from domain.tokens import Secret

HEADER_SAFE = re.compile(r"[\x21-\x7e]+")


class ApiCalls:
    """The connections of one client. Any number of threads may use it."""

    def __init__(self, clock: Clock, connections: Connections | None = None) -> None:
        self._clock = clock
        self._connections = connections or Connections(clock)
        self._resting = RestingPaths(clock)

    def send(
        self, request: HttpRequest, access: Secret | None, *, within: timedelta
    ) -> HttpAnswer | NotSent | Lost | PathMissing | Unavailable:
        """Send this once. PathMissing and Unavailable: nothing was sent."""
        if missing := self._resting.until_over(urlsplit(request.url).path):
            return missing
        if access is not None:
            if not HEADER_SAFE.fullmatch(access.reveal()):
                return Unavailable("an access token that fits into no header")
            request = request.with_header("Access-Token", access.reveal())  # TikTok does not read `Authorization`
        with self._connections.lend() as connection:
            return connection.send(request, within=within)

    def failure_of(self, kind: CallKind, url: str, envelope: Envelope | None, answer: HttpAnswer) -> Failure:
        """What an answer comes to that is no success. A path that TikTok does not know rests from now on."""
        pause = pause_of(answer.retry_after, self._clock.now())
        failure = failure_of(kind, envelope.code if envelope else None, answer.status, pause)
        if isinstance(failure, PathMissing):
            self._resting.rest(urlsplit(url).path, failure)
        return failure

    def close(self) -> None:
        """Close the connections that are idle, and the others after their calls."""
        self._connections.close()
