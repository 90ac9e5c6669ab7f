"""Which requests a page of another site had a browser send: they change nothing here, and read nothing by a borrowed name."""

import ipaddress
from http import HTTPStatus
from urllib.parse import urlsplit

from .asgi import HttpCall, HttpReply, json_reply

READING = frozenset({"GET", "HEAD", "OPTIONS"})


def refusal_of_host(call: HttpCall) -> HttpReply | None:
    """The answer to a request by a name that is not this machine's; None for any other.

    A name of somebody else that leads here lets that one's pages read what they get (DNS rebinding).
    """
    if names_this_machine(f"//{call.headers.get('host', '')}"):
        return None
    told = "This simulator answers to localhost and 127.0.0.1 alone; with --control-token, to any name."
    return json_reply({"error": told}, HTTPStatus.MISDIRECTED_REQUEST)


def refusal_of_page(call: HttpCall) -> HttpReply | None:
    """The answer to a change that a page of another site asks for; None for any other request."""
    origin, site = call.headers.get("origin"), call.headers.get("sec-fetch-site")
    if call.method in READING or site == "same-origin" or (origin is None and site in {None, "none"}):
        return None
    if origin is not None and (origin.partition("://")[2] == call.headers.get("host") or names_this_machine(origin)):
        return None
    return json_reply({"error": "A page of another site asked for this."}, HTTPStatus.FORBIDDEN)


def names_this_machine(url: str) -> bool:
    """Whether a URL's host is this machine, by name or address."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
