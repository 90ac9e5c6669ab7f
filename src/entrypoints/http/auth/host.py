"""By which name this machine was asked. Proxies rewrite it, so it counts only where there is no proxy: on this machine itself."""

from urllib.parse import urlsplit

from entrypoints.http.auth.request_headers import RequestHeaders
from entrypoints.settings.addresses import is_loopback


def asked_by_own_name(headers: RequestHeaders) -> bool:
    """Whether the one Host header names this machine. A name of somebody else that leads here (DNS rebinding) lets that one's
    pages read what they get.
    """
    hosts = headers.all("host")
    try:
        return len(hosts) == 1 and is_loopback(urlsplit(f"//{hosts[0]}").hostname or "")
    except ValueError:
        return False
