"""The demo's sign-in page."""

from litestar import Response, get, post
from litestar.datastructures import Cookie, FormMultiDict
from litestar.di import NamedDependency
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_307_TEMPORARY_REDIRECT, HTTP_400_BAD_REQUEST

from application.ports.clock import Clock
from entrypoints.http.api import Injected
from entrypoints.http.auth.demo_sessions import COOKIE_NAME, DEMO_SESSION_LIFE
from entrypoints.http.auth.guards import comes_from_here, demo_sessions, in_the_demo
from entrypoints.http.dashboard_addresses import PLATFORMS, Addresses
from entrypoints.http.pages.demo_users import DEMO_USERS, demo_user
from entrypoints.http.pages.forms import field
from entrypoints.http.pages.rendering import AnyRequest, page, to
from entrypoints.http.pages.sign_in_redirect import own_path


@get("/", guards=[in_the_demo], sync_to_thread=False)
def root(addresses: Injected[Addresses]) -> Response[str]:
    """The demo's front door."""
    return to(addresses.at(PLATFORMS), HTTP_307_TEMPORARY_REDIRECT)


@get("/login", guards=[in_the_demo], sync_to_thread=False)
def login_form(request: AnyRequest) -> Response[str]:
    """Ask who one wants to be."""
    callback = own_path(request.query_params.get("callbackUrl", ""))
    return page(request, "login.html", HTTP_200_OK, callback=callback, people=DEMO_USERS, fault="")


@post("/login", guards=[in_the_demo, comes_from_here], sync_to_thread=False)
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
