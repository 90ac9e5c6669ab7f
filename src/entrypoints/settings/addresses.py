"""Parsers of URLs, origins and networks."""

import re
from functools import partial
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, parse_qsl, urlsplit

from domain.tokens import Secret
from entrypoints.settings.invalid_settings import Fault, Malformed
from entrypoints.settings.setting_values import CALLBACK_PATH, Network

DEFAULT_PORTS = {"http": 80, "https": 443}
WILDCARD_HOSTS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 (recognised, not bound)
HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|[0-9a-f:.]+", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
UNPRINTABLE = re.compile(r"[^\x21-\x7e]|\\")

DATABASE_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "sqlite+aiosqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "postgresql+asyncpg": "postgresql+psycopg",
}
"""Drivers that a URL may name, and ours: the contract's table."""


SEVERAL_HOSTS = re.compile(
    r"^(?P<before>postgres(?:ql)?(?:\+\w+)?://(?:[^@/]*@)?)(?P<hosts>[^@/?#]*,[^@/?#]*)(?P<path>/[^?#]*)?(?:\?(?P<query>.*))?$"
)

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""libpq's ("Database Connection Control Functions")."""

NOT_NEEDED = "leave it out: no statement is prepared here, and nothing is kept in a session"
POOL_ELSEWHERE = "leave it out, and set DATABASE_POOL_SIZE"
SCHEMA_ELSEWHERE = "leave it out if it is public; another one is set as the user's search_path, by ALTER ROLE"
TLS_ELSEWHERE = "write sslmode=require, or sslmode=verify-full with sslrootcert"

FOREIGN_PARAMETERS = {
    "pgbouncer": NOT_NEEDED,
    "supa": NOT_NEEDED,
    "workaround": NOT_NEEDED,
    "prepareThreshold": NOT_NEEDED,
    "prepared_statements": NOT_NEEDED,
    "prepared_statement_cache_size": NOT_NEEDED,
    "statement_cache_size": NOT_NEEDED,
    "uselibpqcompat": NOT_NEEDED,
    "connection_limit": POOL_ELSEWHERE,
    "pool_timeout": POOL_ELSEWHERE,
    "pool_size": POOL_ELSEWHERE,
    "max_overflow": POOL_ELSEWHERE,
    "schema": SCHEMA_ELSEWHERE,
    "currentSchema": SCHEMA_ELSEWHERE,
    "search_path": SCHEMA_ELSEWHERE,
    "ssl": TLS_ELSEWHERE,
    "sslaccept": TLS_ELSEWHERE,
    "socket_timeout": "leave it out: the time-outs are ours",
    "command_timeout": "leave it out: the time-outs are ours",
    "statement_timeout": "leave it out: the time-outs are ours",
}
"""What URLs carry that were written for Prisma, node-postgres, JDBC, asyncpg, Rails or a hoster, and what to do about it."""


def split(value: str) -> SplitResult:
    """The parts of an absolute URL. Raises Malformed."""
    if CONTROL.search(value):
        raise Malformed("holds control characters", "write it on one line")
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise Malformed("is not a URL", "check its brackets and its port") from None
    if not parts.scheme:
        raise Malformed("is not a URL", "write it as scheme://host/path")
    return parts


def http_url(value: str) -> str:
    """An absolute http(s) URL without credentials, query or fragment, and without its trailing slash. Raises Malformed."""
    parts = split(value)
    if parts.scheme not in DEFAULT_PORTS or not HOST.fullmatch(parts.hostname or "") or UNPRINTABLE.search(value):
        raise Malformed("is not an absolute http or https URL", "write it as https://host/path")
    if "@" in parts.netloc:
        raise Malformed("carries a user name or password", "leave them out")
    if "?" in value or "#" in value:
        raise Malformed("carries a query or fragment", "end it at the path")
    return value.rstrip("/")


def tls_url(value: str) -> str:
    """An http_url that is https; plain http only to this machine or to a name without a dot, where nobody listens between."""
    url = http_url(value)
    host = urlsplit(url).hostname or ""
    if urlsplit(url).scheme != "https" and not is_loopback(host) and ("." in host or ":" in host):
        raise Malformed("is plain http to another machine", "use https")
    return url


def jwks_url(value: str) -> str:
    """Where keys are read that decide who is signed in: https, or this machine; a query may stand in it. Raises Malformed."""
    address, mark, query = value.partition("?")
    url = http_url(address)
    if urlsplit(url).scheme != "https" and not is_loopback(urlsplit(url).hostname or ""):
        raise Malformed("is plain http", "use https; http is for localhost and 127.0.0.1 only")
    if "#" in query or UNPRINTABLE.search(query):
        raise Malformed("carries a fragment, or characters that no URL has", "copy the issuer's jwks_uri")
    return address + mark + query


def origin_of(url: str) -> str:
    """The origin as a browser writes it (RFC 6454): lower case, the scheme's own port left out."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    shown = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{shown}{port}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def public_origin(redirect_uri: str) -> str | None:
    """The https origin at which people are sent back; None for one of this machine alone."""
    return None if is_loopback(urlsplit(redirect_uri).hostname or "") else origin_of(redirect_uri)


def redirect_uri(value: str) -> str:
    """The callback's address as registered at TikTok, which compares it letter by letter. Raises Malformed."""
    url = http_url(value)
    if url != value or not urlsplit(url).path.endswith(CALLBACK_PATH):
        raise Malformed(f"doesn't end in {CALLBACK_PATH}", f"register and set https://<dashboard>{CALLBACK_PATH}")
    if urlsplit(url).scheme != "https" and not is_loopback(urlsplit(url).hostname or ""):
        raise Malformed("is plain http", "use https; http is for localhost and 127.0.0.1 only")
    return url


def origin(value: str) -> str:
    """An origin: scheme, host and port. Raises Malformed."""
    url = http_url(value)
    if urlsplit(url).path:
        raise Malformed("holds more than an origin", "write each as https://host or https://host:port, without a path")
    return origin_of(url)


def network(value: str) -> Network:
    """One address or CIDR block. Raises Malformed."""
    try:
        return ip_network(value)
    except ValueError:
        raise Malformed("holds something that is no network", "write each as 10.0.0.0/8 or 10.1.2.3") from None


def webhook_url(value: str, *, allow_private: bool) -> Secret:
    """The receiver of webhooks: https, or this machine where private addresses are allowed. Raises Malformed."""
    address, mark, query = value.partition("?")
    url = http_url(address)
    private_here = allow_private and is_loopback(urlsplit(url).hostname or "")
    if urlsplit(url).scheme != "https" and not private_here:
        raise Malformed("is plain http", "use https; http is for this machine only, with WEBHOOK_ALLOW_PRIVATE=true")
    if "#" in query or UNPRINTABLE.search(query):
        raise Malformed("carries a fragment, or characters that no URL has", "copy the receiver's own address")
    return Secret(address + mark + query)


def own_base(address: str | None, callback: str) -> str:
    """What DASHBOARD_URL is when unset: the service's own address, spelt as the callback spells it if both mean this machine.

    A process that listens nowhere, or everywhere, has no address of its own to show: the callback's origin is it.
    """
    there = urlsplit(callback)
    here = urlsplit(address or "")
    host = here.hostname or ""
    same_port = here.port == there.port and here.scheme == there.scheme
    if host in WILDCARD_HOSTS or (is_loopback(host) and is_loopback(there.hostname or "") and same_port):
        return origin_of(callback)
    return (address or "").rstrip("/")


def refuse_foreign_parameters(parts: SplitResult) -> None:
    """Raises Malformed for a parameter that another program's library knows and PostgreSQL's own does not."""
    asyncpg = parts.scheme.endswith("+asyncpg")
    for name, parameter in parse_qsl(parts.query, keep_blank_values=True):
        if asyncpg and name == "ssl":
            name = "sslmode"  # noqa: PLW2901 (asyncpg's name for libpq's parameter)
        if name in FOREIGN_PARAMETERS:
            raise Malformed(f"carries the parameter {name}, which is another library's", FOREIGN_PARAMETERS[name])
        if name == "sslmode" and parameter not in SSL_MODES:
            raise Malformed("carries an sslmode that libpq does not know", f"use one of {', '.join(SSL_MODES)}")


def hosts_in_query(several: re.Match[str]) -> str:
    """A URL of several hosts, as libpq has them for a fail-over, in SQLAlchemy's way of writing that."""
    hosts = [f"host={host}" for host in several["hosts"].split(",")]
    return f"{several['before']}{several['path'] or '/'}?{'&'.join(hosts + ([several['query']] if several['query'] else []))}"


def database_url(value: str) -> Secret:
    """A SQLAlchemy URL with our driver. Raises Malformed."""
    value = SEVERAL_HOSTS.sub(hosts_in_query, value)
    parts = split(value)
    driver = DATABASE_DRIVERS.get(parts.scheme)
    if driver is None or "://" not in value:
        raise Malformed(
            "names no database that is supported", "use sqlite:///path, or postgresql:// with user, host and database"
        )
    rest = value.split("://", 1)[1]
    if driver.startswith("postgresql"):
        refuse_foreign_parameters(parts)
    if driver.startswith("sqlite"):
        if not rest.startswith("/") or rest.split("?")[0] in ("/", "/:memory:") or "mode=memory" in parts.query:
            raise Malformed("names no SQLite file", "use sqlite:///path: processes can't share one in memory")
    elif parts.scheme.endswith("+asyncpg"):
        rest = re.sub(r"(?<=[?&])ssl=", "sslmode=", rest)  # asyncpg's name for libpq's parameter
    return Secret(f"{driver}://{rest}")


def postgresql_url(value: str) -> Secret:
    """A SQLAlchemy URL of a PostgreSQL, with our driver. Raises Malformed."""
    if not split(value).scheme.startswith("postgres"):
        raise Malformed("is not the URL of a PostgreSQL", "use postgresql:// with user, host and database")
    return database_url(value)


def server_url(value: str, *, schemes: tuple[str, ...]) -> Secret:
    """The URL of a broker or store. Raises Malformed."""
    parts = split(value)
    if parts.scheme not in schemes or not parts.hostname:
        listed = " or ".join(f"{scheme}://" for scheme in schemes)
        raise Malformed("is not the URL of a supported server", f"use {listed} with a host, or leave it unset")
    return Secret(value)


broker_url = partial(server_url, schemes=("redis", "rediss", "amqp", "amqps"))
redis_url = partial(server_url, schemes=("redis", "rediss"))


def faults_between(redirect_uri: str, dashboard_url: str) -> tuple[Fault, ...]:
    """What is wrong with TIKTOK_REDIRECT_URI beside DASHBOARD_URL: cookies of the one must be sent to the other."""
    if origin_of(redirect_uri) == origin_of(dashboard_url):
        return ()
    remedy = "set both to the address that browsers use"
    return (Fault("TIKTOK_REDIRECT_URI", "has another origin than DASHBOARD_URL", remedy),)
