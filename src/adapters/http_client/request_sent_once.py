"""One HTTP request, sent at most once over one connection, and its answer."""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import quote, urlencode

import httpcore

from adapters.http_client.deadline import Deadline, DeadlineNetwork
from adapters.http_client.resolver import Resolver
from adapters.http_client.unpacking import unpacked
from application.ports.clock import Clock

LONGEST_ANSWER = 4 * 1024 * 1024
"""Bytes, as sent and as unpacked, unless a request allows more. An answer with tokens has under 2 kB."""

IDLE_FOR = timedelta(seconds=5)
"""How long an idle connection is kept: less than servers keep theirs, so that none is closed on a request under way."""

HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "tiktok-connect"}

logging.getLogger("httpcore").setLevel(logging.WARNING)  # it logs URLs, and the headers of answers: a redirect may echo our query


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What is sent. `secret_query` is part of the address too, but seen by the server alone."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] | None = None
    secret_query: str = field(default="", repr=False)
    body: bytes | None = field(default=None, repr=False)
    longest_answer: int = LONGEST_ANSWER

    @property
    def address(self) -> str:
        """The whole address, the secret part of its query included: not for logs."""
        query = "&".join(part for part in (urlencode(self.query or {}, quote_via=quote), self.secret_query) if part)
        return f"{self.url}?{query}" if query else self.url

    def with_header(self, name: str, value: str) -> "HttpRequest":
        return replace(self, headers={**self.headers, name: value})


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer, whatever it says."""

    status: int
    retry_after: str | None
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By their names in small letters."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """No connection came about, so nothing was sent."""

    detail: str


@dataclass(frozen=True, slots=True)
class Lost:
    """It was sent, or may have been, and no whole answer came in time."""

    detail: str
    beginning: bytes = field(default=b"", repr=False)
    """What came of the answer's body, unpacked."""


class HttpConnection:
    """One connection to the platform, for one thread at a time: a pool's bookkeeping collapses when threads share it.

    There are no redirects, no cookies, and nothing comes from the environment: a stray HTTPS_PROXY or ~/.netrc must not see
    the app's secret, and behind a proxy a failure to connect would no longer prove that nothing was sent.
    """

    def __init__(self, clock: Clock, tls: ssl.SSLContext, resolver: Resolver) -> None:
        self._deadline = Deadline(clock)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=1,
            keepalive_expiry=IDLE_FOR.total_seconds(),
            retries=0,
            network_backend=DeadlineNetwork(self._deadline, resolver),
        )

    def send(self, request: HttpRequest, *, within: timedelta) -> HttpAnswer | NotSent | Lost:
        """Send this, at most once, save that a connection that can't be made is tried a second time. Over in `within`."""
        self._deadline.start(within)
        answer = self._once(request)
        return self._once(request) if isinstance(answer, NotSent) else answer

    def _once(self, request: HttpRequest) -> HttpAnswer | NotSent | Lost:
        body = bytearray()
        try:
            headers = list({**HEADERS, **request.headers}.items())
            with self._pool.stream(request.method, request.address, headers=headers, content=request.body) as response:
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) > request.longest_answer:
                        return Lost("the answer is too long")
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as fault:
            return NotSent(type(fault).__name__)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as fault:
            return Lost(type(fault).__name__, unpacked(bytes(body), longest=request.longest_answer) or b"")
        return _whole(response, bytes(body), request.longest_answer)

    def close(self) -> None:
        self._pool.close()


def _whole(response: httpcore.Response, body: bytes, longest: int) -> HttpAnswer | Lost:
    """It is asked for as it is, and may come packed all the same."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    plain = unpacked(body, longest=longest, raw_deflate="deflate" in headers.get("content-encoding", "").lower())
    if plain is None:
        return Lost("the answer is too long")
    return HttpAnswer(response.status, headers.get("retry-after"), plain, headers)
