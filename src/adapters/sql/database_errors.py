"""What a database's refusal means to the inside: the one table from its errors to ours."""

from sqlalchemy import exc
from sqlalchemy.engine import ExceptionContext

from adapters.postgres import sqlstates
from domain.errors import Conflict, Refusal, StoreFault, StoreUnavailable, Unstorable

SQLITE = {
    "SQLITE_FULL": StoreFault.FULL,
    "SQLITE_READONLY": StoreFault.READ_ONLY,
    "SQLITE_READONLY_DIRECTORY": StoreFault.READ_ONLY,
}
"""SQLite's names for errors that an operator can mend."""


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
    if state in sqlstates.STANDBY:
        context.is_disconnect = context.invalidate_pool_on_disconnect = True
    if isinstance(error, exc.IntegrityError) or state in sqlstates.LOST_RACES:
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
    """What an operator has to mend."""
    name = getattr(error.orig, "sqlite_errorname", None)
    return SQLITE.get(name) if name else sqlstates.fault_of(error.orig)


def code_of(error: exc.DBAPIError) -> str | None:
    """PostgreSQL's five characters, or SQLite's name."""
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
