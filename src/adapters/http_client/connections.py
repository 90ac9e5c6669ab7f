"""Connections to a platform: as many as calls are under way at once, each lent to one thread, kept warm between calls."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore

from adapters.http_client.request_sent_once import HttpConnection
from adapters.http_client.resolver import LookUp, MayConnect, Resolver, ask_the_system
from application.ports.clock import Clock


class Connections:
    """As many connections as calls are under way at once, each lent to one thread; the warmest is lent first.

    They are lent rather than kept by each thread, so that the threads of a short-lived pool find warm ones. A process that
    forks does not share them with its child.
    """

    def __init__(
        self,
        clock: Clock,
        tls: ssl.SSLContext | None = None,
        look_up: LookUp = ask_the_system,
        may_connect: MayConnect | None = None,
    ) -> None:
        """`may_connect`: to which addresses; None: to all."""
        self._clock, self._look_up, self._may_connect = clock, look_up, may_connect
        self._tls = tls or httpcore.default_ssl_context()  # reads the authorities once, not at each connection
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._resolver = Resolver(self._clock, self._look_up, self._may_connect)
        self._idle: list[HttpConnection] = []

    @contextmanager
    def lend(self) -> Iterator[HttpConnection]:
        if self._process != os.getpid():
            inherited = self._idle
            self._begin()
            for connection in inherited:
                connection.close()  # only this process's end of it: the parent's goes on
        idle, resolver = self._idle, self._resolver
        try:
            connection = idle.pop()
        except IndexError:
            connection = HttpConnection(self._clock, self._tls, resolver)
        try:
            yield connection
        finally:
            if self._closed:
                connection.close()
            else:
                idle.append(connection)

    def close(self) -> None:
        """Close those not lent now, and the others when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
