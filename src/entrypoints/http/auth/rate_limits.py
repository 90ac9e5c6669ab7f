"""How often one user, one service, or one address where nobody is signed in, may ask for what others wait for, too."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_network
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from application.ports.rate_limits import RateLimits
from domain.rate_limit import NONE, RateLimit
from entrypoints.http.auth.guards import gate_of, session_of
from entrypoints.http.auth.jwt_claims import Unauthenticated
from entrypoints.http.auth.sessions import Session
from entrypoints.http.exception_to_error_code import RateLimited

Connection = ASGIConnection[Any, Any, Any, Any]
Check = Callable[[Connection, BaseRouteHandler], None]

SECOND = timedelta(seconds=1)
CONNECT = RateLimit("connect", 30, SECOND)
"""Of a user: to TikTok, back from it, and the choice of accounts, together."""
REFRESH = RateLimit("refresh", 120, SECOND)
"""Of a user."""
VEND = RateLimit("vend", 500, SECOND / 100, block=10)
"""Of a service."""
ADDRESS = RateLimit("address", 60, SECOND / 2)
"""Of an address (IPv6: of a network of 64 bits, which is what one customer has), where nobody is signed in."""

STORE_WITHIN = SECOND
"""How long the store is waited for. Then this process goes on by itself: a limit must not stop whom it protects."""

NETWORK_OF_ONE = 64
NO_ADDRESS = "a socket without addresses"


@dataclass(slots=True)
class RateLimiter:
    """Admits requests. Only one of a subject asks the store at a time, in `pool`; the others wait for it without a thread."""

    limits: RateLimits
    pool: Executor
    _turns: dict[str, tuple[asyncio.Lock, int]] = field(default_factory=dict)

    async def admit(self, limit: RateLimit, subject: str) -> None:
        """Count one more request of this subject. Raises RateLimited."""
        key = sha256(f"{limit.name}:{subject}".encode()).hexdigest()[:32]
        wait = self.limits.known(key, limit)
        if wait is None:
            async with self._turn(key):
                wait = await self._asked(key, limit)
        if wait > NONE:
            raise RateLimited(wait)

    async def admit_address(self, connection: Connection) -> None:
        """Count one more request from where this one comes from. Raises RateLimited."""
        await self.admit(ADDRESS, address_of(connection))

    async def _asked(self, key: str, limit: RateLimit) -> timedelta:
        if (wait := self.limits.known(key, limit)) is not None:  # who was before this one may have found out
            return wait
        asking = asyncio.get_running_loop().run_in_executor(self.pool, self.limits.take, key, limit)
        try:
            return await asyncio.wait_for(asyncio.shield(asking), STORE_WITHIN.total_seconds())
        except TimeoutError:
            self.limits.store_is_slow()
            return self.limits.known(key, limit) or NONE

    @asynccontextmanager
    async def _turn(self, key: str) -> AsyncIterator[None]:
        lock, users = self._turns.get(key, (asyncio.Lock(), 0))
        self._turns[key] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            lock, users = self._turns.pop(key)
            if users > 1:
                self._turns[key] = lock, users - 1


def limiter_of(connection: Connection) -> RateLimiter:
    """The limiter of the app that serves this connection."""
    limiter: RateLimiter = connection.app.state.rate_limiter
    return limiter


def address_of(connection: Connection) -> str:
    """Where a request comes from, as limits count it."""
    ip = gate_of(connection).client(connection).ip
    if isinstance(ip, IPv6Address):
        return str(ip_network((ip, NETWORK_OF_ONE), strict=False))
    return str(ip) if ip else NO_ADDRESS


async def admitted_session(connection: Connection) -> Session | None:
    """Who is asking, if anybody is signed in, within the limit of connecting; else within that of the address.

    Raises RateLimited, and Unauthenticated for an Authorization header that fails.
    """
    limiter = limiter_of(connection)
    try:
        session = gate_of(connection).session_if_any(connection)
    except Unauthenticated:
        await limiter.admit_address(connection)
        raise
    if session is None:
        await limiter.admit_address(connection)
    else:
        await limiter.admit(CONNECT, session.owner_id)
    return session


def limited(check: Check, limit: RateLimit, subject: Callable[[Connection], str]) -> Guard:
    """The guard, and then the limit of whoever it let pass. Whom it did not know counts by address."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        try:
            check(connection, handler)
        except Unauthenticated:
            await limiter_of(connection).admit_address(connection)
            raise
        await limiter_of(connection).admit(limit, subject(connection))

    return guard


def user_of(connection: Connection) -> str:
    """By what a user's requests are counted."""
    return session_of(connection).owner_id


def service_name_of(connection: Connection) -> str:
    """By what a service's requests are counted, whichever of its secrets it sends."""
    name: str = connection.state.service.name
    return name
