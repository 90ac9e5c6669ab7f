"""What PostgreSQL and PgBouncer say when they can't be used, as the faults that operators can mend."""

import re

from domain.errors import StoreFault

LOST_RACES = frozenset({"40001", "40P01"})
"""PostgreSQL's serialization_failure and deadlock_detected ("PostgreSQL Error Codes")."""

READ_ONLY = "25006"
STANDBY = frozenset({READ_ONLY, "0A000"})
"""read_only_sql_transaction and feature_not_supported: what a session says whose server was the primary once. No connection to
it is of use any more."""

PROTOCOL_VIOLATION = "08P01"

CODES = {
    READ_ONLY: StoreFault.READ_ONLY,
    "3F000": StoreFault.NO_SCHEMA,
    "42501": StoreFault.NOT_PERMITTED,
    "53100": StoreFault.FULL,
    "55P03": StoreFault.LOCKED,
    "53300": StoreFault.TOO_MANY_CONNECTIONS,
    "57014": StoreFault.TIMEOUT,
}
"""Error codes that have a remedy."""

LONGEST_TEXT = 2_000
"""Characters of a driver's text that are looked at."""

SIGNS = {
    re.compile(r"unsupported startup parameter|unrecognized configuration parameter|invalid command-line argument"): (
        StoreFault.STARTUP_REFUSED
    ),
    re.compile(r"invalid (URI query parameter|connection option)|invalid \w+ value"): StoreFault.UNKNOWN_PARAMETER,
    re.compile(r"too many (clients|connections)|connection slots are reserved|no more connections allowed"): (
        StoreFault.TOO_MANY_CONNECTIONS
    ),
    re.compile(r"SSL (was|is) required|SSL connection is required|certificate|SSL error|SSL off|no encryption"): StoreFault.TLS,
    re.compile(
        r"authentication failed|no password supplied|no pg_hba\.conf entry|role .* (does not exist|not permitted)|no such user"
    ): StoreFault.LOGIN_REFUSED,
    re.compile(r"database .* does not exist|bouncer config error|no such database"): StoreFault.NO_SUCH_DATABASE,
    re.compile(r"Connection refused|No such file or directory"): StoreFault.CONNECTION_REFUSED,
    re.compile(r"translate host name|resolve host|[Nn]ame or service not known"): StoreFault.NO_SUCH_HOST,
    re.compile(r"read-only|hot standby mode"): StoreFault.READ_ONLY,
    re.compile(r"statement pooling mode"): StoreFault.STATEMENT_POOLING,
    re.compile(r"server_login_retry|server_login|query_wait_timeout|pgbouncer cannot connect"): StoreFault.POOLER,
    re.compile(r"time-?out|timed out"): StoreFault.TIMEOUT,
}
"""The same where there is no code, since there is no connection yet: how libpq, PostgreSQL and PgBouncer say it in English."""


def fault_of(error: BaseException | None) -> StoreFault | None:
    """What an operator has to mend, by the code of a driver's error, else by its text."""
    code = getattr(error, "sqlstate", None)
    if code == PROTOCOL_VIOLATION:  # what poolers call whatever they refuse; the text quotes nothing
        return sign_of(str(error)) or StoreFault.POOLER
    return CODES.get(code) if code else sign_of(str(error))


def sign_of(text: str) -> StoreFault | None:
    """Why there is no connection: only the text tells, and it is not for repeating."""
    return next((fault for sign, fault in SIGNS.items() if sign.search(text, 0, LONGEST_TEXT)), None)
