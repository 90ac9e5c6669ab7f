"""Sees that the issuer's keys are there before a token is looked at, without a wait for anybody else."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from litestar.types import ASGIApp, Receive, Scope, Send

from entrypoints.http.auth.bearer_jwts import JwtHeader, header_of
from entrypoints.http.auth.issuer_keys import IssuerKeys, Need
from entrypoints.http.auth.jwt_claims import Unauthenticated
from entrypoints.http.auth.request_headers import RequestHeaders, bearer_token


@dataclass(frozen=True, slots=True)
class IssuerKeyLoading:
    """Wraps the application. One question to the issuer is under way at a time, on a thread of its own.

    Requests whose tokens name a key that is not here wait for it; all others pass.
    """

    inner: ASGIApp
    keys: IssuerKeys
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="issuer keys"))
    _under_way: list[Future[None]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if header := presented(RequestHeaders.from_scope(scope["headers"])):
            await self._loaded_for(header)
        await self.inner(scope, receive, send)

    async def _loaded_for(self, header: JwtHeader) -> None:
        loading = next((one for one in self._under_way if not one.done()), None)
        if loading is not None:
            if not self.keys.fitting(header.kid, header.algorithm):
                await asyncio.shield(asyncio.wrap_future(loading))
            return
        need = self.keys.need(header.kid, header.algorithm)
        if need is Need.NOTHING:
            return
        loading = self.thread.submit(self.keys.load)
        self._under_way[:] = [loading]
        if need is Need.NEWER_FIRST:
            await asyncio.shield(asyncio.wrap_future(loading))


def presented(headers: RequestHeaders) -> JwtHeader | None:
    """The header of the one bearer JWT of a request; None where there is none that could be verified."""
    authorizations = headers.all("authorization")
    token = bearer_token(authorizations[0]) if len(authorizations) == 1 else None
    try:
        return header_of(token) if token else None
    except Unauthenticated:
        return None
