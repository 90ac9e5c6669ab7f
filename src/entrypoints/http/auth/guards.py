"""Who may pass. Guards run before a body is read; what they find out is left in the request's state."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp

from application.ports.clock import Clock
from application.ports.rate_limits import RateLimits
from application.refuse_erased_user import RefuseErasedUser
from domain.audit_trail import Actor
from domain.ids import OwnerId
from domain.rate_limit import RateLimit
from entrypoints.fair_threads import FairThreads, SubjectKind
from entrypoints.http.auth.client_address import Client, asked_by_own_name, resolve_client
from entrypoints.http.auth.cron_and_metrics_secrets import bearer_matches
from entrypoints.http.auth.demo_sessions import DemoSessions
from entrypoints.http.auth.issuer_key_loading import IssuerKeyLoading
from entrypoints.http.auth.issuer_keys import IssuerKeys
from entrypoints.http.auth.jwt_claims import Unauthenticated, WrongSecret
from entrypoints.http.auth.origin import write_allowed
from entrypoints.http.auth.rate_limits import ADDRESS, CONNECT, REFRESH, VEND, RateLimiter, address_of
from entrypoints.http.auth.request_headers import RequestHeaders
from entrypoints.http.auth.service_secrets_and_scopes import require_scope
from entrypoints.http.auth.sessions import Session, Sessions
from entrypoints.http.exception_to_error_code import NotServed, OriginRefused
from entrypoints.settings import Scope, Service, Settings

Connection = ASGIConnection[Any, Any, Any, Any]
AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Gate:
    """What the guards know: whose sessions and secrets count."""

    settings: Settings
    sessions: Sessions
    clock: Clock
    issuer_keys: IssuerKeys | None
    refuse_erased_user: RefuseErasedUser
    rate_limiter: RateLimiter
    desk: FairThreads

    @classmethod
    def of(
        cls,
        settings: Settings,
        *,
        key_set: Callable[[], bytes] | None,
        refuse_erased_user: RefuseErasedUser,
        rate_limits: RateLimits,
        limiting: Executor,
        desk: FairThreads,
        clock: Clock,
    ) -> Self:
        """The gate of a process with these settings; `key_set` downloads the issuer's, where there is one; `limiting`
        has the threads that ask for limits, `desk` those that ask the database.
        """
        issuer_keys = IssuerKeys(key_set, clock) if key_set else None
        sessions = Sessions.from_settings(settings, issuer_keys)
        return cls(settings, sessions, clock, issuer_keys, refuse_erased_user, RateLimiter(rate_limits, limiting), desk)

    def before(self, inner: ASGIApp) -> ASGIApp:
        """The application, with whatever has to be there before the guards look at a request."""
        return IssuerKeyLoading(inner, self.issuer_keys) if self.issuer_keys else inner

    def session(self, connection: Connection) -> Session:
        """Who is asking, looked at once a request. Raises Unauthenticated."""
        known: Session | None = connection.state.get("session")
        if known is None:
            known = connection.state.session = self.sessions.authenticate(headers_of(connection), now=self.clock.now())
            structlog.contextvars.bind_contextvars(user=known.owner_id)
        return known

    async def living_session(self, connection: Connection) -> Session:
        """Who is asking, and still has something here to ask for. Raises Unauthenticated, UserWasErased, StoreUnavailable."""
        session = self.session(connection)
        await self.desk.run(partial(self.refuse_erased_user, session.owner_id), subject=SubjectKind.USER.named(session.owner_id))
        return session

    def session_if_any(self, connection: Connection) -> Session | None:
        """Who is asking; None: nobody is signed in. Raises Unauthenticated for an Authorization header that fails."""
        try:
            return self.session(connection)
        except Unauthenticated:
            if headers_of(connection).all("authorization"):
                raise
            return None

    async def admitted_session(self, connection: Connection) -> Session | None:
        """The same, within the limit of connecting, or of the address where nobody is signed in. Raises RateLimited too."""
        try:
            session = self.session_if_any(connection)
        except Unauthenticated:
            await self.admit_stranger(connection)
            raise
        if session is None:
            await self.admit_stranger(connection)
        else:
            await self.rate_limiter.admit(CONNECT, session.owner_id)
        return session

    async def admit_stranger(self, connection: Connection) -> None:
        """Count a request of nobody who is known. Raises RateLimited."""
        await self.rate_limiter.admit(ADDRESS, self.address(connection))

    def address(self, connection: Connection) -> str:
        """Where a request comes from, as limits count it."""
        return address_of(self.client(connection))

    def ip(self, connection: Connection) -> str | None:
        """The address behind the proxies that are trusted, if there is one."""
        found = self.client(connection).ip
        return str(found) if found else None

    def known_owner(self, connection: Connection) -> OwnerId | None:
        """Who is asking, for what is shown to anybody; None: nobody that is known."""
        try:
            return self.session(connection).owner_id
        except Unauthenticated:
            return None

    def client(self, connection: Connection) -> Client:
        """Where the request comes from, behind the proxies that are trusted."""
        peer = connection.scope["client"]
        return resolve_client(headers_of(connection), peer=peer[0] if peer else None, trusted=self.settings.web.trusted_proxies)


def gate_of(connection: Connection) -> Gate:
    """The gate of the app that serves this connection."""
    gate: Gate = connection.app.state.gate
    return gate


def headers_of(connection: Connection) -> RequestHeaders:
    """The headers as they came."""
    return RequestHeaders.from_scope(connection.scope["headers"])


def authorization_of(connection: Connection) -> str | None:
    """The one Authorization header; several are none."""
    headers = headers_of(connection).all("authorization")
    return headers[0] if len(headers) == 1 else None


async def signed_in(connection: Connection, _: BaseRouteHandler) -> None:
    """Somebody must be signed in. Raises Unauthenticated, UserWasErased."""
    connection.state.session = await gate_of(connection).living_session(connection)


async def may_write(connection: Connection, handler: BaseRouteHandler) -> None:
    """Somebody must be signed in and, with a cookie, come from a page of ours. Raises the same, and OriginRefused."""
    await signed_in(connection, handler)
    session = session_of(connection)
    if not write_allowed(headers_of(connection), session.via, gate_of(connection).settings.web.write_origins):
        raise OriginRefused


def session_of(connection: Connection) -> Session:
    """What `signed_in` found."""
    session: Session = connection.state.session
    return session


def owner_of(request: AnyRequest) -> OwnerId:
    """The user that `signed_in` found, as a dependency of handlers."""
    return session_of(request).owner_id


async def may_connect(connection: Connection, _: BaseRouteHandler) -> None:
    """Whoever asks does not connect accounts too often. It comes first: who is refused costs nothing more. Raises RateLimited."""
    await admit_user(connection, CONNECT)


async def may_refresh(connection: Connection, _: BaseRouteHandler) -> None:
    """The same of refreshing."""
    await admit_user(connection, REFRESH)


async def admit_user(connection: Connection, limit: RateLimit) -> None:
    """Count one more request of a user. Raises Unauthenticated, RateLimited."""
    gate = gate_of(connection)
    try:
        session = gate.session(connection)
    except Unauthenticated:
        await gate.admit_stranger(connection)
        raise
    await gate.rate_limiter.admit(limit, session.owner_id)


async def may_vend(connection: Connection, _: BaseRouteHandler) -> None:
    """A backend service with the scope `vend`, not too often. Raises NotServed, WrongSecret, ScopeMissing, RateLimited."""
    try:
        let_service_in(connection, Scope.VEND)
    except WrongSecret:
        await gate_of(connection).admit_stranger(connection)
        raise
    await gate_of(connection).rate_limiter.admit(VEND, connection.state.service.name)


def may_read_spend(connection: Connection, _: BaseRouteHandler) -> None:
    """A backend service with the scope `spend`. Raises NotServed, WrongSecret, ScopeMissing."""
    let_service_in(connection, Scope.SPEND)


def may_erase(connection: Connection, _: BaseRouteHandler) -> None:
    """A backend service with the scope `erase`. Raises NotServed, WrongSecret, ScopeMissing."""
    let_service_in(connection, Scope.ERASE)


def let_service_in(connection: Connection, scope: Scope) -> None:
    """A backend service that may do this. Raises NotServed, WrongSecret, ScopeMissing."""
    services = gate_of(connection).settings.services
    connection.state.service = require_scope(authorization_of(connection), services, scope)
    structlog.contextvars.bind_contextvars(service=connection.state.service.name)


def service_of(request: AnyRequest) -> Service:
    """The service that was let in, as a dependency of handlers."""
    service: Service = request.state.service
    return service


def is_cron(connection: Connection, _: BaseRouteHandler) -> None:
    """Whoever calls with the cron secret. Raises NotServed, WrongSecret."""
    secret = gate_of(connection).settings.cron.secret
    if secret is None:
        raise NotServed
    if not bearer_matches(authorization_of(connection), secret):
        raise WrongSecret("send CRON_SECRET as Authorization: Bearer <secret>; none came, or it is another")


def may_measure(connection: Connection, _: BaseRouteHandler) -> None:
    """The machine itself, by its own name, or whoever has METRICS_TOKEN. Raises NotServed, WrongSecret."""
    gate = gate_of(connection)
    if gate.client(connection).is_this_machine and asked_by_own_name(connection.scope["headers"]):
        return
    token = gate.settings.web.metrics_token
    if token is None:
        raise NotServed
    if not bearer_matches(authorization_of(connection), token):
        raise WrongSecret("send METRICS_TOKEN as Authorization: Bearer <token>; none came, or it is another")


def in_the_demo(connection: Connection, _: BaseRouteHandler) -> None:
    """Only the demo signs people in. Raises NotServed."""
    demo_sessions(connection)


def demo_sessions(connection: Connection) -> DemoSessions:
    """The demo's sessions. Raises NotServed outside the demo, where none of this exists."""
    demo = gate_of(connection).sessions.demo
    if demo is None:
        raise NotServed
    return demo


def comes_from_here(connection: Connection, _: BaseRouteHandler) -> None:
    """Whoever names an origin must name ours: nobody is to be signed in by another site. Raises OriginRefused."""
    if not gate_of(connection).settings.web.write_origins.issuperset(headers_of(connection).all("origin")):
        raise OriginRefused


def person_of(request: AnyRequest) -> Actor:
    """The user that `signed_in` found, for the audit trail."""
    return Actor.user(owner_of(request), gate_of(request).ip(request))


def calling_service_of(request: AnyRequest) -> Actor:
    """The service that was let in, for the audit trail."""
    return Actor.service(service_of(request).name, gate_of(request).ip(request))
