"""One HTTP request and its answer, with one connection a thread and nothing sent twice."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from adapters.http_client.deadline import Deadline, DeadlineNetwork
from adapters.http_client.resolver import LookUp, Resolver, ask_the_system
from adapters.http_client.unpacking import unpacked
from application.ports.system import Clock

LONGEST_ANSWER = 4 * 1024 * 1024
"""Bytes, as sent and as unpacked, unless a request allows more. An answer with tokens has under 2 kB."""

IDLE_FOR = timedelta(seconds=5)
"""How long an idle connection is kept: less than servers keep theirs, so that none is closed on a request under way."""

HIDDEN_QUERY = "hidden_query"
"""The request extension whose text joins the URL below everything that logs URLs or keeps them in exceptions."""

for _name in ("httpx", "httpcore"):  # they log URLs, and the headers of answers: a redirect may echo our query
    logging.getLogger(_name).setLevel(logging.WARNING)


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

    def with_header(self, name: str, value: str) -> HttpRequest:
        return replace(self, headers={**self.headers, name: value})


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer, whatever it says."""

    status: int
    retry_after: str | None
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotSent:
    """No connection came about, so nothing was sent."""

    detail: str


@dataclass(frozen=True, slots=True)
class Lost:
    """It was sent, or may have been, and no whole answer came in time."""

    detail: str
    beginning: bytes = field(default=b"", repr=False)
    """What came of the answer's body."""


class _Transport(httpx.BaseTransport):
    """httpx's own way to httpcore, save that the network keeps our deadline. Never sends anything twice (retries=0)."""

    def __init__(self, tls: ssl.SSLContext, network: httpcore.NetworkBackend) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls, max_connections=1, keepalive_expiry=IDLE_FOR.total_seconds(), retries=0, network_backend=network
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url, hidden = request.url, request.extensions.get(HIDDEN_QUERY, "")
        target = url.raw_path + (b"&" if url.query else b"?") + hidden.encode() if hidden else url.raw_path
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=target),
                headers=request.headers.raw,
                content=request.stream,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Stream(answer))

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class Line:
    """One connection to the platform, for one thread at a time: httpx's pool collapses when threads share it.

    No redirects, no cookies, and nothing from the environment: a stray HTTPS_PROXY or ~/.netrc must not see the app's
    secret, and behind a proxy a failure to connect would no longer prove that nothing was sent.
    """

    def __init__(self, clock: Clock, tls: ssl.SSLContext, resolver: Resolver) -> None:
        self._deadline = Deadline(clock)
        self._client = httpx.Client(
            transport=_Transport(tls, DeadlineNetwork(self._deadline, resolver)),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "tiktok-connect"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=None,  # noqa: S113 (the deadline is below)
            trust_env=False,
            follow_redirects=False,
        )

    def send(self, request: HttpRequest, *, within: timedelta) -> HttpAnswer | NotSent | Lost:
        """Send this, at most once, save that a connection that can't be made is tried a second time. Over in `within`."""
        self._deadline.start(within)
        answer = self._once(request)
        return self._once(request) if isinstance(answer, NotSent) else answer

    def _once(self, request: HttpRequest) -> HttpAnswer | NotSent | Lost:
        body = bytearray()
        try:
            with self._client.stream(
                request.method,
                request.url,
                params=request.query,
                headers=request.headers,
                content=request.body,
                extensions={HIDDEN_QUERY: request.secret_query},
            ) as response:
                for chunk in response.iter_raw():
                    body += chunk
                    if len(body) > request.longest_answer:
                        return Lost("the answer is too long")
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as fault:
            return NotSent(type(fault).__name__)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpx.HTTPError, OSError) as fault:
            return Lost(type(fault).__name__, bytes(body))
        return _whole(response, bytes(body), request.longest_answer)

    def close(self) -> None:
        self._client.close()


def _whole(response: httpx.Response, body: bytes, longest: int) -> HttpAnswer | Lost:
    """It is asked for as it is, and may come packed all the same."""
    plain = unpacked(body, longest=longest, raw_deflate="deflate" in response.headers.get("content-encoding", "").lower())
    if plain is None:
        return Lost("the answer is too long")
    return HttpAnswer(response.status_code, response.headers.get("retry-after"), plain)


class Lines:
    """As many connections as calls are under way at once, each lent to one thread; the warmest is lent first.

    They are lent rather than kept by each thread, so that the threads of a short-lived pool find warm ones. A process that
    forks does not share them with its child.
    """

    def __init__(self, clock: Clock, tls: ssl.SSLContext | None = None, look_up: LookUp = ask_the_system) -> None:
        self._clock, self._look_up = clock, look_up
        self._tls = tls or httpx.create_ssl_context()  # reads the authorities once, not at each connection
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._resolver = Resolver(self._clock, self._look_up)
        self._idle: list[Line] = []

    @contextmanager
    def lend(self) -> Iterator[Line]:
        if self._process != os.getpid():
            inherited = self._idle
            self._begin()
            for line in inherited:
                line.close()  # only this process's end of it: the parent's goes on
        idle, resolver = self._idle, self._resolver
        try:
            line = idle.pop()
        except IndexError:
            line = Line(self._clock, self._tls, resolver)
        try:
            yield line
        finally:
            if self._closed:
                line.close()
            else:
                idle.append(line)

    def close(self) -> None:
        """Close those not lent now, and the others when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
