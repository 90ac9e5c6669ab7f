"""Where a request comes from, behind trusted proxies."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from entrypoints.http.auth.request_headers import RequestHeaders
from entrypoints.settings.addresses import is_loopback
from entrypoints.settings.setting_values import Network

FORWARDING = re.compile(r"x-forwarded-.*|forwarded|x-real-ip|via")
"""Headers that only a proxy writes."""

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request came from. `ip` is None for a peer without one (a Unix socket).

    `forwarded`: some proxy passed it on, trusted or not, so a loopback `ip` may be the proxy's and not the client's.
    """

    ip: Address | None
    forwarded: bool

    @property
    def is_this_machine(self) -> bool:
        """Asked from this machine itself: the rule of /metrics."""
        return self.ip is not None and self.ip.is_loopback and not self.forwarded


def resolve_client(headers: RequestHeaders, *, peer: str | None, trusted: Sequence[Network]) -> Client:
    """The client behind the proxies. X-Forwarded-For counts only when the peer is a trusted one.

    It is read from its right end, since a client can write anything to its left: the first address that is no trusted proxy is
    the client. X-Forwarded-Proto and -Host are never needed: all addresses are made of DASHBOARD_URL.
    """
    forwarded = any(FORWARDING.fullmatch(name) for name, _ in headers.fields)
    ip = parse_address(peer or "")
    if ip is None or not _is_trusted(ip, trusted):
        return Client(ip, forwarded)
    for hop in reversed(headers.elements("x-forwarded-for")):
        address = parse_address(hop)
        if address is None:
            break
        ip = address
        if not _is_trusted(ip, trusted):
            break
    return Client(ip, forwarded)


def told_by_proxy(
    name: str, headers: Iterable[tuple[bytes, bytes]], *, peer: str | None, trusted: Sequence[Network]
) -> str | None:
    """What a header says, if a trusted proxy sent it, once; a client can write anything into it."""
    ip, values = parse_address(peer or ""), RequestHeaders.from_scope(headers).all(name)
    return values[0] if ip is not None and _is_trusted(ip, trusted) and len(values) == 1 else None


def asked_by_own_name(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the one Host header names this machine. A name of somebody else that leads here (DNS rebinding) lets that one's
    pages read what they get. Proxies rewrite the header, so it counts only where there is none: on this machine itself.
    """
    hosts = RequestHeaders.from_scope(headers).all("host")
    try:
        return len(hosts) == 1 and is_loopback(urlsplit(f"//{hosts[0]}").hostname or "")
    except ValueError:
        return False


def parse_address(text: str) -> Address | None:
    """An IP address, with or without a port; IPv4 written as IPv6 (`::ffff:10.0.0.1`) is IPv4."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
