"""Connections to PostgreSQL that rely on nothing of a session, so that a pooler may stand between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from sqlalchemy import URL, Dialect, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

CONNECT_WITHIN = timedelta(seconds=3)
STATEMENT_WITHIN = timedelta(seconds=4)
"""A database that is away is noticed within five seconds, whichever way it went."""

CLEARLY_BEFORE = timedelta(seconds=1)
"""A lock is waited for less long than a statement runs, and that less long than an answer: the error then says which it was."""

IDLE_WITHIN = timedelta(seconds=30)
"""How long the server keeps a transaction open in which nothing happens."""

T = TypeVar("T")


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that gives up waiting: a pooler may hold a statement back for minutes before the server sees it."""

    answer_within = STATEMENT_WITHIN + CLEARLY_BEFORE

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Wait for an answer. A connection whose answer is still to come can't be used any more, so it is closed."""
        try:
            return super().wait(gen, interval, timeout or self.answer_within.total_seconds())
        except errors._WaitTimeout:  # noqa: SLF001 (psycopg has no public name for it)
            self.pgconn.finish()
            raise psycopg.OperationalError("timeout: no answer came") from None


def arguments_of(url: URL) -> dict[str, Any]:
    """What each connection is opened with. The startup parameter `options` is not among it: poolers refuse it."""
    return {
        "autocommit": True,  # a transaction is begun by the statement of `beginning`
        "client_encoding": "utf-8",
        "connect_timeout": int(CONNECT_WITHIN.total_seconds()),
        "tcp_user_timeout": milliseconds(STATEMENT_WITHIN),  # for a server that vanished without a word
        "prepare_threshold": None,  # a pooler's sessions do not share them, and generic plans lose partial indices
        "application_name": url.query.get("application_name", "tiktok-connect"),
    }


def beginning(*, writes: bool, statement_within: timedelta) -> str:
    """What begins a transaction: its isolation level and its time-outs come in the same message, and end with it.

    The server's own defaults count for nothing, be they of the level, of the time zone or of how dates are written.
    """
    settings = {
        "statement_timeout": milliseconds(statement_within),
        "lock_timeout": milliseconds(statement_within - CLEARLY_BEFORE),
        "idle_in_transaction_session_timeout": milliseconds(IDLE_WITHIN),
        "timezone": "'UTC'",
        "datestyle": "'ISO'",
    }
    level = "READ COMMITTED" if writes else "REPEATABLE READ READ ONLY"
    return "; ".join([f"BEGIN ISOLATION LEVEL {level}", *(f"SET LOCAL {name} = {value}" for name, value in settings.items())])


def bound_answers(engine: Engine, statement_within: timedelta) -> None:
    """Let no connection of the engine wait for an answer much longer than a statement may run."""

    class Bounded(BoundedConnection):
        answer_within = statement_within + CLEARLY_BEFORE

    def connect(_: Dialect, __: ConnectionPoolEntry, where: list[str], how: dict[str, Any]) -> psycopg.Connection[Any]:
        return Bounded.connect(*where, **how)

    event.listen(engine, "do_connect", connect)


def milliseconds(span: timedelta) -> int:
    """The unit of PostgreSQL's and TCP's time-outs."""
    return span // timedelta(milliseconds=1)
