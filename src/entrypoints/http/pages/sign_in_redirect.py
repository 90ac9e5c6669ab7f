"""Sending a person to the dashboard's sign-in and back."""

import re
from http import HTTPStatus
from typing import Any

from litestar import Request, Response

from entrypoints.http.auth.guards import gate_of
from entrypoints.http.dashboard_addresses import PLATFORMS, SELECT, Addresses
from entrypoints.http.pages.rendering import to

LOCAL_PATH = re.compile(r"/(?:[!-.0-\[\]-~][!-\[\]-~]*)?")
"""A path with its query in visible ASCII, without backslashes (browsers read them as slashes), not beginning with `//`."""


def sign_in_first(request: Request[Any, Any, Any], _: Exception) -> Response[str]:
    """To the dashboard's sign-in, and back afterwards to the page that was asked for; a form is not sent again.

    A choice of accounts is made on a page of the same address, so one comes back to that.
    """
    addresses = Addresses(gate_of(request).settings.web.dashboard_url)
    query, page = request.scope["query_string"].decode("latin-1"), request.scope["path"]
    path = f"{page}?{query}" if query else page
    if request.method == "POST":
        back = path if page == SELECT and query else PLATFORMS
        return to(addresses.at("/login", callbackUrl=back), HTTPStatus.SEE_OTHER)
    return to(addresses.at("/login", callbackUrl=path), HTTPStatus.TEMPORARY_REDIRECT)


def local_path(path: str) -> str:
    """The path to go to after signing in: `path` only if it is one on this site, so that this is no open redirect."""
    return path if LOCAL_PATH.fullmatch(path) else PLATFORMS
