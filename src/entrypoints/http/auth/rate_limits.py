"""How often one user, one service, or one address where nobody is signed in, may ask for what others wait for, too."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_network

from application.ports.rate_limits import RateLimits
from domain.errors import RateLimited
from domain.rate_limit import NONE, RateLimit
from entrypoints.http.auth.client_address import Client

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

REFUSED_EVERY = SECOND / 10
"""How far apart refusals of one subject leave, so that threads that ask again at once get no more of this process than one."""

REFUSED_WITHIN = 3 * SECOND
"""How long a refusal is kept back at the most: Retry-After, in whole seconds, says no less."""

NETWORK_OF_ONE = 64
NO_ADDRESS = "a socket without addresses"


@dataclass(slots=True)
class RateLimiter:
    """Admits requests. Only one of a subject asks the store at a time, in `pool`; the others wait for it without a thread."""

    limits: RateLimits
    pool: Executor
    _turns: dict[str, tuple[asyncio.Lock, int]] = field(default_factory=dict)
    _refused: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Of subjects that wait to be refused: when the last of them will be, by the loop's clock, and how many they are."""

    async def admit(self, limit: RateLimit, subject: str) -> None:
        """Count one more request of this subject. Raises RateLimited, after a moment that holds no thread."""
        key = sha256(f"{limit.name}:{subject}".encode()).hexdigest()[:32]
        wait = self.limits.known(key, limit)
        if wait is None:
            async with self._turn(key):
                wait = await self._asked(key, limit)
        if wait > NONE:
            await self._let_others_go_first(key)
            raise RateLimited(wait)

    async def _let_others_go_first(self, key: str) -> None:
        """Return one after the other for one subject, and soon enough for all."""
        now = asyncio.get_running_loop().time()
        last, waiting = self._refused.get(key, (now, 0))
        at = min(max(last, now) + REFUSED_EVERY.total_seconds(), now + REFUSED_WITHIN.total_seconds())
        self._refused[key] = at, waiting + 1
        try:
            await asyncio.sleep(at - now)
        finally:
            last, waiting = self._refused.pop(key)
            if waiting > 1:
                self._refused[key] = last, waiting - 1

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


def address_of(client: Client) -> str:
    """Where a request comes from, as limits count it."""
    if isinstance(client.ip, IPv6Address):
        return str(ip_network((client.ip, NETWORK_OF_ONE), strict=False))
    return str(client.ip) if client.ip else NO_ADDRESS
