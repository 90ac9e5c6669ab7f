"""Connections to PostgreSQL that rely on nothing of a session, so that a pooler may stand between."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from sqlalchemy import URL, Dialect, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

CLEARLY_BEFORE = timedelta(seconds=1)
"""A statement runs less long than its answer is waited for: the error then says which it was."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long each thing may take. A lock should be waited for less long than a statement runs, so that the error names it."""

    connect: timedelta
    """libpq waits two seconds at the least."""
    statement: timedelta
    lock: timedelta
    idle: timedelta
    """How long the server keeps a transaction open in which nothing happens."""

    @property
    def answer(self) -> timedelta:
        """How long an answer is waited for here, whatever the server was told."""
        return self.statement + CLEARLY_BEFORE


T = TypeVar("T")


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that gives up waiting: a pooler may hold a statement back for minutes before the server sees it."""

    answer_within: timedelta

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Wait for an answer. A connection whose answer is still to come can't be used any more, so it is closed."""
        try:
            return super().wait(gen, interval, timeout or self.answer_within.total_seconds())
        except errors._WaitTimeout:  # noqa: SLF001 (psycopg has no public name for it)
            self.pgconn.finish()
            raise psycopg.OperationalError("timeout: no answer came") from None


def arguments_of(url: URL, bounds: Bounds) -> dict[str, Any]:
    """What each connection is opened with. The startup parameter `options` is not among it: poolers refuse it."""
    return {
        "autocommit": True,  # a transaction is begun by the statement of `beginning`
        "client_encoding": "utf-8",
        "connect_timeout": int(bounds.connect.total_seconds()),
        "tcp_user_timeout": milliseconds(bounds.connect),  # for a server that vanished without a word
        "prepare_threshold": None,  # a pooler's sessions do not share them, and generic plans lose partial indices
        "application_name": url.query.get("application_name", "tiktok-connect"),
    }


def beginning(*, writes: bool, bounds: Bounds) -> str:
    """What begins a transaction: its isolation level and its time-outs come in the same message, and end with it.

    The server's own defaults count for nothing, be they of the level, of the time zone or of how dates are written.
    """
    settings = {
        "statement_timeout": milliseconds(bounds.statement),
        "lock_timeout": milliseconds(bounds.lock),
        "idle_in_transaction_session_timeout": milliseconds(bounds.idle),
        "timezone": "'UTC'",
        "datestyle": "'ISO'",
    }
    level = "READ COMMITTED" if writes else "REPEATABLE READ READ ONLY"
    return "; ".join([f"BEGIN ISOLATION LEVEL {level}", *(f"SET LOCAL {name} = {value}" for name, value in settings.items())])


def bound_answers(engine: Engine, bounds: Bounds) -> None:
    """Let no connection of the engine wait for an answer much longer than a statement may run."""

    class Bounded(BoundedConnection):
        answer_within = bounds.answer

    def connect(_: Dialect, __: ConnectionPoolEntry, where: list[str], how: dict[str, Any]) -> psycopg.Connection[Any]:
        return Bounded.connect(*where, **how)

    event.listen(engine, "do_connect", connect)


def milliseconds(span: timedelta) -> int:
    """The unit of PostgreSQL's and TCP's time-outs."""
    return span // timedelta(milliseconds=1)
