"""The certificate authorities, read once a process: each client of httpx and each container would take 40 ms for them."""

from __future__ import annotations

import ssl
from typing import Any

import httpcore
import httpx
from httpx._transports import default as transports

AUTHORITIES = httpcore.default_ssl_context()


def share_authorities() -> None:
    """Give whoever asks for the usual TLS of httpx or httpcore the same."""
    httpcore.default_ssl_context = lambda: AUTHORITIES
    vars(transports)["create_ssl_context"] = tls_of_a_client


def tls_of_a_client(**asked: Any) -> ssl.SSLContext:
    """What a new client of httpx takes; certificates of its own are read as ever."""
    usual = asked.get("verify") is True and not asked.get("cert")
    return AUTHORITIES if usual else httpx.create_ssl_context(**asked)
