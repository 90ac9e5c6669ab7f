"""What a database's refusal means to the inside: the one table from its errors to ours."""

from __future__ import annotations

from sqlalchemy import exc
from sqlalchemy.engine import ExceptionContext

from domain.errors import Conflict, Refusal, StoreUnavailable

LOST_RACES = frozenset({"40001", "40P01"})
"""PostgreSQL's serialization_failure and deadlock_detected ("PostgreSQL Error Codes")."""


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
    return f"{type(error.orig).__name__} {code}" if code else type(error.orig).__name__
