"""Sending a person to the dashboard's sign-in and back."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from litestar import Request, Response

from entrypoints.http.addresses import PLATFORMS, Addresses
from entrypoints.http.auth.guards import gate_of
from entrypoints.http.pages.rendering import to

LOCAL_PATH = re.compile(r"/(?:[!-.0-\[\]-~][!-\[\]-~]*)?")
"""A path with its query in visible ASCII, without backslashes (browsers read them as slashes), not beginning with `//`."""


def sign_in_first(request: Request[Any, Any, Any], _: Exception) -> Response[str]:
    """To the dashboard's sign-in, and back afterwards to the page that was asked for; a form is not sent again."""
    addresses = Addresses(gate_of(request).settings.web.dashboard_url)
    if request.method == "POST":
        return to(addresses.at("/login", callbackUrl=PLATFORMS), HTTPStatus.SEE_OTHER)
    query = request.scope["query_string"].decode("latin-1")
    path = f"{request.scope['path']}?{query}" if query else request.scope["path"]
    return to(addresses.at("/login", callbackUrl=path), HTTPStatus.TEMPORARY_REDIRECT)


def local_path(path: str) -> str:
    """The path to go to after signing in: `wanted` only if it is one on this site, so that this is no open redirect."""
    return path if LOCAL_PATH.fullmatch(path) else PLATFORMS
