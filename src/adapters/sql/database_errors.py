"""What a database's refusal means to the inside: the one table from its errors to ours."""

from __future__ import annotations

import re

from sqlalchemy import exc
from sqlalchemy.engine import ExceptionContext

from domain.errors import Conflict, Refusal, StoreUnavailable

LOST_RACES = frozenset({"40001", "40P01"})
"""PostgreSQL's serialization_failure and deadlock_detected ("PostgreSQL Error Codes")."""

SIGNS = {
    re.compile(
        r"authentication failed|no password supplied|no pg_hba\.conf entry|role .* (does not exist|not permitted)"
    ): "login refused",
    re.compile(r"database .* does not exist"): "no such database",
    re.compile(r"Connection refused|No such file or directory"): "connection refused",
    re.compile(r"translate host name|resolve host|[Nn]ame or service not known"): "no such host",
    re.compile(r"time-?out|timed out"): "timeout",
}


def translate(context: ExceptionContext) -> Refusal | None:
    """A listener for SQLAlchemy's `handle_error`: what it returns is raised instead, with the database's own error as its cause.

    Whatever else keeps a change from being stored counts as the store being unavailable, even where it may be a bug or
    a missing migration: then an answer in hand is kept for later. None, so the error as it is, for values that no
    database takes, such as text with a NUL.
    """
    error = context.sqlalchemy_exception
    if context.is_pre_ping or not isinstance(error, exc.DBAPIError):  # a failed ping only makes the pool connect anew
        return None
    if isinstance(error, exc.IntegrityError) or getattr(error.orig, "sqlstate", None) in LOST_RACES:
        return Conflict(name_of(error))
    return None if isinstance(error, exc.DataError) else StoreUnavailable(name_of(error))


def name_of(error: exc.DBAPIError) -> str:
    """What went wrong in a word or two: the driver's own text may quote rows."""
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    if code:
        return f"{type(error.orig).__name__} {code}"
    kind = kind_of(str(error.orig)) if isinstance(error, exc.OperationalError) else None
    return f"{type(error.orig).__name__}: {kind}" if kind else type(error.orig).__name__


def kind_of(text: str) -> str | None:
    """Why there is no connection, where libpq says so in English: only the text tells, and it is not for repeating."""
    return next((kind for sign, kind in SIGNS.items() if sign.search(text)), None)
