"""What a database's refusal means to the inside: the one table from its errors to ours."""

from __future__ import annotations

import re

from sqlalchemy import exc
from sqlalchemy.engine import ExceptionContext

from domain.errors import Conflict, Refusal, StoreFault, StoreUnavailable, Unstorable

LOST_RACES = frozenset({"40001", "40P01"})
"""PostgreSQL's serialization_failure and deadlock_detected ("PostgreSQL Error Codes")."""

STANDBY = frozenset({"25006", "0A000"})
"""read_only_sql_transaction and feature_not_supported: what a session says whose server was the primary once. No connection to
it is of use any more."""

PROTOCOL_VIOLATION = "08P01"

CODES = {
    "25006": StoreFault.READ_ONLY,
    "3F000": StoreFault.NO_SCHEMA,
    "42501": StoreFault.NOT_PERMITTED,
    "53100": StoreFault.FULL,
    "55P03": StoreFault.LOCKED,
    "53300": StoreFault.TOO_MANY_CONNECTIONS,
    "57014": StoreFault.TIMEOUT,
    "SQLITE_FULL": StoreFault.FULL,
    "SQLITE_READONLY": StoreFault.READ_ONLY,
    "SQLITE_READONLY_DIRECTORY": StoreFault.READ_ONLY,
}
"""PostgreSQL's codes and SQLite's names for errors that an operator can mend."""

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


def translate(context: ExceptionContext) -> Refusal | None:
    """A listener for SQLAlchemy's `handle_error`: what it returns is raised instead, with the database's own error as its cause.

    Whatever else keeps a change from being stored counts as the store being unavailable, even where it may be a bug or
    a missing migration: then an answer in hand is kept for later.
    """
    error = context.sqlalchemy_exception
    if isinstance(context.original_exception, UnicodeError):  # a lone surrogate, which no encoding has
        return Unstorable(type(context.original_exception).__name__)
    if not isinstance(error, exc.DBAPIError):
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state in STANDBY:
        context.is_disconnect = context.invalidate_pool_on_disconnect = True
    if isinstance(error, exc.IntegrityError) or state in LOST_RACES:
        return Conflict(name_of(error))
    if isinstance(error, exc.DataError):
        return Unstorable(name_of(error))
    return StoreUnavailable(name_of(error), fault_of(error))


def name_of(error: exc.DBAPIError) -> str:
    """What went wrong in a word or two: the driver's own text may quote rows."""
    if code := code_of(error):
        return f"{type(error.orig).__name__} {code}"
    fault = fault_of(error)
    return f"{type(error.orig).__name__}: {fault.value}" if fault else type(error.orig).__name__


def fault_of(error: exc.DBAPIError) -> StoreFault | None:
    """What an operator has to mend, by the error's code, else by its text."""
    code = code_of(error)
    if code == PROTOCOL_VIOLATION:  # what poolers call whatever they refuse; the text quotes nothing
        return sign_of(str(error.orig)) or StoreFault.POOLER
    return CODES.get(code) if code else sign_of(str(error.orig))


def code_of(error: exc.DBAPIError) -> str | None:
    """PostgreSQL's five characters, or SQLite's name."""
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)


def sign_of(text: str) -> StoreFault | None:
    """Why there is no connection: only the text tells, and it is not for repeating."""
    return next((fault for sign, fault in SIGNS.items() if sign.search(text)), None)
