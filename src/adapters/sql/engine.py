"""Engines for SQLite and PostgreSQL: all that is peculiar to a connection of either."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

from adapters.sql.database_errors import translate

CONNECT_WITHIN = timedelta(seconds=3)
STATEMENT_WITHIN = timedelta(seconds=4)
"""A database that is away is noticed within five seconds, whichever way it went."""

CLEARLY_BEFORE = timedelta(seconds=1)
"""A lock is waited for a little less long than a statement runs, so that the error says which it was."""

SQLITE_BUSY_WITHIN = timedelta(seconds=4)
"""How long another process may write; SQLite tries again by itself within that time."""

WRITES = "writes"
"""The execution option of a connection whose transactions are for changes."""


def open_engine(url: str | URL, *, threads: int = 16, statement_within: timedelta = STATEMENT_WITHIN) -> Engine:
    """Make an engine whose errors are `StoreUnavailable` and `Conflict`. It connects at its first use, so it may cross a fork.

    `threads`: how many use it at once. `statement_within`: how long PostgreSQL works at one statement.
    """
    url = make_url(url)
    postgres = url.get_backend_name() == "postgresql"
    engine = create_engine(
        url,
        connect_args=for_postgres(url, statement_within) if postgres else {"timeout": SQLITE_BUSY_WITHIN.total_seconds()},
        pool_size=threads,
        max_overflow=threads,
        pool_timeout=CONNECT_WITHIN.total_seconds(),
        pool_pre_ping=postgres,
        hide_parameters=True,
    )
    event.listen(engine, "handle_error", translate)
    if not postgres:
        event.listen(engine, "connect", prepare_sqlite)
        event.listen(engine, "begin", begin_sqlite)
    return engine


def for_postgres(url: URL, statement_within: timedelta) -> dict[str, Any]:
    """Time-outs of every kind, and no prepared statements: their generic plans lose partial indices.

    `tcp_user_timeout` is for a server that vanished without a word.
    """
    settings = {
        "timezone": "UTC",
        "statement_timeout": milliseconds(statement_within),
        "lock_timeout": milliseconds(statement_within - CLEARLY_BEFORE),
        "idle_in_transaction_session_timeout": milliseconds(timedelta(seconds=30)),
    }
    options = [str(url.query.get("options", "")), *(f"-c {name}={value}" for name, value in settings.items())]
    return {
        "options": " ".join(options).strip(),
        "connect_timeout": int(CONNECT_WITHIN.total_seconds()),
        "tcp_user_timeout": milliseconds(STATEMENT_WITHIN),
        "prepare_threshold": None,
        "application_name": url.query.get("application_name", "tiktok-connect"),
    }


def prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    """Durable at each commit, tidy behind erased values, and with no transactions but those that are asked for."""
    connection.isolation_level = None  # else the driver begins them by itself, too late to be IMMEDIATE
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the beginning: a reader that turns writer may be refused without waiting."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")


def milliseconds(span: timedelta) -> int:
    """The unit of PostgreSQL's and TCP's time-outs."""
    return span // timedelta(milliseconds=1)
