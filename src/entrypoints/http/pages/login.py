"""The demo's sign-in page."""

from litestar import Response, get, post
from litestar.datastructures import Cookie, FormMultiDict
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_307_TEMPORARY_REDIRECT, HTTP_400_BAD_REQUEST

from application.ports.clock import Clock
from entrypoints.http.api import Injected
from entrypoints.http.auth.demo_sessions import COOKIE_NAME, DEMO_SESSION_LIFE, DemoSessions
from entrypoints.http.auth.guards import Connection, gate_of, headers_of
from entrypoints.http.dashboard_addresses import PLATFORMS, Addresses
from entrypoints.http.exception_to_error_code import NotServed, OriginRefused
from entrypoints.http.pages.demo_users import DEMO_USERS, demo_user
from entrypoints.http.pages.forms import field
from entrypoints.http.pages.rendering import AnyRequest, page, to
from entrypoints.http.pages.sign_in_redirect import own_path


def in_the_demo(connection: Connection, _: BaseRouteHandler) -> None:
    """Only the demo signs people in. Raises NotServed."""
    demo_sessions(connection)


def from_here(connection: Connection, _: BaseRouteHandler) -> None:
    """Whoever names an origin must name ours: nobody is to be signed in by another site. Raises OriginRefused."""
    if not gate_of(connection).settings.web.write_origins.issuperset(headers_of(connection).all("origin")):
        raise OriginRefused


@get("/", guards=[in_the_demo], sync_to_thread=False)
def root(addresses: Injected[Addresses]) -> Response[str]:
    """The demo's front door."""
    return to(addresses.at(PLATFORMS), HTTP_307_TEMPORARY_REDIRECT)


@get("/login", guards=[in_the_demo], sync_to_thread=False)
def login_form(request: AnyRequest) -> Response[str]:
    """Ask who one wants to be."""
    callback = own_path(request.query_params.get("callbackUrl", ""))
    return page(request, "login.html", HTTP_200_OK, callback=callback, people=DEMO_USERS, fault="")


@post("/login", guards=[in_the_demo, from_here], sync_to_thread=False)
def log_in(
    request: AnyRequest, form: NamedDependency[FormMultiDict], clock: Injected[Clock], addresses: Injected[Addresses]
) -> Response[str]:
    """Begin a local session, and go on to where the person wanted to go."""
    callback, user = own_path(field(form, "callbackUrl")), demo_user(field(form, "user"))
    if user is None:
        fault = "Please choose one of these people."
        return page(request, "login.html", HTTP_400_BAD_REQUEST, callback=callback, people=DEMO_USERS, fault=fault)
    session = demo_sessions(request).issue(user.id, now=clock.now())
    life = int(DEMO_SESSION_LIFE.total_seconds())
    answer = to(addresses.at(callback), HTTP_303_SEE_OTHER)
    answer.set_cookie(Cookie(COOKIE_NAME, value=session, path="/", max_age=life, httponly=True, samesite="lax"))
    return answer


def demo_sessions(connection: Connection) -> DemoSessions:
    """The demo's sessions. Raises NotServed outside the demo, where none of this exists."""
    demo = gate_of(connection).sessions.demo
    if demo is None:
        raise NotServed
    return demo
