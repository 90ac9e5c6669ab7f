"""Sending a person to the dashboard's sign-in and back."""

import re
from http import HTTPStatus
from typing import Any

from litestar import Request, Response

from entrypoints.http.auth.guards import gate_of
from entrypoints.http.dashboard_addresses import CONNECT, PLATFORMS, SELECT, Addresses
from entrypoints.http.pages.rendering import to
from entrypoints.http.pages.spend import SPEND

RETURNS = frozenset({CONNECT, PLATFORMS, SELECT, SPEND})
"""Where one may be sent after signing in: constants, and of a query only which choice it was."""

CHOICE = re.compile(r"pendingTokenId=[0-9A-Fa-f-]{36}")


def sign_in_first(request: Request[Any, Any, Any], _: Exception) -> Response[str]:
    """To the dashboard's sign-in, and back afterwards to the page that was asked for; a form is not sent again.

    A choice of accounts is made on a page of the same address, so one comes back to that.
    """
    addresses = Addresses(gate_of(request).settings.web.dashboard_url)
    query, page = request.scope["query_string"].decode("latin-1"), request.scope["path"]
    path = f"{page}?{query}" if query else page
    if request.method == "POST":
        back = own_path(path) if page == SELECT and query else PLATFORMS
        return to(addresses.at("/login", callbackUrl=back), HTTPStatus.SEE_OTHER)
    return to(addresses.at("/login", callbackUrl=own_path(path)), HTTPStatus.TEMPORARY_REDIRECT)


def own_path(path: str) -> str:
    """The path to go to after signing in: one of ours, whatever the address says, so that this is no open redirect."""
    place, _, query = path.partition("?")
    if place not in RETURNS:
        return PLATFORMS
    return f"{place}?{query}" if place == SELECT and CHOICE.fullmatch(query) else place
