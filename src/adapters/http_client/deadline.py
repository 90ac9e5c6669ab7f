"""One wall-clock deadline for a whole call, which httpcore does not have: its time-outs start anew with each byte."""

import ssl
import time
from collections.abc import Iterable
from datetime import timedelta

import httpcore

from adapters.http_client.resolver import Resolver
from application.ports.clock import Clock


class ForbiddenAddress(httpcore.ConnectError):
    """The host's name leads nowhere but to addresses that must not be connected to."""


class Deadline:
    """When the call under way must be over. One connection's at a time, set before each call.

    A machine that slept sends nothing after it, since others may have sent the same meanwhile. But an answer is read for as long
    as the machine is awake: it may have come before the sleep, and may be the only copy of the only live pair.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends = timedelta(0)
        self._ends_awake = 0.0

    def start(self, span: timedelta) -> None:
        self._ends, self._ends_awake = self._clock.monotonic() + span, time.monotonic() + span.total_seconds()

    def left(self, late: type[Exception]) -> float:
        """Seconds until then, sleep included: for connecting and sending. Raises `late` when it is past."""
        return self._positive((self._ends - self._clock.monotonic()).total_seconds(), late)

    def left_awake(self, late: type[Exception]) -> float:
        """Seconds until then, sleep left out: for reading. Raises `late` when it is past."""
        return self._positive(self._ends_awake - time.monotonic(), late)

    @staticmethod
    def _positive(left: float, late: type[Exception]) -> float:
        if left <= 0:
            raise late("the call's time is up")
        return left


class DeadlineStream(httpcore.NetworkStream):
    """A connection each of whose reads and writes may take what is left of the call, whatever time-out it is given.

    The operating system bounds one read or write, and OpenSSL a whole handshake, so a peer that drips bytes is cut off too.
    """

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left_awake(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:  # the end of a request is an empty one: it is sent already, and no sleep since is too long
            self._inner.write(buffer, self._deadline.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(httpcore.ConnectTimeout)
        return DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class DeadlineNetwork(httpcore.NetworkBackend):
    """Connects within the call's deadline, name look-up included, giving each of the name's addresses its share of the time."""

    def __init__(self, deadline: Deadline, resolver: Resolver) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline, self._resolver = deadline, resolver

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._resolver.addresses(host, within=self._deadline.left(httpcore.ConnectTimeout))
        except PermissionError:
            raise ForbiddenAddress("the host has no address that may be used") from None
        except OSError:
            raise httpcore.ConnectError("the host's name was not found") from None
        options = list(socket_options or ())
        for untried in range(len(addresses), 0, -1):
            share = self._deadline.left(httpcore.ConnectTimeout) / untried
            try:
                return DeadlineStream(
                    self._inner.connect_tcp(addresses[-untried], port, share, local_address, options), self._deadline
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if untried == 1:
                    raise
        raise httpcore.ConnectError("the host's name has no address")
