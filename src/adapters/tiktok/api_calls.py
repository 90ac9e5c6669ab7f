"""Calls of TikTok's API over the careful connections: with a token in the header, counted, and never to a path that rests."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from adapters.http_client.connections import Connections
from adapters.http_client.request_sent_once import HttpAnswer, HttpRequest, Lost, NotSent
from adapters.tiktok.answers import Envelope
from adapters.tiktok.resting_paths import RestingPaths
from adapters.tiktok.return_codes import CallKind, code_label, failure_of, pause_of
from application.metrics.catalogue import ANSWERS, CALLS, ENDPOINTS, NO_ANSWER, NO_ENVELOPE, NOT_SENT, OTHER, SUCCESS_CODE
from application.metrics.process_counts import ProcessCounts
from application.ports.clock import Clock
from application.ports.metrics import Metrics
from domain.outcomes import Failure, PathMissing, Unavailable
from domain.tokens import Secret

HEADER_SAFE = re.compile(r"[\x21-\x7e]+")


class ApiCalls:
    """The connections of one client. Any number of threads may use it."""

    def __init__(self, clock: Clock, connections: Connections | None = None, metrics: Metrics | None = None) -> None:
        self._clock, self._metrics = clock, metrics or ProcessCounts()
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
        began = self._clock.monotonic()
        with self._connections.lend() as connection:
            answer = connection.send(request, within=within)
        self._count(endpoint_of(request.url), answer, self._clock.monotonic() - began)
        return answer

    def note_code(self, url: str, envelope: Envelope | None, *, is_file: bool = False) -> None:
        """Count an answer by its code, once it was read. A report's file is a success without a code."""
        code = SUCCESS_CODE if is_file else code_label(envelope.code) if envelope else NO_ENVELOPE
        self._metrics.count(ANSWERS, endpoint_of(url), code)

    def failure_of(self, kind: CallKind, url: str, envelope: Envelope | None, answer: HttpAnswer) -> Failure:
        """What an answer comes to that is no success. A path that TikTok does not know rests from now on."""
        pause = pause_of(answer.retry_after, self._clock.now())
        failure = failure_of(kind, envelope.code if envelope else None, answer.status, pause)
        if isinstance(failure, PathMissing):
            self._resting.rest(urlsplit(url).path, failure)
        return failure

    def _count(self, endpoint: str, answer: HttpAnswer | NotSent | Lost, took: timedelta) -> None:
        self._metrics.observe(CALLS, endpoint, took=took)
        if not isinstance(answer, HttpAnswer):
            self._metrics.count(ANSWERS, endpoint, NOT_SENT if isinstance(answer, NotSent) else NO_ANSWER)

    def close(self) -> None:
        """Close the connections that are idle, and the others after their calls."""
        self._connections.close()


def endpoint_of(url: str) -> str:
    """The call's path without its version, as a label: one of those that are known."""
    path = urlsplit(url).path
    return next((endpoint for endpoint in ENDPOINTS if path.endswith(endpoint)), OTHER)
